//! What a person is called, as one line.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use serde::{Deserialize, Serialize};

/// A person's full name: one line without leading, trailing or repeated blanks. It may be empty.
///
/// Reading it back from an event does not judge it again: a name that was accepted once stays accepted, whatever the
/// rules are by then.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FullName(String);

/// Why a text is not taken as a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FullNameError {
    /// The text has line breaks or other control characters.
    NotALine,
    /// The name has too many characters.
    TooLong {
        /// The text's length in characters, after blanks have been collapsed.
        length: usize,
    },
}

impl Refusal for FullNameError {
    fn code(&self) -> Code {
        match self {
            Self::NotALine => Code::FullNameNotALine,
            Self::TooLong { .. } => Code::FullNameTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("fullName")
    }
}

told_by_code!(FullNameError);

impl FullName {
    /// The longest name that is kept, in characters.
    pub const MAX_CHARS: usize = 200;

    /// Reads a name. Blanks of any kind (tabs too, which come from spreadsheets) around and between its words become
    /// single ones; line breaks and other control characters inside are refused, not removed: whoever puts them there
    /// means something else than a name.
    ///
    /// A name goes into header fields of letters, where a line break would start a new field.
    pub fn parse(text: &str) -> Result<Self, FullNameError> {
        let text = text.trim();
        if text.chars().any(|c| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(FullNameError::NotALine);
        }
        let mut name = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !name.is_empty() {
                name.push(' ');
            }
            name.push_str(word);
        }
        match name.chars().count() {
            length if length > Self::MAX_CHARS => Err(FullNameError::TooLong { length }),
            _ => Ok(Self(name)),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as text, unless none was given.
    #[must_use]
    pub fn if_any(&self) -> Option<&str> {
        Some(self.as_str()).filter(|name| !name.is_empty())
    }

    /// Whether no name was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for FullName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_tidy_line() {
        for (text, name) in [
            ("Anna Petrova", "Anna Petrova"),
            ("  Anna \t Petrova  ", "Anna Petrova"),
            ("Анна\u{a0}\u{2003}Петрова\n", "Анна Петрова"),
            ("שרה \u{202e}כהן\u{202c}", "שרה \u{202e}כהן\u{202c}"),
            ("👩\u{200d}🚀 Zoe\u{301}", "👩\u{200d}🚀 Zoe\u{301}"),
            ("", ""),
            (" \r\n ", ""),
        ] {
            assert_eq!(FullName::parse(text).expect("a name").as_str(), name, "{text:?}");
        }
    }

    #[test]
    fn a_name_of_several_lines_is_refused() {
        for text in
            ["Anna\r\nBcc: all@example.com", "Anna\0Petrova", "a\u{7f}b", "a\u{85}b", "a\u{2028}b", "a\u{2029}b"]
        {
            let error = FullName::parse(text).expect_err("not a line");
            assert_eq!(error.code(), Code::FullNameNotALine, "{text:?}");
        }
    }

    #[test]
    fn a_name_has_at_most_two_hundred_characters_not_bytes() {
        assert!(FullName::parse(&"ж".repeat(200)).is_ok());
        let error = FullName::parse(&"ж".repeat(201)).expect_err("too long");
        assert_eq!(error.code(), Code::FullNameTooLong);
        assert_eq!(error, FullNameError::TooLong { length: 201 });
    }

    #[test]
    fn a_name_from_the_log_is_not_judged_again() {
        let long = serde_json::json!("x".repeat(1_000));
        let name: FullName = serde_json::from_value(long.clone()).expect("still a name");
        assert_eq!(serde_json::to_value(&name).expect("json"), long);
    }
}
