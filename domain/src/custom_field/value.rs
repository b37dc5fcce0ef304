//! What a client has in a custom field.

use super::kind::Kind;
use super::{Error, Key};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// The longest text in a field, in characters.
pub const MAX_TEXT: usize = 1_000;

/// The most digits of a number, before and behind the point together.
const MAX_DIGITS: usize = 18;

/// With how many characters a value that does not fit is told.
const SHOWN: usize = 60;

/// What a client has in a field. Stored as `{"text": "Oslo"}`, `{"number": "12.5"}`, `{"date": "2026-05-01"}` or `{"yes_no": true}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A text without blanks around it, never empty.
    Text(String),
    /// A decimal number.
    Number(Number),
    /// A day.
    Date(NaiveDate),
    /// Yes, or no.
    YesNo(bool),
}

/// A decimal number as it is written in full: an optional `-`, digits without leading zeros, and, if it has one, a point with digits
/// that do not end in 0. Texts of the same number are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(String);

impl Value {
    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Date(_) => Kind::Date,
            Self::YesNo(_) => Kind::YesNo,
        }
    }

    /// Reads what people write for a value of this kind; `None` for an empty text, which is no value.
    ///
    /// A number may have blanks between its digits, and a comma for its point. Three digits behind the only comma are refused: nobody
    /// can tell what `1,500` means. A day is written as in ISO 8601 (`2026-05-01`, a time behind it does not matter) or with points (`1.5.2026`), never with slashes, which
    /// mean different days in different countries. Yes and no are also `true`, `1`, `x`, `да` and `false`, `0`, `нет`.
    pub fn parse(key: &Key, kind: Kind, text: &str) -> Result<Option<Self>, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let value = match kind {
            Kind::Text => {
                let length = text.chars().count();
                if length > MAX_TEXT {
                    return Err(Error::TextTooLong { key: key.to_string(), length });
                }
                let is_text = text.chars().all(|sign| !sign.is_control() || matches!(sign, '\n' | '\r' | '\t'));
                is_text.then(|| Self::Text(text.to_owned()))
            }
            Kind::Number => Number::read(text).map(Self::Number),
            Kind::Date => day(text).map(Self::Date),
            Kind::YesNo => yes_no(text).map(Self::YesNo),
        };
        let invalid = || Error::ValueInvalid { key: key.to_string(), kind, value: text.chars().take(SHOWN).collect() };
        value.map(Some).ok_or_else(invalid)
    }

    /// The value as programs and files have it: the text, `12.5`, `2026-05-01`, `true` or `false`.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.as_str().to_owned(),
            Self::Date(day) => day.to_string(),
            Self::YesNo(yes) => yes.to_string(),
        }
    }
}

impl Number {
    /// The number that a text is, with a point or a comma; `None` if it is none, or if nobody can tell which.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|sign| !matches!(sign, ' ' | '\u{a0}' | '\u{202f}')).collect();
        let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let (whole, part) = match digits.split_once(['.', ',']) {
            Some((_, part)) if digits.contains(',') && part.len() == 3 => return None,
            Some((whole, part)) if !part.is_empty() => (whole, part),
            Some(_) => return None,
            None => (digits, ""),
        };
        let is_digits = |text: &str| text.bytes().all(|sign| sign.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(part) {
            return None;
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        if whole.len() + part.len() > MAX_DIGITS {
            return None;
        }
        let whole = if whole.is_empty() { "0" } else { whole };
        let sign = if negative && (whole != "0" || !part.is_empty()) { "-" } else { "" };
        let point = if part.is_empty() { "" } else { "." };
        Some(Self(format!("{sign}{whole}{point}{part}")))
    }

    /// The number in full, with a point.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sign, and the digits before and behind the point.
    fn parts(&self) -> (bool, &str, &str) {
        let (negative, digits) = self.0.strip_prefix('-').map_or((false, self.0.as_str()), |rest| (true, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        (negative, whole, part)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let ((minus, whole, part), (other_minus, other_whole, other_part)) = (self.parts(), other.parts());
        let size = (whole.len(), whole, part).cmp(&(other_whole.len(), other_whole, other_part));
        match (minus, other_minus) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let read = NaiveDate::parse_from_str(day, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(day, "%d.%m.%Y"));
    // A year of two digits reads as one of the first century.
    read.ok().filter(|day| (1000..=9999).contains(&chrono::Datelike::year(day)))
}

fn yes_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "x" | "да" | "истина" => Some(true),
        "no" | "false" | "0" | "n" | "нет" | "ложь" => Some(false),
        _ => None,
    }
}
