use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why an import's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The import does not exist, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// The import was taken back already.
    TakenBack,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::ImportNotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::TakenBack => Code::ImportTakenBack,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::TakenBack => Some("id"),
            Self::AlreadyExists => None,
        }
    }
}

told_by_code!(Error);
