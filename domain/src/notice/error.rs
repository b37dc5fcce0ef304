use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a notice's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The id is in use.
    AlreadyRequested,
    /// Nobody asked for the notice.
    NotRequested,
    /// An intent for a notice that is in flight or has its outcome: it could be sent twice.
    NotWaiting,
    /// An outcome without an intent.
    NotInFlight,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::AlreadyRequested => Code::AlreadyExists,
            Self::NotRequested => Code::NotFound,
            Self::NotWaiting => Code::NotWaiting,
            Self::NotInFlight => Code::NotInFlight,
        }
    }
}

told_by_code!(Error);
