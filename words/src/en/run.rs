use super::English;
use domain::run::Error;
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed => write!(f, "this occurrence was missed and will not be sent"),
            Self::NotSending => write!(f, "the run's audience is not frozen"),
            Self::FrozenOtherwise { before, planned } => {
                write!(f, "the audience is frozen with {before} recipients, not with {planned}")
            }
            Self::DoesNotAddUp { planned, totals } => {
                write!(f, "the outcomes do not add up to the {planned} planned: {totals:?}")
            }
            Self::NotDone { open } => write!(f, "{open} deliveries have no outcome yet"),
        }
    }
}
