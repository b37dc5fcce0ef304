//! What a group is called.

use super::error::Error;
use serde::{Deserialize, Serialize};

/// The longest name, in characters.
pub const MAX_NAME: usize = 100;

/// A group's name: trimmed, not empty, at most [`MAX_NAME`] characters, without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let length = text.chars().count();
        if text.is_empty() {
            Err(Error::NameEmpty)
        } else if length > MAX_NAME {
            Err(Error::NameTooLong { length })
        } else if text.chars().any(char::is_control) {
            Err(Error::NameNotALine)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared: "Friends" and "friends" are one group.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}
