use super::English;
use domain::batch::{Error, MAX_RECIPIENTS};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPlanned => write!(f, "the batch is not planned"),
            Self::WrongSize { recipients } => {
                write!(f, "a batch has 1 to {MAX_RECIPIENTS} recipients, not {recipients}")
            }
            Self::NoSuchRecipient { place } => write!(f, "the batch has no recipient {place}"),
            Self::NotInFlight { place } => write!(f, "recipient {place} is not in flight"),
            Self::NotWaiting { place } => write!(f, "recipient {place} is not waiting"),
            Self::NotInDoubt { .. } => write!(f, "this letter is not in doubt: there is nothing to decide about it"),
            Self::StillInFlight { place } => write!(f, "recipient {place} is still in flight"),
        }
    }
}
