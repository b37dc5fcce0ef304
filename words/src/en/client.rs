use super::English;
use domain::client::{Error, MAX_COMMENT};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such client in your address book"),
            Self::AlreadyExists => write!(f, "this client exists already"),
            Self::EmailTaken { email } => write!(f, "{email} is already in your address book"),
            Self::CommentTooLong { length } => {
                write!(f, "the comment has {length} characters; at most {MAX_COMMENT} fit")
            }
        }
    }
}
