//! Occurrences that passed, counted without walking from one to the next where it can be had: there may be thousands of
//! them, and somebody waits.

use super::occurrences::next_cron;
use super::{CronExpression, Periodicity};
use crate::{TimeZone, Window};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Occurrences that passed without a run, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The first of them.
    pub first: DateTime<Utc>,
    /// The last of them; the first one, if it is the only one.
    pub last: DateTime<Utc>,
    /// How many occurrences there are, counting the first and the last one.
    pub count: u64,
}

impl Missed {
    /// A single occurrence.
    #[must_use]
    pub fn one(occurrence: DateTime<Utc>) -> Self {
        Self { first: occurrence, last: occurrence, count: 1 }
    }
}

/// All occurrences after `after` and not after `until`.
pub(super) fn passed(
    periodicity: &Periodicity,
    window: &Window,
    zone: TimeZone,
    after: Option<DateTime<Utc>>,
    until: DateTime<Utc>,
) -> Option<Missed> {
    // The window's end is not in it.
    let until = until.min(window.end() - TimeDelta::nanoseconds(1));
    let next = |after: Option<DateTime<Utc>>| periodicity.next(window, zone, after).filter(|at| *at <= until);
    let mut passed = Missed::one(next(after)?);
    match periodicity {
        Periodicity::Cron(expression) => count_by_days(expression, zone, until, &mut passed),
        // At most one a day, so there are only as many as days.
        Periodicity::Once | Periodicity::Daily | Periodicity::Weekly | Periodicity::Monthly => {
            while let Some(at) = next(Some(passed.last)) {
                (passed.last, passed.count) = (at, passed.count + 1);
            }
        }
    }
    Some(passed)
}

/// Goes on from what has been counted until `until`. All days of an expression have the same times, so days on which no
/// clock is changed are counted as a whole.
fn count_by_days(expression: &CronExpression, zone: TimeZone, until: DateTime<Utc>, passed: &mut Missed) {
    let mut times: Option<Vec<NaiveTime>> = None;
    for date in zone.local(passed.first).date().iter_days() {
        let Some(day) = Day::of(zone, date) else { return };
        if day.begins > until {
            return;
        }
        if passed.last < day.begins && day.ends <= until && day.is_plain {
            if !expression.is_on(date) {
                continue;
            }
            let times = times.get_or_insert_with(|| times_of(expression, date));
            if let Some(last) = times.last() {
                passed.count += times.len() as u64;
                passed.last = zone.moment(date.and_time(*last));
            }
        } else {
            let from = passed.last.max(day.begins - TimeDelta::nanoseconds(1));
            let later = std::iter::successors(next_cron(expression, zone, from), |at| next_cron(expression, zone, *at));
            for at in later.take_while(|at| *at < day.ends && *at <= until) {
                (passed.last, passed.count) = (at, passed.count + 1);
            }
        }
    }
}

/// A day on the wall, in moments.
struct Day {
    begins: DateTime<Utc>,
    ends: DateTime<Utc>,
    /// No clock is changed in it, nor as it begins: it shows each of its times once, and no other day's times end up in it.
    is_plain: bool,
}

impl Day {
    fn of(zone: TimeZone, date: NaiveDate) -> Option<Self> {
        let midnight = date.and_time(NaiveTime::MIN);
        let (begins, ends) = (zone.moment(midnight), zone.moment(date.succ_opt()?.and_time(NaiveTime::MIN)));
        let second = TimeDelta::seconds(1);
        let is_plain = ends - begins == TimeDelta::days(1)
            && zone.local(begins) == midnight
            && zone.local(begins - second) == midnight - second;
        Some(Self { begins, ends, is_plain })
    }
}

/// The times of a day on which the expression has some.
fn times_of(expression: &CronExpression, date: NaiveDate) -> Vec<NaiveTime> {
    let before = date.and_time(NaiveTime::MIN) - TimeDelta::seconds(1);
    std::iter::successors(expression.next(before), |time| expression.next(*time))
        .take_while(|time| time.date() == date)
        .map(|time| time.time())
        .collect()
}
