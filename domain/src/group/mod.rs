//! A group: a named set of one user's clients. Who belongs to it is written in the clients' streams, so a group of a
//! million clients is no hot stream.

mod command;
mod error;
mod event;
mod name;
#[cfg(test)]
mod tests;
mod topic;

pub use command::Command;
pub use error::Error;
pub use event::Event;
pub use name::{MAX_NAME, Name};
pub use topic::{Description, MAX_DESCRIPTION, Topic};

use crate::aggregate::aggregate;
use crate::{Claim, Decide, UserId};
use serde::{Deserialize, Serialize};

/// The state of a group's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Group {
    /// Nothing was created under this id.
    #[default]
    Absent,
    /// There it is.
    Present {
        /// Whose.
        owner: UserId,
        /// Unique per owner.
        name: Name,
        /// What it is in public; `None` if it is its owner's alone.
        #[serde(default)]
        topic: Option<Topic>,
    },
    /// Was there.
    Deleted {
        /// Whose it was.
        owner: UserId,
    },
}

aggregate!(Group, "group", Command, Error, Event { Created, Renamed, Published, Unpublished, Deleted });

impl Decide for Group {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Create { owner, name }) => Ok(vec![Event::Created { owner, name }]),
            (_, Command::Create { .. }) => Err(Error::AlreadyExists),
            (Self::Present { owner, name: old, .. }, Command::Rename { by, name }) if *owner == by => {
                if *old == name {
                    Ok(vec![])
                } else {
                    Ok(vec![Event::Renamed { name }])
                }
            }
            (Self::Present { owner, topic: old, .. }, Command::Publish { by, topic }) if *owner == by => {
                Ok(if old.as_ref() == Some(&topic) { vec![] } else { vec![Event::Published(topic)] })
            }
            (Self::Present { owner, topic, .. }, Command::Unpublish { by }) if *owner == by => {
                Ok(if topic.is_some() { vec![Event::Unpublished] } else { vec![] })
            }
            (Self::Present { owner, .. }, Command::Delete { by }) if *owner == by => Ok(vec![Event::Deleted]),
            (Self::Deleted { owner }, Command::Delete { by }) if *owner == by => Ok(vec![]),
            (
                _,
                Command::Rename { .. } | Command::Publish { .. } | Command::Unpublish { .. } | Command::Delete { .. },
            ) => Err(Error::NotFound),
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Created { owner, name }) => *self = Self::Present { owner, name, topic: None },
            (Self::Present { name, .. }, Event::Renamed { name: new }) => *name = new,
            (Self::Present { topic, .. }, Event::Published(published)) => *topic = Some(published),
            (Self::Present { topic, .. }, Event::Unpublished) => *topic = None,
            (Self::Present { owner, .. }, Event::Deleted) => *self = Self::Deleted { owner: *owner },
            (Self::Absent | Self::Deleted { .. }, _) => {}
        }
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Present { owner, name, .. } => vec![name_claim(*owner, name)],
            Self::Absent | Self::Deleted { .. } => vec![],
        }
    }

    fn claimed(claim: &Claim) -> Option<Error> {
        Some(Error::NameTaken { name: claim.value.clone() })
    }
}

/// The claim that keeps a name unique among one owner's groups.
#[must_use]
pub fn name_claim(owner: UserId, name: &Name) -> Claim {
    Claim::new("group-name", owner.to_string(), name.key())
}
