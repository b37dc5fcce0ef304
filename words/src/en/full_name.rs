use super::English;
use domain::{FullName, FullNameError};
use std::fmt;

impl English for FullNameError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALine => write!(f, "the name has line breaks or control characters; write it in one line"),
            Self::TooLong { length } => {
                write!(f, "the name has {length} characters, more than the {} allowed; shorten it", FullName::MAX_CHARS)
            }
        }
    }
}
