use super::{Russian, of_characters};
use domain::group::{Error, MAX_DESCRIPTION, MAX_NAME};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "среди ваших групп такой нет"),
            Self::AlreadyExists => write!(f, "такая группа уже есть"),
            Self::NameEmpty => write!(f, "укажите название группы"),
            Self::NameTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в названии {length}; помещается не больше {MAX_NAME}")
            }
            Self::NameNotALine => write!(f, "название должно быть одной строкой без управляющих символов"),
            Self::DescriptionTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в описании {length}; помещается не больше {MAX_DESCRIPTION}")
            }
            Self::NameTaken { name } => write!(f, "у вас уже есть группа {name:?}"),
        }
    }
}
