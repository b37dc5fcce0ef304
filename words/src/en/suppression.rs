use super::English;
use domain::MAX_REASON;
use domain::suppression::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such suppression among yours"),
            Self::NotYours => {
                write!(f, "nobody in this installation writes to this address: only an administrator can lift that")
            }
            Self::ComplaintStays => write!(
                f,
                "the recipient has complained about letters: only an administrator can let you write to them again",
            ),
            Self::OnlyOwnLeaving => write!(f, "by this link you can only take back that you unsubscribed"),
            Self::ReasonMissing => write!(f, "a reason is needed, so that it is known why letters go there again"),
            Self::ReasonTooLong { length } => {
                write!(f, "the reason has {length} characters; at most {MAX_REASON} fit")
            }
            Self::NoteTooLong { length } => write!(f, "the note has {length} characters; at most {MAX_REASON} fit"),
        }
    }
}
