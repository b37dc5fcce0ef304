use super::Russian;
use domain::rebuild::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "такой перестройки нет"),
            Self::AlreadyExists => write!(f, "такая перестройка уже есть"),
        }
    }
}
