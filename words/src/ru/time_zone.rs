use super::Russian;
use domain::TimeZoneError;
use std::fmt;

impl Russian for TimeZoneError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "часового пояса {name:?} нет; возможно, это {nearest}?")
            }
            Self::Unknown { name, nearest: None } => {
                write!(f, "часового пояса {name:?} нет; укажите имя IANA, например Europe/Berlin или America/New_York")
            }
        }
    }
}
