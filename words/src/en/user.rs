use super::English;
use domain::MAX_REASON;
use domain::user::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no such user"),
            Self::AlreadyRegistered => write!(f, "this user is registered already"),
            Self::EmailTaken => write!(f, "this address is already registered; log in with it, or use another one"),
            Self::AdministratorsOnly => write!(f, "only administrators block and unblock administrators"),
            Self::LastAdministrator => {
                write!(f, "this is the last administrator who can log in: make somebody else an administrator first")
            }
            Self::ReasonMissing => write!(f, "a reason is needed: managers and administrators read it"),
            Self::ReasonTooLong { length } => {
                write!(f, "the reason has {length} characters; at most {MAX_REASON} fit")
            }
        }
    }
}
