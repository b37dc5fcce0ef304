use crate::Refusal;

/// Why a user's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody has this id.
    #[error("there is no such user")]
    NotFound,
    /// The id is in use.
    #[error("this user is registered already")]
    AlreadyRegistered,
    /// The address belongs to another account.
    #[error("this address is already registered; log in with it, or use another one")]
    EmailTaken,
}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyRegistered => "ALREADY_EXISTS",
            Self::EmailTaken => "EMAIL_TAKEN",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::EmailTaken => Some("email"),
            Self::NotFound => Some("id"),
            Self::AlreadyRegistered => None,
        }
    }
}
