use super::English;
use crate::accounts::Problem;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials => write!(f, "the e-mail address or the password is wrong"),
            Self::Blocked => write!(f, "the account is blocked: ask the people who run this service"),
            Self::NotVerified => write!(
                f,
                "the address is not verified yet: follow the link in the letter that was sent to it, or have \
                 it sent again",
            ),
            Self::OwnAddressNotVerified => write!(f, "the address of this account is not verified"),
            Self::PasswordWrong => write!(f, "this is not your current password"),
            Self::LinkInvalid => {
                write!(f, "the link does not work: it is incomplete, used already or expired; ask for a new letter")
            }
        }
    }
}
