//! When exactly a mailing runs, one occurrence after the other.

use super::cron::CronExpression;
use crate::{TimeZone, Window};
use chrono::{DateTime, Datelike, Days, Months, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How often a mailing runs inside its window.
///
/// As JSON: `"once"`, `"daily"`, `"weekly"`, `"monthly"` or `{"cron": "0 9 * * 1"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Periodicity {
    /// When the window opens, and never again.
    Once,
    /// When the window opens, then every day at the same local time.
    Daily,
    /// When the window opens, then every week on the same weekday at the same local time.
    Weekly,
    /// When the window opens, then every month on the same day (the month's last one where it is shorter) at the same
    /// local time.
    Monthly,
    /// At the local times that an expression names. The opening of the window is not one by itself.
    Cron(CronExpression),
}

impl Periodicity {
    /// The first occurrence inside the window that is strictly later than `after`, or the first of all.
    ///
    /// It depends on nothing else, so two processes that ask the same get the same, and asking again from any earlier
    /// occurrence gives the same sequence.
    #[must_use]
    pub fn next(&self, window: &Window, zone: TimeZone, after: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let start = window.start();
        let after = after.filter(|after| *after >= start);
        if after.is_some_and(|after| after >= window.end()) {
            return None;
        }
        let occurrence = match (self, after) {
            // A moment before the start, because an occurrence exactly at the start is inside.
            (Self::Cron(expression), None) => next_cron(expression, zone, start - TimeDelta::nanoseconds(1)),
            (Self::Cron(expression), Some(after)) => next_cron(expression, zone, after),
            (Self::Once | Self::Daily | Self::Weekly | Self::Monthly, None) => Some(start),
            (Self::Once, Some(_)) => None,
            (Self::Daily, Some(after)) => next_regular(Every::Days(1), start, zone, after),
            (Self::Weekly, Some(after)) => next_regular(Every::Days(7), start, zone, after),
            (Self::Monthly, Some(after)) => next_regular(Every::Month, start, zone, after),
        };
        occurrence.filter(|at| *at < window.end())
    }
}

/// The distance between occurrences that are counted from the window's start.
#[derive(Clone, Copy)]
enum Every {
    Days(u32),
    Month,
}

impl Every {
    /// The `index`th local time after the first. It is counted from the first and not from the one before, so that a
    /// month without a 31st does not move those after it.
    fn nth(self, first: NaiveDateTime, index: u32) -> Option<NaiveDateTime> {
        match self {
            Self::Days(days) => first.checked_add_days(Days::new(u64::from(days) * u64::from(index))),
            Self::Month => first.checked_add_months(Months::new(index)),
        }
    }

    /// The index of the last one that is not later than `at`, or one before that.
    fn index_of(self, first: NaiveDateTime, at: NaiveDateTime) -> u32 {
        let count = match self {
            Self::Days(days) => (at - first).num_days() / i64::from(days),
            Self::Month => {
                i64::from(at.year() - first.year()) * 12 + i64::from(at.month()) - i64::from(first.month()) - 1
            }
        };
        u32::try_from(count).unwrap_or(0)
    }
}

fn next_regular(every: Every, start: DateTime<Utc>, zone: TimeZone, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (first, reached) = (zone.local(start), zone.local(after));
    // The start itself is number zero and has passed.
    let from = every.index_of(first, reached).max(1);
    // One or two steps: only what is shown twice can lie behind what was reached on the wall.
    (from..).map_while(|index| every.nth(first, index)).map(|time| zone.moment(time)).find(|at| *at > after)
}

pub(super) fn next_cron(expression: &CronExpression, zone: TimeZone, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // In the second pass of a repeated hour the times that follow on the wall have run in the first pass.
    std::iter::successors(expression.next(zone.local(after)), |time| expression.next(*time))
        .map(|time| zone.moment(time))
        .find(|at| *at > after)
}
