use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a rebuild's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nobody has begun the rebuild.
    NotFound,
    /// The id is in use.
    AlreadyExists,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
        }
    }
}

told_by_code!(Error);
