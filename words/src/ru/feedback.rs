use super::Russian;
use domain::feedback::{Error, MAX_BOUNCES};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyReports => {
                write!(f, "об этом письме уже записано сообщений о возврате: {MAX_BOUNCES}, и больше не хранится")
            }
        }
    }
}
