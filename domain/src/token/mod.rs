//! An API token: what a program shows to act for its owner. Its secret is in no event.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, Revocation, Scope};

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use serde::{Deserialize, Serialize};

/// The state of a token's stream. A token is also over when its time has passed and when its owner is blocked, of which the
/// owner's stream tells: neither needs an event of each token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Token {
    /// No token was made under this id, or it was before tokens left events.
    #[default]
    Absent,
    /// The token lets programs in.
    Valid {
        /// The owner of the token.
        owner: UserId,
    },
    /// The token was revoked. Nothing leads out of this state.
    Revoked {
        /// The owner of the token.
        owner: UserId,
    },
}

aggregate!(Token, "token", Command, Error, Event { Created, Revoked });

impl Decide for Token {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Create { owner, name, scope, expires_at }) => {
                Ok(vec![Event::Created { owner, name, scope, expires_at }])
            }
            (_, Command::Create { .. }) => Err(Error::AlreadyExists),
            // One from before tokens left events is revoked like any other.
            (Self::Absent, Command::Revoke { owner, why }) => Ok(vec![Event::Revoked { owner, why }]),
            (Self::Valid { owner }, Command::Revoke { why, .. }) => Ok(vec![Event::Revoked { owner: *owner, why }]),
            (Self::Revoked { .. }, Command::Revoke { .. }) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: Event) {
        match event {
            Event::Created { owner, .. } => *self = Self::Valid { owner },
            Event::Revoked { owner, .. } => *self = Self::Revoked { owner },
        }
    }
}
