//! What letters, files and programs call a custom field.

use super::Error;
use crate::letter::MERGE_FIELDS;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest key, in characters.
pub const MAX_KEY: usize = 40;

/// The key of a custom field: lower-case letters of any script, digits and `_`, beginning with a letter, at most [`MAX_KEY`]
/// characters, and no name that a letter or a column of a file has for something else.
///
/// Reading it back from an event does not judge it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

/// What columns of files, and places in letters, are called beside the merge fields.
const RESERVED: [&str; 10] =
    ["name", "middle_name", "groups", "group", "consent", "consent_at", "id", "subject", "preferences_url", "sender"];

impl Key {
    /// Reads a key. Case does not matter, and blanks and hyphens between words become `_`: "Favourite city" is `favourite_city`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let invalid = || Error::KeyInvalid { key: text.chars().take(MAX_KEY + 1).collect() };
        let mut key = String::new();
        for word in text.split(|sign: char| sign.is_whitespace() || sign == '-').filter(|word| !word.is_empty()) {
            if !key.is_empty() {
                key.push('_');
            }
            key.push_str(&word.to_lowercase());
        }
        if !key.starts_with(char::is_alphabetic)
            || !key.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
            || key.chars().count() > MAX_KEY
        {
            return Err(invalid());
        }
        if MERGE_FIELDS.contains(&key.as_str()) || RESERVED.contains(&key.as_str()) {
            return Err(Error::KeyReserved { key });
        }
        Ok(Self(key))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
