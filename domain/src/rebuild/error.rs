use crate::{Code, Refusal};

/// Why a rebuild's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody has begun the rebuild.
    #[error("there is no such rebuild")]
    NotFound,
    /// The id is in use.
    #[error("this rebuild exists already")]
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

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "такой перестройки нет".to_owned(),
            Self::AlreadyExists => "такая перестройка уже есть".to_owned(),
        }
    }
}
