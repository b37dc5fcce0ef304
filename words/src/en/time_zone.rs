use super::English;
use domain::TimeZoneError;
use std::fmt;

impl English for TimeZoneError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "there is no time zone {name:?}; did you mean {nearest}?")
            }
            Self::Unknown { name, nearest: None } => {
                write!(f, "there is no time zone {name:?}; use an IANA name such as Europe/Berlin or America/New_York")
            }
        }
    }
}
