//! A session: what somebody holds who has logged in. Its secret is in no event; who holds it is known to them alone.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{End, Event};

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use serde::{Deserialize, Serialize};

/// The state of a session's stream. A session is also over when its time has passed and when its user is blocked, of which the
/// user's stream tells: neither needs an event of each session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Session {
    /// Nobody logged in under this id, or it was before log-ins left events.
    #[default]
    Absent,
    /// Somebody is logged in.
    Open {
        /// The user who is.
        user: UserId,
    },
    /// The session was ended. Nothing leads out of this state.
    Ended {
        /// The user who was logged in.
        user: UserId,
    },
}

aggregate!(Session, "session", Command, Error, Event { Begun, Ended });

impl Decide for Session {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Begin { user, expires_at }) => Ok(vec![Event::Begun { user, expires_at }]),
            (_, Command::Begin { .. }) => Err(Error::AlreadyExists),
            // One from before log-ins left events is ended like any other.
            (Self::Absent, Command::End { user, how }) => Ok(vec![Event::Ended { user, how }]),
            (Self::Open { user }, Command::End { how, .. }) => Ok(vec![Event::Ended { user: *user, how }]),
            (Self::Ended { .. }, Command::End { .. }) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: Event) {
        match event {
            Event::Begun { user, .. } => *self = Self::Open { user },
            Event::Ended { user, .. } => *self = Self::Ended { user },
        }
    }
}
