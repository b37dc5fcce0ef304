use super::English;
use domain::sender::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such sender among yours"),
            Self::AlreadyExists => write!(f, "this sender exists already"),
            Self::AddressTaken { address } => write!(f, "another sender of yours has the address {address}"),
            Self::NotVerified { address } => write!(
                f,
                "letters cannot be from {address} yet: open the link in the letter that went there, or have it sent again"
            ),
        }
    }
}
