//! What a custom field is called.

use super::error::Error;
use serde::{Deserialize, Serialize};

/// The longest label, in characters.
pub const MAX_LABEL: usize = 100;

/// What people see as the name of a field: one line, not empty, at most [`MAX_LABEL`] characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    /// Reads a label.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let length = text.chars().count();
        if text.is_empty() {
            Err(Error::LabelEmpty)
        } else if length > MAX_LABEL {
            Err(Error::LabelTooLong { length })
        } else if text.chars().any(char::is_control) {
            Err(Error::LabelNotALine)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
