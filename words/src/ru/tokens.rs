use super::{Russian, of_characters};
use crate::tokens::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { most } => write!(f, "токенов уже {most}: отзовите тот, который больше не нужен"),
            Self::NameEmpty => write!(f, "укажите название токена, по которому его можно узнать"),
            Self::NameNotALine => write!(f, "название должно быть одной строкой без управляющих символов"),
            Self::NameTooLong { length, most } => {
                write!(f, "в названии {}, а помещается не больше {most}; сократите его", of_characters(*length))
            }
            Self::Expiry { days } => write!(f, "срок токена истекает в будущем, самое позднее через {days} дней"),
        }
    }
}
