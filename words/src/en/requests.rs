use super::English;
use crate::requests::Problem;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleVersion { expected, actual } => write!(
                f,
                "it was changed in the meantime: you saw version {expected}, it is at {actual}; load it again",
            ),
            Self::KeyReused => {
                write!(f, "this idempotency key was used with other input; use a new key for a new request")
            }
            Self::Conflict => write!(f, "too many changes at the same time; try again"),
            Self::KeyInvalid { most } => {
                write!(f, "an idempotency key has 1 to {most} characters in one line; a fresh UUID is a good one")
            }
            Self::TextInvalid => write!(f, "the text has a NUL character (U+0000): remove it"),
            Self::NoMoment { text } => {
                write!(f, "{text:?} is not a date and time; write it like 2026-05-01T10:00:00Z")
            }
            Self::TooManyTries { seconds } => write!(f, "too many tries: try again in {seconds} s"),
            Self::Busy { seconds } => write!(f, "too much of this is going on already: try again in {seconds} s"),
        }
    }
}
