//! What is to be sent, to whom and when.

use super::Error;
use crate::{ClientId, GroupId, MessageId, Periodicity, TimeZone, Window, WindowPhase};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest name of a mailing, in characters.
pub const MAX_NAME: usize = 200;

/// A mailing's name: trimmed, one line, not empty, at most [`MAX_NAME`] characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Who gets the letter: single clients and whole groups, each client once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Single clients.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub clients: BTreeSet<ClientId>,
    /// Everybody who belongs to these groups when a run starts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<GroupId>,
}

impl Audience {
    /// Whether nobody is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.groups.is_empty()
    }
}

/// The plan of a mailing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// For people.
    pub name: Name,
    /// The letter.
    pub message: MessageId,
    /// The recipients.
    pub audience: Audience,
    /// When letters may go out.
    pub window: Window,
    /// How often a run starts within the window.
    pub periodicity: Periodicity,
    /// In which zone the periodicity counts.
    pub time_zone: TimeZone,
}

impl Plan {
    /// What a plan must be at the moment it is made.
    pub(super) fn check(&self, now: DateTime<Utc>) -> Result<(), Error> {
        if self.audience.is_empty() {
            return Err(Error::AudienceEmpty);
        }
        if self.window.phase(now) == WindowPhase::Ended {
            return Err(Error::WindowEnded { end: self.window.end() });
        }
        if self.periodicity.next(&self.window, self.time_zone, None).is_none() {
            return Err(Error::NeverDue);
        }
        Ok(())
    }
}
