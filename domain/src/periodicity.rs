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

use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone as _, Timelike, Utc};
use chrono_tz::GapInfo;
use croner::Cron;
use croner::errors::CronError as Syntax;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

use crate::{TimeZone, Window};

#[cfg(test)]
mod tests;

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

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
///
/// Names (`MON`, `JAN`), lists, ranges, steps, `L` (last), `W` (nearest working day) and `#` (the nth weekday) are
/// understood; day of month and day of week together mean either of them, as in Vixie cron.
///
/// Reading one back from an event never fails: if it is not understood any more, it has no further occurrences.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct CronExpression {
    text: String,
    /// Shared because croner's form is some kilobytes and aggregates are cloned.
    schedule: Option<Arc<Cron>>,
}

/// Why a text is not a cron expression that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// It is far longer than any expression that somebody writes.
    #[error("the cron expression has {length} characters, more than the {MAX_CHARS} allowed; shorten it")]
    TooLong {
        /// Its length in characters.
        length: usize,
    },
    /// It has fewer or more fields.
    #[error(
        "the cron expression {expression:?} has {count} fields instead of five; \
         write minute, hour, day of month, month and day of week, such as 0 9 * * 1"
    )]
    FieldCount {
        /// What was given.
        expression: String,
        /// How many fields it has.
        count: usize,
    },
    /// One field makes no sense.
    #[error("the {field} {value:?} of the cron expression {expression:?} is not valid: {problem}; write {allowed}")]
    Field {
        /// What was given.
        expression: String,
        /// Which of its fields.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        problem: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// It names days that no calendar has.
    #[error(
        "the cron expression {expression:?} never comes true, as no date matches; \
         check its day of month, month and day of week together"
    )]
    NeverFires {
        /// What was given.
        expression: String,
    },
}

impl CronError {
    /// The stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "CRON_TOO_LONG",
            Self::FieldCount { .. } | Self::Field { .. } => "CRON_INVALID",
            Self::NeverFires { .. } => "CRON_NEVER_FIRES",
        }
    }
}

/// What is due between two moments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// The occurrence that has to run now: the latest one, while the window is open.
    pub run: Option<DateTime<Utc>>,
    /// Those that passed without running and are to be recorded as missed, oldest first.
    pub missed: Vec<DateTime<Utc>>,
    /// There are more than fit: record those that are missed and ask again with the last of them as `after`.
    pub more: bool,
}

const MAX_CHARS: usize = 200;

/// The fields of an expression and what may stand in each.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59, *, */15, 0-30 or a list"),
    ("hour", "0 to 23, *, */2, 9-17 or a list"),
    ("day of month", "1 to 31, *, L for the last day, 15W for the nearest working day or a list"),
    ("month", "1 to 12, JAN to DEC, * or a list"),
    ("day of week", "0 to 7 (0 and 7 are Sunday), MON to SUN, *, MON#1 for the first Monday or a list"),
];

impl CronExpression {
    /// Reads an expression; blanks around and between its fields do not matter.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let length = text.trim().chars().count();
        if length > MAX_CHARS {
            return Err(CronError::TooLong { length });
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let expression = fields.join(" ");
        if fields.len() != FIELDS.len() {
            return Err(CronError::FieldCount { expression, count: fields.len() });
        }
        let schedule = schedule(&expression).map_err(|error| wrong_field(&expression, &fields, &error))?;
        if !comes_true(&schedule) {
            return Err(CronError::NeverFires { expression });
        }
        Ok(Self { text: expression, schedule: Some(Arc::new(schedule)) })
    }

    /// The expression as it was written, with single blanks.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first local time after `after`.
    fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        // Croner keeps fractions of a second while it looks for whole minutes, so they have to go. Its own handling
        // of summer time differs from ours (and repeats times); presented as UTC, local time has none.
        let after = after.with_nanosecond(0)?.and_utc();
        let next = self.schedule.as_ref()?.find_next_occurrence(&after, false).ok()?;
        Some(next.naive_utc())
    }
}

impl From<String> for CronExpression {
    fn from(text: String) -> Self {
        let schedule = schedule(&text).ok().map(Arc::new);
        Self { text, schedule }
    }
}

impl From<CronExpression> for String {
    fn from(expression: CronExpression) -> Self {
        expression.text
    }
}

impl std::fmt::Display for CronExpression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Debug for CronExpression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CronExpression").field(&self.text).finish()
    }
}

impl PartialEq for CronExpression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for CronExpression {}

