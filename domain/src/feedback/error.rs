use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why a report was not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// As many reports of the letter are recorded already as may be ([`super::MAX_BOUNCES`], [`super::MAX_DELAYS`]), and one of them says as
    /// much.
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
