//! How long sessions last.

use chrono::TimeDelta;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    /// How long a session lasts from its beginning, at the most.
    pub lifetime: TimeDelta,
    /// From their last use, of which is known to about a minute when it was.
    pub idle: TimeDelta,
}

impl Default for SessionTimes {
    fn default() -> Self {
        Self { lifetime: TimeDelta::days(30), idle: TimeDelta::days(14) }
    }
}
