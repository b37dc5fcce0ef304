use super::English;
use crate::tokens::Problem;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { most } => {
                write!(f, "there are {most} tokens already: revoke one that is not used any more")
            }
            Self::NameEmpty => write!(f, "a token needs a name by which you know it again"),
            Self::NameNotALine => write!(f, "the name must be one line without control characters"),
            Self::NameTooLong { length, most } => {
                write!(f, "the name has {length} characters, more than the {most} allowed; shorten it")
            }
            Self::Expiry { days } => write!(f, "a token expires in the future, {days} days from now at the latest"),
        }
    }
}
