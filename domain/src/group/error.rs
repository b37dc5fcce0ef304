use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a group's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The group does not exist, is deleted, or is somebody else's.
    NotFound,
    /// The id is in use.
    AlreadyExists,
    /// The group's name is missing.
    NameEmpty,
    /// The name has more than [`super::MAX_NAME`] characters.
    NameTooLong {
        /// The name's length in characters.
        length: usize,
    },
    /// The name has line breaks or other control characters.
    NameNotALine,
    /// The description of a topic has more than [`super::MAX_DESCRIPTION`] characters.
    DescriptionTooLong {
        /// The description's length in characters.
        length: usize,
    },
    /// Another group of the same owner is called so.
    NameTaken {
        /// The name as it is compared.
        name: String,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::NameEmpty => Code::NameEmpty,
            Self::NameTooLong { .. } => Code::NameTooLong,
            Self::NameNotALine => Code::NameNotALine,
            Self::DescriptionTooLong { .. } => Code::TopicDescriptionTooLong,
            Self::NameTaken { .. } => Code::NameTaken,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::DescriptionTooLong { .. } => Some("description"),
            Self::NameEmpty | Self::NameTooLong { .. } | Self::NameNotALine | Self::NameTaken { .. } => Some("name"),
        }
    }
}

told_by_code!(Error);
