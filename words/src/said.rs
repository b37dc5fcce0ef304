//! A sentence in every language that the service speaks.

use crate::Sentence;
use domain::Language;
use std::fmt;

/// What is said in every language, for whoever does not know yet whom it is for. Its `Display` is English, for the log and the
/// command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said([String; Language::ALL.len()]);

impl Said {
    /// The sentence in one language.
    #[must_use]
    pub fn to(&self, language: Language) -> &str {
        &self.0[language as usize]
    }

    /// The sentence in this language alone.
    #[must_use]
    pub fn into_language(self, language: Language) -> String {
        let mut all = self.0;
        std::mem::take(&mut all[language as usize])
    }
}

impl<S: Sentence> From<S> for Said {
    fn from(sentence: S) -> Self {
        Self(Language::ALL.map(|language| sentence.told(language)))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to(Language::En))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::user;

    #[test]
    fn what_is_said_in_all_languages_is_what_is_told_in_each() {
        let said = Said::from(user::Error::NotFound);
        for language in Language::ALL {
            assert_eq!(said.to(language), user::Error::NotFound.told(language));
            assert_eq!(said.clone().into_language(language), said.to(language));
        }
        assert_eq!(said.to_string(), "there is no such user");
    }
}
