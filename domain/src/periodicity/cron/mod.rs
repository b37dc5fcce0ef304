//! Cron expressions: read strictly from people, leniently from the log.

mod error;
#[cfg(test)]
mod vixie;

pub use error::{CronError, CronFault, CronField};

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use croner::Cron;
use croner::errors::CronError as Syntax;
use croner::parser::{CronParser, Seconds, Year};
use error::COUNT;
use serde::{Deserialize, Serialize};

/// What a star means in each field.
const ALL: [&str; COUNT] = ["0-59", "0-23", "1-31", "1-12", "0-6"];

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
///
/// Names (`MON`, `JAN`), lists, ranges, steps, `L` (last), `W` (nearest working day) and `#` (the nth weekday) are
/// understood. Day of month and day of week together mean either of them, and both of them if one begins with a star, a
/// step such as `*/2` and a list such as `*,13` included: so Vixie cron and its descendants do it, whatever its manual says
/// (`DOM_STAR` and `DOW_STAR` in its `entry.c` and `cron.c`).
///
/// Reading one back from an event never fails: if it is not understood any more, it has no further occurrences.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct CronExpression {
    text: String,
    /// Shared because croner's form is some kilobytes and aggregates are cloned.
    schedule: Option<Arc<Cron>>,
}

impl CronExpression {
    /// The longest expression, in characters.
    pub const MAX_CHARS: usize = 200;

