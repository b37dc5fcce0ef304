//! How often a mailing runs, and when exactly.
//!
//! Occurrences are first found on the wall (local dates and times, where every day has all its hours) and then turned
//! into moments by one rule: *the first moment at which the local clock shows that time or a later one*. It gives both
//! halves of what summer time needs: a time that the clock skips runs as soon as the gap is over, a time that it
//! shows twice runs the first time. As it never turns two times around, the moments keep the order of the wall, and
//! two times in one gap become one occurrence.
//!
//! An expression for every quarter of an hour is therefore silent in the hour that is repeated in autumn: each of its
//! times has run already.

mod cron;
#[cfg(test)]
mod laws;
mod missed;
mod occurrences;
#[cfg(test)]
mod tests;
mod upcoming;

pub use cron::{CronError, CronExpression, CronFault, CronField};
pub use missed::Missed;
pub use occurrences::Periodicity;
pub use upcoming::Upcoming;

use crate::{TimeZone, Window};
use chrono::{DateTime, TimeDelta, Utc};
use missed::passed;

/// What is due at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Due {
    /// The occurrence that has to run now: the latest one, while the window is open.
    pub run: Option<DateTime<Utc>>,
    /// Those before it that passed without running and are to be recorded as missed.
    pub missed: Option<Missed>,
}

impl Periodicity {
    /// What is due at `now` when everything up to `after` has been dealt with.
    ///
    /// Late means once: the latest occurrence runs, all before it are missed; after the window's end all are missed. What
    /// passed before `since`, when it was planned like this, was never to run and is not missed, but for the latest of it:
    /// a window that was open then starts at once.
    #[must_use]
    pub fn due(
        &self,
        window: &Window,
        zone: TimeZone,
        after: Option<DateTime<Utc>>,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Due {
        let just_before = |at: DateTime<Utc>| at - TimeDelta::nanoseconds(1);
        let at_once = passed(self, window, zone, after, since.min(now));
        let after = at_once.map(|passed| just_before(passed.last)).or(after);
        let Some(all) = passed(self, window, zone, after, now) else { return Due::default() };
        if !window.is_open(now) {
            return Due { run: None, missed: Some(all) };
        }
        Due { run: Some(all.last), missed: passed(self, window, zone, after, just_before(all.last)) }
    }
}
