//! Languages.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A language that the service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// The language is English.
    #[default]
    En,
    /// The language is Russian.
    Ru,
}

impl Language {
    /// All languages in which the service speaks.
    pub const ALL: [Self; 2] = [Self::En, Self::Ru];

    /// The tag (BCP 47) under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A tag that is no language's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service does not speak {0:?}; it speaks en and ru")]
pub struct LanguageUnknown(String);

impl FromStr for Language {
    type Err = LanguageUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|language| language.name() == text).ok_or_else(|| LanguageUnknown(text.to_owned()))
    }
}

/// A number with its noun, which has three forms in Russian: for 1, for 2 and for 5, such as `["день", "дня", "дней"]`.
#[must_use]
pub fn counted_in_russian(count: u64, [one, few, many]: [&str; 3]) -> String {
    format!("{count} {}", plural(count, one, few, many))
}

/// The form of a Russian word that stands after `number`: 1 письмо, 2 письма, 5 писем. The teens are many, whatever they end in.
#[must_use]
pub fn plural<'a>(number: u64, one: &'a str, few: &'a str, many: &'a str) -> &'a str {
    match (number % 10, number % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        _ => many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_russian_word_has_three_forms_after_a_number() {
        for (number, expected) in [
            (0, "писем"),
            (1, "письмо"),
            (2, "письма"),
            (4, "письма"),
            (5, "писем"),
            (11, "писем"),
            (12, "писем"),
            (14, "писем"),
            (20, "писем"),
            (21, "письмо"),
            (34, "письма"),
            (100, "писем"),
            (101, "письмо"),
            (111, "писем"),
            (1_000_003, "письма"),
        ] {
            assert_eq!(plural(number, "письмо", "письма", "писем"), expected, "{number}");
            let counted = counted_in_russian(number, ["письмо", "письма", "писем"]);
            assert_eq!(counted, format!("{number} {expected}"));
        }
    }
}
