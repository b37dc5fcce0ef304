use super::Russian;
use domain::feedback::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyReports => {
                f.write_str("об этом письме уже записано столько сообщений, сколько хранится об одном")
            }
        }
    }
}
