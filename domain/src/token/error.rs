use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a token's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The id is in use.
    AlreadyExists,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::AlreadyExists => Code::AlreadyExists,
        }
    }
}

told_by_code!(Error);
