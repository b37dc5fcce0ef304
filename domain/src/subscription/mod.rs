//! A subscription: that somebody asked for an owner's letters with the public form, and confirmed it by the link in a letter.
//!
//! It is the evidence of both. What came of it stands in the stream of the client, whose consents name it as their source, and goes on
//! there: whoever leaves later changes nothing here.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;
mod wish;

pub use command::Command;
pub use error::Error;
pub use event::Event;
pub use wish::{MAX_TOPICS, OPEN_FOR, Wish, check_topics};

use crate::aggregate::aggregate;
use crate::{ClientId, Decide};
use serde::{Deserialize, Serialize};

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
