use super::{En, English};
use domain::{CronError, CronExpression, CronFault, CronField};
use std::fmt;

impl English for CronError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(
                f,
                "the cron expression has {length} characters, more than the {} allowed; shorten it",
                CronExpression::MAX_CHARS,
            ),
            Self::FieldCount { expression, count } => write!(
                f,
                "the cron expression {expression:?} needs five fields (minute, hour, day of month, month, day \
                 of week) and has {count}; write for example 0 9 * * 1",
            ),
            Self::Field { expression, field, value, fault } => write!(
                f,
                "the {} {value:?} of the cron expression {expression:?} is not valid: {}; write {}",
                En(field),
                En(fault),
                allowed(*field),
            ),
            Self::NeverFires { expression } => write!(
                f,
                "the cron expression {expression:?} never comes true, as no date matches; check its day of \
                 month, month and day of week together",
            ),
        }
    }
}

impl English for CronField {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
            Self::Whole => "whole",
        })
    }
}

/// What may stand in a field.
fn allowed(field: CronField) -> &'static str {
    match field {
        CronField::Minute => "0 to 59, *, */15, 0-30 or a list",
        CronField::Hour => "0 to 23, *, */2, 9-17 or a list",
        CronField::DayOfMonth => "1 to 31, *, L for the last day, 15W for the nearest working day or a list",
        CronField::Month => "1 to 12, JAN to DEC, * or a list",
        CronField::DayOfWeek => "0 to 7 (0 and 7 are Sunday), MON to SUN, *, MON#1 for the first Monday or a list",
        CronField::Whole => "five fields such as 0 9 * * 1",
    }
}

impl English for CronFault {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyItem => "an item of the list is empty",
            Self::Number => "invalid number",
            Self::NumberOutOfBounds => "number out of bounds",
            Self::RangeOutOfBounds => "range out of bounds",
            Self::SteppedRangeOutOfBounds => "range is out of bounds in stepping",
            Self::Range => "invalid range syntax",
            Self::SteppedRange => "invalid range syntax in stepping",
            Self::StartOfRange => "invalid start of range",
            Self::RangeStart => "invalid range start",
            Self::Start => "invalid start",
            Self::EndOfRange => "invalid end of range",
            Self::RangeEnd => "invalid range end",
            Self::StepSyntax => "invalid stepped range syntax",
            Self::Step => "invalid step",
            Self::StepZero => "step cannot be zero",
            Self::StepTooLarge => "value exceeded max after stepping",
            Self::Nth => "invalid nth specifier",
            Self::NthOutOfBounds => "nth specifier out of bounds",
            Self::NthNotHere => "nth specifier # not allowed in the current field",
            Self::LastNotHere => "l not allowed in the current field",
            Self::Weekday => "invalid day for closest weekday",
            Self::WeekdayOutOfBounds => "day for closest weekday out of bounds",
            Self::Character => "it has a character that may not be there",
            Self::Other(words) => words,
        })
    }
}
