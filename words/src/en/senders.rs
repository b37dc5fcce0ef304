use super::English;
use crate::senders::{KeyFault, Problem};
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MasterKeyMissing => {
                write!(f, "private keys cannot be kept without a master key: set MASTER_KEY where the service runs")
            }
            Self::MasterKeyOther => write!(
                f,
                "the private key does not open: it is lost, or MASTER_KEY is another one than when the key was made"
            ),
            Self::Key(fault) => fault.english(f),
            Self::TooManyKeys { most } => {
                write!(f, "at most {most} keys can be brought along at once: import the others later")
            }
        }
    }
}

impl English for KeyFault {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => write!(f, "there is no private key in it: one in PEM is looked for (PKCS#8 or PKCS#1)"),
            Self::Encrypted => write!(f, "the private key is encrypted: take its pass phrase away first"),
            Self::Unreadable => write!(f, "the private key cannot be read; perhaps it was cut off"),
            Self::OtherAlgorithm => write!(f, "the private key is neither RSA nor Ed25519, and DKIM knows no other"),
            Self::TooShort { bits } => write!(f, "an RSA key of {bits} bits is too short: take one of 2048"),
            Self::TooLong { bits } => write!(
                f,
                "an RSA key of {bits} bits is too long, many mail servers would not look at it: take one of 2048"
            ),
            Self::OddLength { bits } => {
                write!(f, "an RSA key of {bits} bits cannot be used here: take one of 2048, 3072 or 4096")
            }
            Self::Unsound => write!(f, "the private key is not sound: its parts do not fit together"),
        }
    }
}
