use crate::reason::Fault;
use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a sender's command was refused, or why letters cannot be from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The sender does not exist, is deleted, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// Another sender of the same owner has this address, or had it when an administrator revoked it.
    AddressTaken {
        /// The address as it is compared.
        address: String,
    },
    /// Nobody has shown that the address is its owner's, and its domain is not granted to them.
    NotVerified {
        /// The sender's address.
        address: String,
    },
    /// An administrator has revoked it. It stays, so that nobody makes it once more.
    Revoked {
        /// The sender's address.
        address: String,
    },
    /// The reason for revoking it is missing.
    ReasonMissing,
    /// The reason has more than [`crate::MAX_REASON`] characters.
    ReasonTooLong {
        /// The reason's length in characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::SenderNotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::AddressTaken { .. } => Code::SenderAddressTaken,
            Self::NotVerified { .. } => Code::SenderNotVerified,
            Self::Revoked { .. } => Code::SenderRevoked,
            Self::ReasonMissing => Code::ReasonMissing,
            Self::ReasonTooLong { .. } => Code::ReasonTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::Revoked { .. } => Some("id"),
            Self::AlreadyExists => None,
            Self::AddressTaken { .. } => Some("address"),
            Self::NotVerified { .. } => Some("sender"),
            Self::ReasonMissing | Self::ReasonTooLong { .. } => Some("reason"),
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
