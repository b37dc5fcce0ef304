use super::{Russian, of_characters};
use domain::MAX_REASON;
use domain::suppression::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "в вашем списке «Кому не писать» такой записи нет"),
            Self::NotYours => {
                write!(f, "на этот адрес не пишет никто в сервисе: снять запрет может только администратор")
            }
            Self::ComplaintStays => {
                write!(f, "получатель пожаловался на письма: разрешить снова писать ему может только администратор")
            }
            Self::OnlyOwnLeaving => write!(f, "по этой ссылке можно отменить только собственную отписку"),
            Self::ReasonMissing => write!(f, "укажите причину: по ней будет понятно, почему на адрес снова пишут"),
            Self::ReasonTooLong { length } => {
                write!(f, "в причине {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
            Self::NoteTooLong { length } => {
                write!(f, "в примечании {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
        }
    }
}
