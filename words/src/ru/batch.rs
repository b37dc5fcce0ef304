use super::Russian;
use domain::batch::{Error, MAX_RECIPIENTS};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPlanned => write!(f, "эта партия не запланирована"),
            Self::WrongSize { recipients } => {
                write!(f, "в партии от 1 до {MAX_RECIPIENTS} получателей, а не {recipients}")
            }
            Self::NoSuchRecipient { place } => write!(f, "в партии нет получателя {place}"),
            Self::NotInFlight { place } => write!(f, "письмо получателю {place} сейчас не отправляется"),
            Self::NotWaiting { place } => write!(f, "получатель {place} не ждёт письма"),
            Self::NotInDoubt { .. } => write!(f, "это письмо не под вопросом: решать о нём нечего"),
            Self::StillInFlight { place } => write!(f, "письмо получателю {place} ещё отправляется"),
        }
    }
}
