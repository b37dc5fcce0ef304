use super::{Russian, of_characters};
use domain::{FullName, FullNameError};
use std::fmt;

impl Russian for FullNameError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALine => {
                write!(f, "в имени есть переносы строк или управляющие символы; напишите его в одну строку")
            }
            Self::TooLong { length } => {
                let length = of_characters(*length);
                write!(f, "в имени {length}, а помещается не больше {}; сократите его", FullName::MAX_CHARS)
            }
        }
    }
}