impl std::hash::Hash for CronExpression {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

fn schedule(expression: &str) -> Result<Cron, Syntax> {
    // Croner replaces shorthands such as @daily wherever they stand, and skips empty items of lists.
    if expression.contains('@') {
        return Err(Syntax::IllegalCharacters("@".to_owned()));
    }
    if expression.split([' ', ',']).any(str::is_empty) {
        return Err(Syntax::ComponentError("An item of the list is empty".to_owned()));
    }
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(expression)
}

/// Finds the field to blame by trying each alone: croner does not say which one it was.
fn wrong_field(expression: &str, fields: &[&str], error: &Syntax) -> CronError {
    let blamed = fields.iter().zip(FIELDS).enumerate().find_map(|(position, (value, (field, allowed)))| {
        let mut alone = ["*"; FIELDS.len()];
        alone[position] = value;
        schedule(&alone.join(" ")).err().map(|error| (field, allowed, *value, problem(&error)))
    });
    let (field, allowed, value, problem) =
        blamed.unwrap_or(("whole", "five fields such as 0 9 * * 1", expression, problem(error)));
    CronError::Field { expression: expression.to_owned(), field, value: value.to_owned(), problem, allowed }
}

/// Croner's words as a part of our sentence: "Number out of bounds." becomes "number out of bounds".
fn problem(error: &Syntax) -> String {
    let words = match error {
        Syntax::ComponentError(words) | Syntax::InvalidPattern(words) => words.trim_end_matches('.'),
        _ => "it has a character that may not be there",
    };
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Whether any day of the calendar matches.
///
/// A year is one of 14 calendars (by the weekday of New Year, leap or not), and all of them occur within 28 years.
fn comes_true(schedule: &Cron) -> bool {
    let days = NaiveDate::from_ymd_opt(2000, 1, 1).into_iter().flat_map(|first| first.iter_days().take(28 * 366));
    days.into_iter().any(|day| {
        let (year, month, day) = (day.year(), day.month(), day.day());
        schedule.pattern.month_match(month).unwrap_or(false)
            && schedule.pattern.day_match(year, month, day).unwrap_or(false)
    })
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

    /// What is due at `now` when everything up to `after` has been dealt with.
    ///
    /// Late means once: the latest occurrence runs, all before it are missed; after the window's end all are missed.
    /// At most `limit` (at least one) are returned as missed. If there are more, nothing runs yet and `more` is set.
    #[must_use]
    pub fn due(&self, window: &Window, zone: TimeZone, after: Option<DateTime<Utc>>, now: DateTime<Utc>, limit: usize) -> Due {
        let limit = limit.max(1);
        let runs = usize::from(window.is_open(now));
        let following = |after: Option<DateTime<Utc>>| self.next(window, zone, after).filter(|at| *at <= now);
        // One more than can be returned tells whether there are more.
        let most = limit.saturating_add(runs);
        let mut missed: Vec<_> = std::iter::successors(following(after), |at| following(Some(*at)))
            .take(most.saturating_add(1))
            .collect();
        if missed.len() > most {
            missed.truncate(limit);
            return Due { run: None, missed, more: true };
        }
        let run = if runs == 1 { missed.pop() } else { None };
        Due { run, missed, more: false }
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
            Self::Month => i64::from(at.year() - first.year()) * 12 + i64::from(at.month()) - i64::from(first.month()) - 1,
        };
        u32::try_from(count).unwrap_or(0)
    }
}

fn next_regular(every: Every, start: DateTime<Utc>, zone: TimeZone, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (first, reached) = (local(zone, start), local(zone, after));
    // The start itself is number zero and has passed.
    let from = every.index_of(first, reached).max(1);
    // One or two steps: only what is shown twice can lie behind what was reached on the wall.
    (from..).map_while(|index| every.nth(first, index)).map(|time| moment(zone, time)).find(|at| *at > after)
}

fn next_cron(expression: &CronExpression, zone: TimeZone, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // In the second pass of a repeated hour the times that follow on the wall have run in the first pass.
    std::iter::successors(expression.next(local(zone, after)), |time| expression.next(*time))
        .map(|time| moment(zone, time))
        .find(|at| *at > after)
}

fn local(zone: TimeZone, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone.tz()).naive_local()
}

/// The first moment at which the clocks of the zone show this time or a later one.
fn moment(zone: TimeZone, time: NaiveDateTime) -> DateTime<Utc> {
    let tz = zone.tz();
    match tz.from_local_datetime(&time) {
        MappedLocalTime::Single(at) => at.to_utc(),
        MappedLocalTime::Ambiguous(first, _) => first.to_utc(),
        // The gap begins on the wall where the clocks of before would have shown it: that is when it ends, too.
        MappedLocalTime::None => match GapInfo::new(&time, &tz).and_then(|gap| gap.begin) {
            Some((begin, before)) => (begin - before.fix()).and_utc(),
            None => time.and_utc(),
        },
    }
}
