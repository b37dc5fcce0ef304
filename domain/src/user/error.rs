use crate::reason::Fault;
use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a user's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No user has this id.
    NotFound,
    /// The id is in use.
    AlreadyRegistered,
    /// The address belongs to another account.
    EmailTaken,
    /// The user is an administrator, over whom managers have no power.
    AdministratorsOnly,
    /// Somebody must be left who can grant roles.
    LastAdministrator,
    /// The reason is missing, which blocking and unblocking need.
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
            Self::NotFound => Code::NotFound,
            Self::AlreadyRegistered => Code::AlreadyExists,
            Self::EmailTaken => Code::EmailTaken,
            Self::AdministratorsOnly => Code::Forbidden,
            Self::LastAdministrator => Code::LastAdministrator,
            Self::ReasonMissing => Code::ReasonMissing,
            Self::ReasonTooLong { .. } => Code::ReasonTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::EmailTaken => Some("email"),
            Self::NotFound | Self::AdministratorsOnly | Self::LastAdministrator => Some("id"),
            Self::ReasonMissing | Self::ReasonTooLong { .. } => Some("reason"),
            Self::AlreadyRegistered => None,
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
