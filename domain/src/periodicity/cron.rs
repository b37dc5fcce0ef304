//! Cron expressions: read strictly from people, leniently from the log.

use std::sync::Arc;

use crate::{Refusal, Said, counted_in_russian};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use croner::Cron;
use croner::errors::CronError as Syntax;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

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
        "the cron expression {expression:?} needs five fields (minute, hour, day of month, month, day of week) \
         and has {count}; write for example 0 9 * * 1"
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
        field: &'static Said,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        problem: Said,
        /// What may stand there.
        allowed: &'static Said,
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

impl Refusal for CronError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "CRON_TOO_LONG",
            Self::FieldCount { .. } | Self::Field { .. } => "CRON_INVALID",
            Self::NeverFires { .. } => "CRON_NEVER_FIRES",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("periodicity")
    }

    fn in_russian(&self) -> String {
        match self {
            Self::TooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в выражении cron {length}, а допускается не больше {MAX_CHARS}; сократите его")
            }
            Self::FieldCount { expression, count } => format!(
                "в выражении cron {expression:?} должно быть пять полей (минута, час, день месяца, месяц, день недели), \
                 а их {count}; напишите, например, 0 9 * * 1"
            ),
            Self::Field { expression, field, value, problem, allowed } => format!(
                "в выражении cron {expression:?} не годится {} {value:?}: {}; допустимо {}",
                field.ru, problem.ru, allowed.ru
            ),
            Self::NeverFires { expression } => format!(
                "выражение cron {expression:?} никогда не сработает: ему не отвечает ни одна дата; проверьте день месяца, \
                 месяц и день недели вместе"
            ),
        }
    }
}

const MAX_CHARS: usize = 200;

/// How many fields an expression has.
const COUNT: usize = 5;

/// The fields of an expression and what may stand in each.
static FIELDS: [(Said, Said); COUNT] = [
    (
        Said::new("minute", "минута"),
        Said::new("0 to 59, *, */15, 0-30 or a list", "от 0 до 59, *, */15, 0-30 или список"),
    ),
    (Said::new("hour", "час"), Said::new("0 to 23, *, */2, 9-17 or a list", "от 0 до 23, *, */2, 9-17 или список")),
    (
        Said::new("day of month", "день месяца"),
        Said::new(
            "1 to 31, *, L for the last day, 15W for the nearest working day or a list",
            "от 1 до 31, *, L (последний день), 15W (ближайший рабочий день) или список",
        ),
    ),
    (
        Said::new("month", "месяц"),
        Said::new("1 to 12, JAN to DEC, * or a list", "от 1 до 12, от JAN до DEC, * или список"),
    ),
    (
        Said::new("day of week", "день недели"),
        Said::new(
            "0 to 7 (0 and 7 are Sunday), MON to SUN, *, MON#1 for the first Monday or a list",
            "от 0 до 7 (0 и 7 — воскресенье), от MON до SUN, *, MON#1 (первый понедельник) или список",
        ),
    ),
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
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(expression)
}

/// What is to blame when no field alone is.
static WHOLE: (Said, Said) =
    (Said::new("whole", "всё"), Said::new("five fields such as 0 9 * * 1", "пять полей, например 0 9 * * 1"));

/// Finds the field to blame by trying each alone: croner does not say which one it was.
fn wrong_field(expression: &str, fields: &[&str], error: &Syntax) -> CronError {
    let blamed = fields.iter().zip(&FIELDS).enumerate().find_map(|(position, (value, (field, allowed)))| {
        let mut alone = ["*"; COUNT];
        alone[position] = value;
        schedule(&alone.join(" ")).err().map(|error| (field, allowed, *value, problem(&error)))
    });
    let (field, allowed, value, problem) = blamed.unwrap_or_else(|| (&WHOLE.0, &WHOLE.1, expression, problem(error)));
    CronError::Field { expression: expression.to_owned(), field, value: value.to_owned(), problem, allowed }
}

/// Croner's words as a part of our sentence: "Number out of bounds." becomes "number out of bounds".
fn problem(error: &Syntax) -> Said {
    let (Syntax::ComponentError(words) | Syntax::InvalidPattern(words)) = error else {
        return Said::new("it has a character that may not be there", "в нём символ, которого там быть не может");
    };
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    let en: String = letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default();
    Said::filled(en, in_russian(words).to_owned())
}

