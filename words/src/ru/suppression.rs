use super::{Russian, of_characters};
use domain::MAX_REASON;
use domain::suppression::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "среди адресов, на которые вы не пишете, такого нет"),
            Self::NotYours => {
                write!(f, "на этот адрес не пишет никто в этой установке: если это ошибка, обратитесь к администратору",)
            }
            Self::ComplaintStays => write!(
                f,
                "получатель пожаловался на письма, поэтому запрет остаётся: если это ошибка, обратитесь к администратору",
            ),
            Self::OnlyOwnLeaving => {
                write!(f, "отменить можно только собственную отписку; об остальном спросите того, кто вам пишет")
            }
            Self::ReasonMissing => write!(f, "укажите причину: она сохранится вместе с адресом"),
            Self::ReasonTooLong { length } => {
                write!(f, "в причине {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
            Self::NoteTooLong { length } => {
                write!(f, "в примечании {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
        }
    }
}
