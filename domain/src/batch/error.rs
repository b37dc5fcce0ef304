use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a batch's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No batch was planned under this id.
    NotPlanned,
    /// The batch is empty or too large.
    WrongSize {
        /// How many recipients were named.
        recipients: usize,
    },
    /// A place past the end.
    NoSuchRecipient {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// An outcome without an intent.
    NotInFlight {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// An intent for somebody who is in flight or has an outcome: it could send twice.
    NotWaiting {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// Only letters in doubt can be sent again or left as they are.
    NotInDoubt {
        /// The place of the recipient in the batch.
        place: u16,
    },
    /// Giving up must wait for the outcomes of what is in flight.
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
}

told_by_code!(Error);
