//! Languages.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A language that the service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Language {
    /// All languages.
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
    let noun = match (count % 10, count % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        _ => many,
    };
    format!("{count} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_chooses_the_form_of_its_noun() {
        for (count, expected) in [
            (0, "0 дней"),
            (1, "1 день"),
            (2, "2 дня"),
            (4, "4 дня"),
            (5, "5 дней"),
            (11, "11 дней"),
            (12, "12 дней"),
            (14, "14 дней"),
            (20, "20 дней"),
            (21, "21 день"),
            (22, "22 дня"),
            (101, "101 день"),
            (111, "111 дней"),
            (112, "112 дней"),
            (1_024, "1024 дня"),
        ] {
            assert_eq!(counted_in_russian(count, ["день", "дня", "дней"]), expected);
        }
    }
}
