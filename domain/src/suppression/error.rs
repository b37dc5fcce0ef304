use crate::reason::Fault;
use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a suppression's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The suppression does not exist, or is somebody else's.
    NotFound,
    /// The address is suppressed in the whole installation, which only administrators undo.
    NotYours,
    /// The recipient has complained, which its owner cannot undo.
    ComplaintStays,
    /// A recipient takes back nothing but their own leaving.
    OnlyOwnLeaving,
    /// The reason for lifting it is missing, which owners and administrators owe.
    ReasonMissing,
    /// The reason has more than [`crate::MAX_REASON`] characters.
    ReasonTooLong {
        /// The reason's length in characters.
        length: usize,
    },
    /// The note has more than [`crate::MAX_REASON`] characters.
    NoteTooLong {
        /// The note's length in characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound | Self::NotYours => Code::SuppressionNotFound,
            Self::ComplaintStays => Code::ComplaintStays,
            Self::OnlyOwnLeaving => Code::OnlyOwnLeaving,
            Self::ReasonMissing => Code::ReasonMissing,
            Self::ReasonTooLong { .. } => Code::ReasonTooLong,
            Self::NoteTooLong { .. } => Code::NoteTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::NotYours | Self::ComplaintStays => Some("id"),
            Self::OnlyOwnLeaving => None,
            Self::ReasonMissing | Self::ReasonTooLong { .. } => Some("reason"),
            Self::NoteTooLong { .. } => Some("note"),
        }
    }
}

told_by_code!(Error);

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing => Self::ReasonMissing,
            Fault::TooLong { length } => Self::ReasonTooLong { length },
        }
    }
}
