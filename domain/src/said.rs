//! A sentence, or a part of one, in every language that the service speaks.

use crate::Language;
use std::borrow::Cow;
use std::fmt;

/// The same words in each language, written side by side where they are thought of. Its `Display` is English, for the
/// log and the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The sentence in English.
    pub en: Cow<'static, str>,
    /// The sentence in Russian.
    pub ru: Cow<'static, str>,
}

impl Said {
    /// Words in which nothing is filled in.
    #[must_use]
    pub const fn new(en: &'static str, ru: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), ru: Cow::Borrowed(ru) }
    }

    /// Words in which something is filled in.
    #[must_use]
    pub fn filled(en: String, ru: String) -> Self {
        Self { en: en.into(), ru: ru.into() }
    }

    /// The words in a language.
    #[must_use]
    pub fn to(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ru => &self.ru,
        }
    }

    /// The sentence in this language alone.
    #[must_use]
    pub fn into_language(self, language: Language) -> String {
        match language {
            Language::En => self.en.into_owned(),
            Language::Ru => self.ru.into_owned(),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}