    /// Reads an expression; blanks around and between its fields do not matter.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let length = text.trim().chars().count();
        if length > Self::MAX_CHARS {
            return Err(CronError::TooLong { length });
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let expression = fields.join(" ");
        if fields.len() != COUNT {
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

    /// Whether it has times on that day.
    pub(super) fn is_on(&self, date: NaiveDate) -> bool {
        self.schedule.as_ref().is_some_and(|schedule| is_on(schedule, date))
    }

    /// The first local time after `after`.
    pub(super) fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
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
    // Croner takes only a star that stands alone for one.
    let begins_with_star = |field: &str| field.starts_with(['*', '?']);
    let both_days = [2, 4].into_iter().filter_map(|day| expression.split(' ').nth(day)).any(begins_with_star);
    let parser =
        CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).dom_and_dow(both_days).build();
    parser.parse(&without_stars_in_lists(expression))
}

/// Lists with a star for one of their items are written as ranges, since croner does not know them. What they mean beside another
/// field of days has been found out by then.
fn without_stars_in_lists(expression: &str) -> String {
    let fields = expression.split(' ').enumerate().map(|(position, field)| {
        let all = ALL.get(position).filter(|_| field.contains(','));
        let Some(all) = all else { return field.to_owned() };
        let is_star = |item: &str| item == "*" || (item == "?" && matches!(position, 2 | 4));
        field.split(',').map(|item| if is_star(item) { *all } else { item }).collect::<Vec<_>>().join(",")
    });
    fields.collect::<Vec<_>>().join(" ")
}

/// Finds the field to blame by trying each alone: croner does not say which one it was.
fn wrong_field(expression: &str, fields: &[&str], error: &Syntax) -> CronError {
    let blamed = fields.iter().zip(CronField::ALL).enumerate().find_map(|(position, (value, field))| {
        let mut alone = ["*"; COUNT];
        alone[position] = value;
        schedule(&alone.join(" ")).err().map(|error| (field, *value, CronFault::from(&error)))
    });
    let (field, value, fault) = blamed.unwrap_or_else(|| (CronField::Whole, expression, error.into()));
    CronError::Field { expression: expression.to_owned(), field, value: value.to_owned(), fault }
}

/// Whether any day of the calendar matches.
///
/// A year is one of 14 calendars (by the weekday of New Year, leap or not), and all of them occur within 28 years.
fn comes_true(schedule: &Cron) -> bool {
    let days = NaiveDate::from_ymd_opt(2000, 1, 1).into_iter().flat_map(|first| first.iter_days().take(28 * 366));
    days.into_iter().any(|day| is_on(schedule, day))
}

fn is_on(schedule: &Cron, date: NaiveDate) -> bool {
    let (year, month, day) = (date.year(), date.month(), date.day());
    schedule.pattern.month_match(month).unwrap_or(false)
        && schedule.pattern.day_match(year, month, day).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Code;
    use crate::Refusal;

    fn next(expression: &CronExpression) -> Option<NaiveDateTime> {
        expression.next(NaiveDate::from_ymd_opt(2024, 5, 1)?.and_hms_opt(0, 0, 0)?)
    }

    #[test]
    fn a_broken_expression_is_refused_with_its_field() {
        for (text, field, value, fault) in [
            ("61 * * * *", CronField::Minute, "61", CronFault::NumberOutOfBounds),
            ("0 9-25 * * *", CronField::Hour, "9-25", CronFault::RangeOutOfBounds),
            ("0  9 * JUNY  *", CronField::Month, "JUNY", CronFault::Character),
            ("0 9,, * * *", CronField::Hour, "9,,", CronFault::EmptyItem),
        ] {
            let error = CronExpression::parse(text).expect_err(text);
            let expression = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(error, CronError::Field { expression, field, value: value.to_owned(), fault });
            assert_eq!(error.code(), Code::CronInvalid);
        }
        for (text, count) in [("0 0 9 * * 1", 6), ("@daily", 1)] {
            let error = CronExpression::parse(text).expect_err(text);
            assert_eq!(error, CronError::FieldCount { expression: text.to_owned(), count });
            assert_eq!(error.code(), Code::CronInvalid);
        }
        for text in
            ["", "* * * *", "a b c d e", "@daily * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 * * 8", "0 0 0 * *"]
        {
            assert_eq!(CronExpression::parse(text).expect_err(text).code(), Code::CronInvalid, "{text}");
        }
        let long = CronExpression::parse(&format!("{}0 * * * *", "0,".repeat(1_000))).expect_err("too long");
        assert_eq!(long.code(), Code::CronTooLong);
    }

    #[test]
    fn a_star_in_a_list_is_everything() {
        for (text, same) in [
            ("0 0 *,13 * *", "0 0 * * *"),
            ("0 0 *,13 * 1", "0 0 * * 1"),
            ("0 0 13,* * 1", "0 0 * * *"),
            ("0 0 13 * *,5", "0 0 13 * *"),
            ("0 0 13 * 5,*", "0 0 * * *"),
            ("0 0 ?,13 * 1", "0 0 * * 1"),
            ("0 0 13 *,2 *", "0 0 13 * *"),
            ("*,5 *,3 * * *", "* * * * *"),
            ("0 0 *,L * MON#1", "0 0 * * MON#1"),
        ] {
            let [expression, same] = [text, same].map(|text| CronExpression::parse(text).expect(text));
            assert_eq!(expression.as_str(), text);
            let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date").and_hms_opt(0, 0, 0).expect("a time");
            let times = |expression: &CronExpression| {
                let mut times = vec![first];
                for _ in 0..100 {
                    times.extend(times.last().and_then(|last| expression.next(*last)));
                }
                times
            };
            assert_eq!(times(&expression), times(&same), "{text}");
        }
        for text in ["0 0 **,13 * *", "0 0 *13,1 * *", "0 0 *-3,1 * *", "?,5 0 * * *"] {
            assert_eq!(CronExpression::parse(text).expect_err(text).code(), Code::CronInvalid, "{text}");
        }
    }

    #[test]
    fn an_expression_that_never_fires_is_refused() {
        for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 1 * +MON#2", "0 0 31W 2 *"] {
            assert_eq!(CronExpression::parse(text).expect_err(text).code(), Code::CronNeverFires, "{text}");
        }
        let never = CronExpression::parse("0 0 30 2 *").expect_err("never");
        assert_eq!(never, CronError::NeverFires { expression: "0 0 30 2 *".to_owned() });
        for text in ["0 0 29 2 *", "0 0 29 2 +MON", "0 0 * 2 MON#5", "0 0 31W 1 *"] {
            assert!(CronExpression::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_expression_from_the_log_that_is_not_understood_any_more_has_no_occurrences() {
        for text in ["whenever", "0 0 30 2 *", "", "0 0 9 * * 1"] {
            let json = serde_json::json!(text);
            let expression: CronExpression = serde_json::from_value(json.clone()).expect("still an expression");
            assert_eq!(serde_json::to_value(&expression).expect("json"), json);
            assert_eq!(next(&expression), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_an_expression_panic(text in "([0-9*/,#LW?+-]{1,4}|MON|jan|\\PC| ){0,12}") {
            if let Ok(expression) = CronExpression::parse(&text) {
                prop_assert!(next(&expression).is_some());
            }
        }

        #[test]
        fn every_expression_that_is_accepted_fires(
            fields in prop::array::uniform5("[0-9*/,#LWN+-]{1,3}|[0-9]{1,2}|\\*/[0-9]|[0-9]#[0-9]|[0-9]-[0-9]{1,2}"),
        ) {
            if let Ok(expression) = CronExpression::parse(&fields.join(" ")) {
                prop_assert!(next(&expression).is_some());
            }
        }
    }
}
