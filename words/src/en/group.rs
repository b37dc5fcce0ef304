use super::English;
use domain::group::{Error, MAX_DESCRIPTION, MAX_NAME};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such group among yours"),
            Self::AlreadyExists => write!(f, "this group exists already"),
            Self::NameEmpty => write!(f, "a group needs a name"),
            Self::NameTooLong { length } => write!(f, "the name has {length} characters; at most {MAX_NAME} fit"),
            Self::NameNotALine => write!(f, "the name must be one line without control characters"),
            Self::DescriptionTooLong { length } => {
                write!(f, "the description has {length} characters; at most {MAX_DESCRIPTION} fit")
            }
            Self::NameTaken { name } => write!(f, "you have a group called {name:?} already"),
        }
    }
}
