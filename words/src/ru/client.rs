use super::{Russian, of_characters};
use domain::client::{Error, MAX_COMMENT};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "в вашей адресной книге такого клиента нет"),
            Self::AlreadyExists => write!(f, "такой клиент уже есть"),
            Self::EmailTaken { email } => write!(f, "{email} уже есть в вашей адресной книге"),
            Self::CommentTooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в комментарии {length}; помещается не больше {MAX_COMMENT}")
            }
        }
    }
}
