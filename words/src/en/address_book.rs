use super::English;
use crate::address_book::Problem;
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
        }
    }
}
