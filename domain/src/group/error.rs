use super::MAX_NAME;
use crate::{Code, Refusal, counted_in_russian};

/// Why a group's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The group does not exist, is deleted, or is somebody else's.
    #[error("there is no such group among yours")]
    NotFound,
    /// The id is in use.
    #[error("this group exists already")]
    AlreadyExists,
    /// The group's name is missing.
    #[error("a group needs a name")]
    NameEmpty,
    /// The name has more than [`MAX_NAME`] characters.
    #[error("the name has {length} characters; at most {MAX_NAME} fit")]
    NameTooLong {
        /// The name's length in characters.
        length: usize,
    },
    /// The name has line breaks or other control characters.
    #[error("the name must be one line without control characters")]
    NameNotALine,
    /// Another group of the same owner is called so.
    #[error("you have a group called {name:?} already")]
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
            Self::NameTaken { .. } => Code::NameTaken,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::NameEmpty | Self::NameTooLong { .. } | Self::NameNotALine | Self::NameTaken { .. } => Some("name"),
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "среди ваших групп такой нет".to_owned(),
            Self::AlreadyExists => "такая группа уже есть".to_owned(),
            Self::NameEmpty => "укажите название группы".to_owned(),
            Self::NameTooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в названии {length}; помещается не больше {MAX_NAME}")
            }
            Self::NameNotALine => "название должно быть одной строкой без управляющих символов".to_owned(),
            Self::NameTaken { name } => format!("у вас уже есть группа {name:?}"),
        }
    }
}
