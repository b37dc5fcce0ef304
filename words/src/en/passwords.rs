use super::English;
use crate::passwords::{Problem, Weak};
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { least } => write!(f, "a password has at least {least} characters"),
            Self::TooLong { most } => write!(f, "a password has at most {most} bytes"),
            Self::ControlCharacter => write!(
                f,
                "a password has no tabs, line breaks and other control characters: some keyboards and programs \
                 leave them out; use letters, digits, signs and blanks",
            ),
            Self::Busy { seconds } => {
                write!(f, "too many passwords are being checked right now: try again in {seconds} s")
            }
        }
    }
}

impl English for Weak {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the password is easy to guess.")?;
        // As zxcvbn says it, in English.
        self.warning.iter().try_for_each(|warning| write!(f, " {warning}"))?;
        self.suggestions.iter().try_for_each(|suggestion| write!(f, " {suggestion}"))
    }
}
