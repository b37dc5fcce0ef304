use crate::Refusal;

/// Why a session's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The id is in use.
    #[error("this session exists already")]
    AlreadyExists,
}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyExists => "ALREADY_EXISTS",
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::AlreadyExists => "такой сеанс уже есть".to_owned(),
        }
    }
}
