use super::Russian;
use domain::session::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyExists => write!(f, "такой сеанс уже есть"),
        }
    }
}
