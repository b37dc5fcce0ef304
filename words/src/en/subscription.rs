use super::English;
use domain::client::MAX_WORDING;
use domain::subscription::{Error, MAX_TOPICS};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "nobody has asked for these letters"),
            Self::AlreadyExists => write!(f, "this wish is written down already"),
            Self::TopicsMissing => write!(f, "choose what you want to get letters about"),
            Self::TopicsTooMany { chosen } => {
                write!(f, "{chosen} topics are chosen; choose at most {MAX_TOPICS} at a time")
            }
            Self::WordingEmpty => write!(f, "the words that you would agree to are missing"),
            Self::WordingTooLong { length } => {
                write!(f, "the words that you would agree to have {length} characters; at most {MAX_WORDING} fit")
            }
            Self::Expired => write!(f, "this was asked for too long ago: ask once more"),
        }
    }
}
