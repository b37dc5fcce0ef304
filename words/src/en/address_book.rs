use super::English;
use crate::address_book::Problem;
use crate::shown::moment;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyIds { named, most } => write!(
                f,
                "{named} ids are named here; at most {most} can be at once, and a group holds any number of clients",
            ),
            Self::Contended => write!(
                f,
                "others keep changing the same address book; import the file again, clients that are there already do no harm",
            ),
            Self::SegmentNeedsName => write!(f, "a segment needs a name"),
            Self::TooSlow { seconds } => write!(
                f,
                "counting who passes these conditions takes longer than {seconds} seconds: leave some of them out to look at the others; \
                 a mailing to the segment takes the time that it needs",
            ),
            Self::TooManyClients { named, most } => {
                write!(f, "{named} clients are named; at most {most} can be at once")
            }
            Self::TooManyFields { most } => {
                write!(
                    f,
                    "there are {most} fields of your own already, and at most {most} can be: remove one that you do not need"
                )
            }
            Self::TooManyValues { named, most } => {
                write!(
                    f,
                    "{named} values are given, and there can be at most {most} fields: give one value for each field"
                )
            }
            Self::FieldTwice { key } => {
                write!(f, "the field \"{key}\" is named twice: give one value for each field")
            }
            Self::ConsentInFuture { at } => {
                write!(f, "{} has not come yet; say when the client agreed, or leave it empty for now", moment(at))
            }
            Self::NetworkAddressInvalid => {
                write!(f, "this is no network address; write it like 192.0.2.1 or 2001:db8::1, or leave it empty")
            }
        }
    }
}