/// The same in Russian. Words that a new release of croner has are told less exactly until they are here too.
fn in_russian(words: &str) -> &'static str {
    match words {
        "An item of the list is empty" => "в списке есть пустой элемент",
        "Invalid number" => "это не число",
        "Number out of bounds" => "число вне допустимых пределов",
        "Range out of bounds" | "Range is out of bounds in stepping" => "диапазон выходит за допустимые пределы",
        "Invalid range syntax" | "Invalid range syntax in stepping" => "диапазон записан неверно",
        "Invalid start of range" | "Invalid range start" | "Invalid start" => "начало диапазона записано неверно",
        "Invalid end of range" | "Invalid range end" => "конец диапазона записан неверно",
        "Invalid stepped range syntax" | "Invalid step" => "шаг записан неверно",
        "Step cannot be zero" => "шаг не может быть нулём",
        "Value exceeded max after stepping" => "шаг выводит за допустимые пределы",
        "Invalid nth specifier" => "номер после # записан неверно",
        "Nth specifier out of bounds" => "номер после # вне допустимых пределов",
        "Nth specifier # not allowed in the current field" => "в этом поле не может быть #",
        "L not allowed in the current field" => "в этом поле не может быть L",
        "Invalid day for closest weekday" => "день перед W записан неверно",
        "Day for closest weekday out of bounds" => "день перед W вне допустимых пределов",
        _ => "так это поле записать нельзя",
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(expression: &CronExpression) -> Option<NaiveDateTime> {
        expression.next(NaiveDate::from_ymd_opt(2024, 5, 1)?.and_hms_opt(0, 0, 0)?)
    }

    #[test]
    fn a_broken_expression_is_refused_with_its_field() {
        for (text, sentence) in [
            (
                "61 * * * *",
                "the minute \"61\" of the cron expression \"61 * * * *\" is not valid: number out of bounds; \
                 write 0 to 59, *, */15, 0-30 or a list",
            ),
            (
                "0 9-25 * * *",
                "the hour \"9-25\" of the cron expression \"0 9-25 * * *\" is not valid: range out of bounds; \
                 write 0 to 23, *, */2, 9-17 or a list",
            ),
            (
                "0  9 * JUNY  *",
                "the month \"JUNY\" of the cron expression \"0 9 * JUNY *\" is not valid: \
                 it has a character that may not be there; write 1 to 12, JAN to DEC, * or a list",
            ),
            (
                "0 9,, * * *",
                "the hour \"9,,\" of the cron expression \"0 9,, * * *\" is not valid: \
                 an item of the list is empty; write 0 to 23, *, */2, 9-17 or a list",
            ),
            (
                "0 0 9 * * 1",
                "the cron expression \"0 0 9 * * 1\" needs five fields (minute, hour, day of month, month, day of week) \
                 and has 6; write for example 0 9 * * 1",
            ),
            (
                "@daily",
                "the cron expression \"@daily\" needs five fields (minute, hour, day of month, month, day of week) \
                 and has 1; write for example 0 9 * * 1",
            ),
        ] {
            let error = CronExpression::parse(text).expect_err(text);
            assert_eq!(error.to_string(), sentence);
            assert_eq!(error.code(), "CRON_INVALID");
        }
        for text in
            ["", "* * * *", "a b c d e", "@daily * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 * * 8", "0 0 0 * *"]
        {
            assert_eq!(CronExpression::parse(text).expect_err(text).code(), "CRON_INVALID", "{text}");
        }
        let long = CronExpression::parse(&format!("{}0 * * * *", "0,".repeat(1_000))).expect_err("too long");
        assert_eq!(long.code(), "CRON_TOO_LONG");
    }

    #[test]
    fn an_expression_that_never_fires_is_refused() {
        for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 1 * +MON#2", "0 0 31W 2 *"] {
            assert_eq!(CronExpression::parse(text).expect_err(text).code(), "CRON_NEVER_FIRES", "{text}");
        }
        assert_eq!(
            CronExpression::parse("0 0 30 2 *").expect_err("never").to_string(),
            "the cron expression \"0 0 30 2 *\" never comes true, as no date matches; \
             check its day of month, month and day of week together"
        );
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
