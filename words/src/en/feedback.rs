use super::English;
use domain::feedback::{Error, MAX_BOUNCES};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyReports => {
                write!(f, "{MAX_BOUNCES} reports of bounces of this letter are recorded already, and no more are kept")
            }
        }
    }
}
