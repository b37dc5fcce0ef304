use super::English;
use domain::MAX_REASON;
use domain::sender::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such sender among yours"),
            Self::AlreadyExists => write!(f, "this sender exists already"),
            Self::AddressTaken { address } => {
                write!(
                    f,
                    "another sender of yours has the address {address}, or had it when an administrator revoked it"
                )
            }
            Self::NotVerified { address } => write!(
                f,
                "letters cannot be from {address} yet: open the link in the letter that went there, or have it sent again"
            ),
            Self::Revoked { address } => write!(
                f,
                "an administrator has revoked the sender {address}: choose another one, or ask whoever looks after the service to allow it"
            ),
            Self::ReasonMissing => write!(f, "a reason is needed, for the sender's owner to read"),
            Self::ReasonTooLong { length } => {
                write!(f, "the reason has {length} characters; at most {MAX_REASON} fit")
            }
        }
    }
}
