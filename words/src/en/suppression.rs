use super::English;
use domain::MAX_REASON;
use domain::suppression::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such address among those that you do not write to"),
            Self::NotYours => {
                write!(
                    f,
                    "nobody in this installation writes to this address: ask an administrator, if that is a mistake"
                )
            }
            Self::ComplaintStays => write!(
                f,
                "the recipient has complained about letters, so this address stays: ask an administrator, if that is a mistake",
            ),
            Self::OnlyOwnLeaving => {
                write!(f, "you can take back what you asked for yourself; for all else ask the one who writes to you")
            }
            Self::ReasonMissing => write!(f, "a reason is needed: it is kept with the address"),
            Self::ReasonTooLong { length } => {
                write!(f, "the reason has {length} characters; at most {MAX_REASON} fit")
            }
            Self::NoteTooLong { length } => write!(f, "the note has {length} characters; at most {MAX_REASON} fit"),
        }
    }
}
