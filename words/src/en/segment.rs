use super::English;
use domain::segment::{Error, MAX_CONDITIONS, MAX_DAYS, MAX_NEEDLE};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such segment among yours"),
            Self::AlreadyExists => write!(f, "this segment exists already"),
            Self::NameTaken { name } => write!(f, "you have a segment called {name:?} already"),
            Self::ConditionsMissing => {
                write!(f, "a segment needs a condition: without one everybody would pass it")
            }
            Self::ConditionsTooMany { count } => {
                write!(f, "the segment has {count} conditions; at most {MAX_CONDITIONS} fit")
            }
            Self::NeedleEmpty => write!(f, "a condition looks for a text, and the text is empty"),
            Self::NeedleTooLong { length } => {
                write!(f, "the text that a condition looks for has {length} characters; at most {MAX_NEEDLE} fit")
            }
            Self::DaysOutOfRange { days } => {
                write!(f, "a condition counts {days} days back; it can be 1 to {MAX_DAYS}")
            }
            Self::NotComparable { key } => write!(
                f,
                "a condition asks for more or less of {key:?}, which is neither a number nor a day: ask for a certain value instead",
            ),
        }
    }
}
