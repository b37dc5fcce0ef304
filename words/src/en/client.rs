use super::English;
use domain::client::{Error, MAX_COMMENT, MAX_WORDING, Subscribed};
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
            Self::WordingEmpty => write!(f, "a consent needs the words that the client agreed to"),
            Self::WordingTooLong { length } => {
                write!(f, "the words of the consent have {length} characters; at most {MAX_WORDING} fit")
            }
            Self::ConsentMissing => {
                write!(
                    f,
                    "there is no consent to this that could be confirmed; it was never given, or it was withdrawn"
                )
            }
        }
    }
}

impl English for Subscribed {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "no: the client was not in the address book then",
            Self::Suppressed => "no: the address was not to be written to then",
            Self::Withdrawn => "no: the client had agreed before, and agreed to nothing any more then",
            Self::Given => "yes: the client had agreed by then, and had not confirmed it by a letter",
            Self::Confirmed => "yes: the client had agreed by then, and confirmed it by the link in a letter",
            Self::Unsaid => {
                "nobody had written it down: the client was in the address book then, and there was no consent"
            }
        })
    }
}
