use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a report was not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// [`super::MAX_BOUNCES`] reports of bounces of the letter are recorded already.
    TooManyReports,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::TooManyReports => Code::TooManyReports,
        }
    }
}

told_by_code!(Error);
