//! What stands in a cell, as text.

use calamine::{DataRef, ExcelDateTime};
use std::borrow::Cow;

/// Up to here every whole number is one that a cell can have: a telephone number is not cut short.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// The first day of the year 10000, which no spreadsheet knows.
const DAYS: f64 = 2_958_466.0;

/// How many digits of a number a spreadsheet shows, less the one before the point.
const DIGITS: usize = 14;

/// The text of a cell: numbers as people write them, days and moments by ISO 8601, formulas by what they came to, and nothing for
/// an error.
pub(super) fn text<'a>(value: &'a DataRef<'_>) -> Cow<'a, str> {
    match value {
        DataRef::String(text) => text.as_str().into(),
        DataRef::SharedString(text) => (*text).into(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.as_str().into(),
        DataRef::Int(number) => number.to_string().into(),
        DataRef::Float(number) => written(*number).into(),
        DataRef::Bool(is) => Cow::Borrowed(if *is { "true" } else { "false" }),
        DataRef::DateTime(at) => moment(*at).into(),
        DataRef::Error(_) | DataRef::Empty => "".into(),
    }
}

/// A number without an exponent, and without what only binary fractions have behind the last digit.
fn written(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.fract() == 0.0 && number.abs() <= WHOLE {
        return number.to_string();
    }
    let rounded = format!("{number:.DIGITS$e}").parse().unwrap_or(number);
    rounded.to_string()
}

/// A day, a moment, a time of day or a duration. What is none of them is a number that somebody has made look like one.
fn moment(at: ExcelDateTime) -> String {
    let days = at.as_f64();
    if !(0.0..DAYS).contains(&days) {
        return written(days);
    }
    if at.is_duration() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 2^38")]
        let seconds = (days * 86_400.0).round() as u64;
        return format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if days < 1.0 {
        return time;
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { day } else { format!("{day}T{time}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{CellErrorType, ExcelDateTimeType};

    fn dated(value: f64) -> DataRef<'static> {
        DataRef::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false))
    }

    #[test]
    fn a_cell_is_told_as_people_write_it() {
        let lasting = |value| DataRef::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::TimeDelta, false));
        for (value, told) in [
            (DataRef::Float(79_161_234_567.0), "79161234567"),
            (DataRef::Float(4_276_380_012_345_678.0), "4276380012345678"),
            (DataRef::Float(0.1 + 0.2), "0.3"),
            (DataRef::Float(-12.5), "-12.5"),
            (DataRef::Float(-0.0), "0"),
            (DataRef::Float(1e21), "1000000000000000000000"),
            (DataRef::Int(-7), "-7"),
            (DataRef::Bool(true), "true"),
            (DataRef::Bool(false), "false"),
            (DataRef::Error(CellErrorType::NA), ""),
            (DataRef::Empty, ""),
            (DataRef::String("two\nlines".to_owned()), "two\nlines"),
            (DataRef::SharedString("'tis"), "'tis"),
            (DataRef::DateTimeIso("2026-05-01".to_owned()), "2026-05-01"),
            (dated(46_143.0), "2026-05-01"),
            (dated(46_143.5), "2026-05-01T12:00:00"),
            (dated(0.4375), "10:30:00"),
            (dated(-1.0), "-1"),
            (dated(3e6), "3000000"),
            (lasting(1.5), "36:00:00"),
        ] {
            assert_eq!(text(&value), told, "{value:?}");
        }
    }
}
