use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// What keeps a mailing from starting by itself although nobody has stopped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// There are no rules for its time zone here: another process, with newer ones, planned it.
    TimeZoneUnknown {
        /// The name of the time zone.
        zone: String,
    },
}

impl Refusal for Obstacle {
    fn code(&self) -> Code {
        match self {
            Self::TimeZoneUnknown { .. } => Code::TimeZoneUnknown,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("timeZone")
    }
}

told_by_code!(Obstacle);
