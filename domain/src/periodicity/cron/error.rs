//! Why a text is not a cron expression, field by field.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use croner::errors::CronError as Syntax;

/// How many fields an expression has.
pub(super) const COUNT: usize = 5;

/// A field of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CronField {
    /// The minute: 0 to 59.
    Minute,
    /// The hour: 0 to 23.
    Hour,
    /// The day of the month: 1 to 31.
    DayOfMonth,
    /// The month: 1 to 12, or its name.
    Month,
    /// The day of the week: 0 to 7, or its name.
    DayOfWeek,
    /// No field alone: the expression as a whole is wrong.
    Whole,
}

impl CronField {
    /// The fields in the order in which they stand.
    pub(super) const ALL: [Self; COUNT] = [Self::Minute, Self::Hour, Self::DayOfMonth, Self::Month, Self::DayOfWeek];
}

/// Why a text is not a cron expression that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronError {
    /// The text is far longer than any expression that somebody writes.
    TooLong {
        /// The text's length in characters.
        length: usize,
    },
    /// The text has fewer or more than five fields.
    FieldCount {
        /// The text that was given.
        expression: String,
        /// How many fields the text has.
        count: usize,
    },
    /// One field of the expression makes no sense.
    Field {
        /// The text that was given.
        expression: String,
        /// The field that is wrong.
        field: CronField,
        /// What stands in the field.
        value: String,
        /// What is wrong with the field.
        fault: CronFault,
    },
    /// The expression names only days that no calendar has.
    NeverFires {
        /// The text that was given.
        expression: String,
    },
}

impl Refusal for CronError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::CronTooLong,
            Self::FieldCount { .. } | Self::Field { .. } => Code::CronInvalid,
            Self::NeverFires { .. } => Code::CronNeverFires,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("periodicity")
    }
}

told_by_code!(CronError);

/// What is wrong with a field, as croner tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronFault {
    /// An item of a list is empty.
    EmptyItem,
    /// The text is no number.
    Number,
    /// A number is out of bounds.
    NumberOutOfBounds,
    /// A range is out of bounds.
    RangeOutOfBounds,
    /// A range with a step is out of bounds.
    SteppedRangeOutOfBounds,
    /// A range is not written like one.
    Range,
    /// A range with a step is not written like one.
    SteppedRange,
    /// The start of a range is none.
    StartOfRange,
    /// The start of a range with a step is none.
    RangeStart,
    /// The start before a step is none.
    Start,
    /// The end of a range is none.
    EndOfRange,
    /// The end of a range with a step is none.
    RangeEnd,
    /// A step is not written like one.
    StepSyntax,
    /// A step is no number.
    Step,
    /// A step is zero.
    StepZero,
    /// A step leads out of bounds.
    StepTooLarge,
    /// The number behind # is none.
    Nth,
    /// The number behind # is out of bounds.
    NthOutOfBounds,
    /// A # stands in a field that has none.
    NthNotHere,
    /// An L stands in a field that has none.
    LastNotHere,
    /// The day before W is none.
    Weekday,
    /// The day before W is out of bounds.
    WeekdayOutOfBounds,
    /// A character stands where it may not.
    Character,
    /// Something of which only a newer croner knows, in its words.
    Other(String),
}

/// The words of croner for what it tells.
const WORDS: [(&str, CronFault); 22] = [
    ("An item of the list is empty", CronFault::EmptyItem),
    ("Invalid number", CronFault::Number),
    ("Number out of bounds", CronFault::NumberOutOfBounds),
    ("Range out of bounds", CronFault::RangeOutOfBounds),
    ("Range is out of bounds in stepping", CronFault::SteppedRangeOutOfBounds),
    ("Invalid range syntax", CronFault::Range),
    ("Invalid range syntax in stepping", CronFault::SteppedRange),
    ("Invalid start of range", CronFault::StartOfRange),
    ("Invalid range start", CronFault::RangeStart),
    ("Invalid start", CronFault::Start),
    ("Invalid end of range", CronFault::EndOfRange),
    ("Invalid range end", CronFault::RangeEnd),
    ("Invalid stepped range syntax", CronFault::StepSyntax),
    ("Invalid step", CronFault::Step),
    ("Step cannot be zero", CronFault::StepZero),
    ("Value exceeded max after stepping", CronFault::StepTooLarge),
    ("Invalid nth specifier", CronFault::Nth),
    ("Nth specifier out of bounds", CronFault::NthOutOfBounds),
    ("Nth specifier # not allowed in the current field", CronFault::NthNotHere),
    ("L not allowed in the current field", CronFault::LastNotHere),
    ("Invalid day for closest weekday", CronFault::Weekday),
    ("Day for closest weekday out of bounds", CronFault::WeekdayOutOfBounds),
];

impl From<&Syntax> for CronFault {
    fn from(error: &Syntax) -> Self {
        let (Syntax::ComponentError(words) | Syntax::InvalidPattern(words)) = error else { return Self::Character };
        let words = words.trim_end_matches('.');
        let known = WORDS.iter().find(|(known, _)| *known == words).map(|(_, fault)| fault.clone());
        known.unwrap_or_else(|| {
            let mut letters = words.chars();
            Self::Other(letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default())
        })
    }
}
