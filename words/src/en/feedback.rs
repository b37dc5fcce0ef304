use super::English;
use domain::feedback::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyReports => {
                f.write_str("as many reports of this letter are recorded already as are kept of one")
            }
        }
    }
}
