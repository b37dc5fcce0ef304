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
