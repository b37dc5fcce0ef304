use super::MAX_RECIPIENTS;
use crate::{Code, Refusal};

/// Why a batch's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No batch was planned under this id.
    #[error("the batch is not planned")]
    NotPlanned,
    /// The batch is empty or too large.
    #[error("a batch has 1 to {MAX_RECIPIENTS} recipients, not {recipients}")]
    WrongSize {
        /// How many recipients were named.
        recipients: usize,
    },
    /// A place past the end.
    #[error("the batch has no recipient {place}")]
    NoSuchRecipient {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// An outcome without an intent.
    #[error("recipient {place} is not in flight")]
    NotInFlight {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// An intent for somebody who is in flight or has an outcome: it could send twice.
    #[error("recipient {place} is not waiting")]
    NotWaiting {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// Only letters in doubt can be sent again or left as they are.
    #[error("this letter is not in doubt: there is nothing to decide about it")]
    NotInDoubt {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// Giving up must wait for the outcomes of what is in flight.
    #[error("recipient {place} is still in flight")]
    StillInFlight {
        /// The place of the recipient in the batch.
        place: u16,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotPlanned => Code::BatchNotPlanned,
            Self::WrongSize { .. } => Code::BatchWrongSize,
            Self::NoSuchRecipient { .. } => Code::NoSuchRecipient,
            Self::NotInFlight { .. } => Code::NotInFlight,
            Self::NotWaiting { .. } => Code::NotWaiting,
            Self::NotInDoubt { .. } => Code::NotInDoubt,
            Self::StillInFlight { .. } => Code::StillInFlight,
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::NotPlanned => "эта партия не запланирована".to_owned(),
            Self::WrongSize { recipients } => {
                format!("в партии от 1 до {MAX_RECIPIENTS} получателей, а не {recipients}")
            }
            Self::NoSuchRecipient { place } => format!("в партии нет получателя {place}"),
            Self::NotInFlight { place } => format!("письмо получателю {place} сейчас не отправляется"),
            Self::NotWaiting { place } => format!("получатель {place} не ждёт письма"),
            Self::NotInDoubt { .. } => "это письмо не под вопросом: решать о нём нечего".to_owned(),
            Self::StillInFlight { place } => format!("письмо получателю {place} ещё отправляется"),
        }
    }
}
