use super::English;
use domain::notice::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRequested => write!(f, "this notice was asked for already"),
            Self::NotRequested => write!(f, "nobody asked for this notice"),
            Self::NotWaiting => write!(f, "this notice is not waiting to be sent"),
            Self::NotInFlight => write!(f, "this notice is not in flight"),
        }
    }
}
