//! Scalars. Those that people write keep what was written, so that what is wrong with it becomes a `userError` that
//! names the field.

use async_graphql::{Description, InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use chrono::{SecondsFormat, Utc};

/// A whole number of 64 bits, such as a position in the log. It is written as a JSON number, and read from a number or
/// from a text of digits. Programs in which every number is a floating-point one, such as those in JavaScript, lose the
/// last digits of numbers above 2^53 (9,007,199,254,740,992).
#[derive(Clone, Copy, Debug, Description, PartialEq, Eq)]
pub(crate) struct Long(pub(crate) i64);

#[Scalar(use_type_description)]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number.as_i64().map(Self),
            Value::String(text) => text.parse().ok().map(Self),
            _ => None,
        }
        .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// A moment as RFC 3339 writes it. Answers are in UTC: `2026-05-01T10:00:00Z`. Inputs may have any offset.
#[derive(Clone, Debug, Description, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) Result<chrono::DateTime<Utc>, String>);

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(at: chrono::DateTime<Utc>) -> Self {
        Self(Ok(at))
    }
}

#[Scalar(use_type_description, specified_by_url = "https://scalars.graphql.org/chillicream/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => {
                Ok(Self(chrono::DateTime::parse_from_rfc3339(text.trim()).map(|at| at.to_utc()).map_err(|_| text)))
            }
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(match &self.0 {
            Ok(at) => at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            Err(text) => text.clone(),
        })
    }
}

/// The name of a time zone in the IANA database, such as `Europe/Berlin`.
#[derive(Clone, Debug, Description, PartialEq, Eq)]
pub(crate) struct TimeZone(pub(crate) String);

#[Scalar(use_type_description)]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(name) => Ok(Self(name)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A count as GraphQL's `Int`, which ends at two billion.
pub(crate) fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_is_read_from_a_number_or_from_a_text_of_one() {
        assert_eq!(Long::parse(Value::from(5_000_000_000_i64)).unwrap(), Long(5_000_000_000));
        assert_eq!(Long::parse(Value::from("5000000000")).unwrap(), Long(5_000_000_000));
        for wrong in [Value::from("five"), Value::from(1.5), Value::Null] {
            assert!(Long::parse(wrong).is_err());
        }
    }

    #[test]
    fn a_moment_that_cannot_be_read_is_kept_as_it_was_written() {
        let DateTime(read) = DateTime::parse(Value::from("2026-05-01T12:00:00+02:00")).unwrap();
        assert_eq!(read.unwrap().to_rfc3339(), "2026-05-01T10:00:00+00:00");
        assert_eq!(DateTime::parse(Value::from("tomorrow")).unwrap(), DateTime(Err("tomorrow".to_owned())));
        assert!(DateTime::parse(Value::from(1)).is_err());
    }
}
