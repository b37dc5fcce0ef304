//! A subscription: that somebody asked for an owner's letters with the public form, and confirmed it by the link in a letter.
//!
//! It is the evidence of both. What came of it stands in the stream of the client, whose consents name it as their source, and goes on
//! there: whoever leaves later changes nothing here.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::aggregate::aggregate;
use crate::client::MAX_WORDING;
use crate::{ClientId, Decide, EmailAddress, FullName, GroupId, Language, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How long a wish can be confirmed.
pub const OPEN_FOR: TimeDelta = TimeDelta::days(7);

/// How many topics one wish may name: their titles are in the words that are agreed to, and in the letter.
pub const MAX_TOPICS: usize = 15;

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

/// The state of a subscription's stream. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Subscription {
    /// Nobody asked for anything under this id.
    #[default]
    Absent,
    /// Somebody asked. Whoever has the letter confirms it, for as long as the wish is open.
    Requested(Wish),
    /// It was confirmed.
    Confirmed {
        /// What was asked for.
        wish: Wish,
        /// The client who gets the letters.
        client: ClientId,
    },
}

aggregate!(Subscription, "subscription", Command, Error, Event { Requested, Confirmed });

impl Wish {
    /// Whether nobody can confirm it at that moment any more.
    #[must_use]
    pub fn has_expired(&self, at: DateTime<Utc>) -> bool {
        at > self.at + OPEN_FOR
    }

    fn check(&self) -> Result<(), Error> {
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

impl Subscription {
    /// What was asked for; `None` if nothing was.
    #[must_use]
    pub fn wish(&self) -> Option<&Wish> {
        match self {
            Self::Absent => None,
            Self::Requested(wish) | Self::Confirmed { wish, .. } => Some(wish),
        }
    }
}

impl Decide for Subscription {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Request(wish)) => {
                wish.check()?;
                Ok(vec![Event::Requested(wish)])
            }
            (Self::Requested(_) | Self::Confirmed { .. }, Command::Request(_)) => Err(Error::AlreadyExists),
            (Self::Absent, Command::Confirm { .. }) => Err(Error::NotFound),
            (Self::Requested(wish), Command::Confirm { at, .. }) if wish.has_expired(at) => Err(Error::Expired),
            (Self::Requested(_), Command::Confirm { at, address, client }) => {
                Ok(vec![Event::Confirmed { at, address, client }])
            }
            // Confirming twice is confirming once: whoever has left meanwhile is not brought back by an old letter.
            (Self::Confirmed { .. }, Command::Confirm { .. }) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: Event) {
        *self = match (std::mem::take(self), event) {
            (Self::Absent, Event::Requested(wish)) => Self::Requested(wish),
            (Self::Requested(wish), Event::Confirmed { client, .. }) => Self::Confirmed { wish, client },
            (state, _) => state,
        };
    }
}

/// Refuses a wish that names no topic, or too many.
pub fn check_topics(chosen: usize) -> Result<(), Error> {
    match chosen {
        0 => Err(Error::TopicsMissing),
        1..=MAX_TOPICS => Ok(()),
        _ => Err(Error::TopicsTooMany { chosen }),
    }
}
