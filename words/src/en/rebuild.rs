use super::English;
use domain::rebuild::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such rebuild"),
            Self::AlreadyExists => write!(f, "this rebuild exists already"),
        }
    }
}
