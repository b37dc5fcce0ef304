//! What somebody asked for with the public form.

use super::error::Error;
use crate::client::MAX_WORDING;
use crate::{EmailAddress, FullName, GroupId, Language, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How long a wish can be confirmed.
pub const OPEN_FOR: TimeDelta = TimeDelta::days(7);

/// How many topics one wish may name: their titles are in the words that are agreed to, and in the letter.
pub const MAX_TOPICS: usize = 15;

/// Refuses a wish that names no topic, or too many.
pub fn check_topics(chosen: usize) -> Result<(), Error> {
    match chosen {
        0 => Err(Error::TopicsMissing),
        1..=MAX_TOPICS => Ok(()),
        _ => Err(Error::TopicsTooMany { chosen }),
    }
}

/// What somebody asked for, as they were told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Whose letters.
    pub owner: UserId,
    /// The address that they are to go to, as it was typed. Whose it is, is not known yet.
    pub email: EmailAddress,
    /// The name that was typed with it; empty if there was none.
    #[serde(default, skip_serializing_if = "FullName::is_empty")]
    pub full_name: FullName,
    /// The topics.
    pub topics: BTreeSet<GroupId>,
    /// The words that were agreed to.
    pub wording: String,
    /// The language of these words.
    pub language: Language,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The network address that it was asked from; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

impl Wish {
    /// Whether nobody can confirm it at that moment any more.
    #[must_use]
    pub fn has_expired(&self, at: DateTime<Utc>) -> bool {
        at > self.at + OPEN_FOR
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_topics(self.topics.len())?;
        let length = self.wording.chars().count();
        if self.wording.trim().is_empty() {
            Err(Error::WordingEmpty)
        } else if length > MAX_WORDING {
            Err(Error::WordingTooLong { length })
        } else {
            Ok(())
        }
    }
}
