//! A message: a letter with merge fields. Every edit is a new revision; a run keeps the one it started with.
//!
//! A message is its owner's alone unless it is shared: then every signed-in user may read it and use it in a mailing. For
//! everybody but its owner a message that is not shared any more is like a deleted one: runs that have started go on
//! with their revision, and no other run starts with it.

mod command;
mod content;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use crate::letter::size::MAX_BODY;
pub use command::Command;
pub use content::{Content, MAX_SUBJECT};
pub use error::Error;
pub use event::Event;

pub use crate::markdown::MAX_NESTING;

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use serde::{Deserialize, Serialize};

/// The state of a message's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// Nothing was written under this id.
    #[default]
    Absent,
    /// There it is.
    Present {
        /// Whose.
        owner: UserId,
        /// The current revision's content.
        content: Content,
        /// Counted from 1.
        revision: u32,
        /// Whether others may read and use it.
        shared: bool,
    },
    /// Was there.
    Deleted {
        /// Whose it was.
        owner: UserId,
    },
}

aggregate!(Message, "message", Command, Error, Event { Created, Revised, Shared, Unshared, Deleted });

impl Decide for Message {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Create { owner, content }) => Ok(vec![Event::Created { owner, content }]),
            (Self::Absent, Command::CreateShared { owner, content }) => {
                Ok(vec![Event::Created { owner, content }, Event::Shared])
            }
            (_, Command::Create { .. } | Command::CreateShared { .. }) => Err(Error::AlreadyExists),
            (Self::Present { owner, content: old, .. }, Command::Revise { by, content }) if *owner == by => {
                if *old == content { Ok(vec![]) } else { Ok(vec![Event::Revised { content }]) }
            }
            (Self::Present { owner, shared, .. }, Command::Share { by }) if *owner == by => {
                Ok(if *shared { vec![] } else { vec![Event::Shared] })
            }
            (Self::Present { owner, shared, .. }, Command::Unshare { by }) if *owner == by => {
                Ok(if *shared { vec![Event::Unshared] } else { vec![] })
            }
            (Self::Present { owner, .. }, Command::Delete { by }) if *owner == by => Ok(vec![Event::Deleted]),
            (Self::Deleted { owner }, Command::Delete { by }) if *owner == by => Ok(vec![]),
            (_, Command::Revise { .. } | Command::Share { .. } | Command::Unshare { .. } | Command::Delete { .. }) => {
                Err(Error::NotFound)
            }
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Created { owner, content }) => {
                *self = Self::Present { owner, content, revision: 1, shared: false };
            }
            (Self::Present { content, revision, .. }, Event::Revised { content: new }) => {
                *content = new;
                *revision += 1;
            }
            (Self::Present { shared, .. }, Event::Shared) => *shared = true,
            (Self::Present { shared, .. }, Event::Unshared) => *shared = false,
            (Self::Present { owner, .. }, Event::Deleted) => *self = Self::Deleted { owner: *owner },
            (Self::Absent | Self::Deleted { .. }, _) => {}
        }
    }
}
