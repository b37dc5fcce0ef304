use crate::{Code, Refusal};

/// Why a token's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The id is in use.
    #[error("this token exists already")]
    AlreadyExists,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::AlreadyExists => Code::AlreadyExists,
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::AlreadyExists => "такой токен уже есть".to_owned(),
        }
    }
}
