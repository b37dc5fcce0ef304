//! What recipients are told of a group that is a topic.

use super::error::Error;
use super::name::Name;
use serde::{Deserialize, Serialize};

/// The longest description of a topic, in characters.
pub const MAX_DESCRIPTION: usize = 500;

/// What a group is to people who can subscribe to it by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// What it is called in public, which may be another name than the owner's own.
    pub title: Name,
    /// What those get who subscribe; it may be empty.
    #[serde(default, skip_serializing_if = "Description::is_empty")]
    pub description: Description,
}

/// What those get who subscribe to a topic: at most [`MAX_DESCRIPTION`] characters without control characters but line breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Description(String);

impl Description {
    /// Reads a description. Control characters other than line breaks are left out.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text: String = text.trim().chars().filter(|sign| !sign.is_control() || *sign == '\n').collect();
        let length = text.chars().count();
        if length > MAX_DESCRIPTION { Err(Error::DescriptionTooLong { length }) } else { Ok(Self(text)) }
    }

    /// The description as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
