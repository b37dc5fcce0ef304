//! A segment: a saved filter over one user's clients.
//!
//! Who passes it is found out whenever somebody asks: for a list, for a count, and when a run starts, whose recipients are what was
//! found then.

mod command;
mod error;
mod event;
mod filter;
#[cfg(test)]
mod tests;

pub use crate::group::Name;
pub use command::Command;
pub use error::Error;
pub use event::Event;
pub use filter::{Condition, Filter, Join, MAX_CONDITIONS, MAX_DAYS, MAX_NEEDLE, Test, TextOf, TextTest, ValueTest};

use crate::aggregate::aggregate;
use crate::{Claim, Decide, UserId};
use serde::{Deserialize, Serialize};

/// The state of a segment's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Segment {
    /// Nothing was created under this id.
    #[default]
    Absent,
    /// There it is.
    Present {
        /// Whose clients it is over.
        owner: UserId,
        /// Unique per owner.
        name: Name,
        /// Who passes it.
        filter: Filter,
    },
    /// It was there.
    Deleted {
        /// Whose it was.
        owner: UserId,
    },
}

aggregate!(Segment, "segment", Command, Error, Event { Created, Changed, Deleted });

impl Decide for Segment {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Create { owner, name, filter }) => {
                filter.check()?;
                Ok(vec![Event::Created { owner, name, filter }])
            }
            (_, Command::Create { .. }) => Err(Error::AlreadyExists),
            (Self::Present { owner, name: old_name, filter: old }, Command::Change { by, name, filter })
                if *owner == by =>
            {
                let name = name.filter(|name| name != old_name);
                let filter = filter.filter(|filter| filter != old);
                if let Some(filter) = &filter {
                    filter.check()?;
                }
                let same = name.is_none() && filter.is_none();
                Ok(if same { vec![] } else { vec![Event::Changed { name, filter }] })
            }
            (Self::Present { owner, .. }, Command::Delete { by }) if *owner == by => Ok(vec![Event::Deleted]),
            (Self::Deleted { owner }, Command::Delete { by }) if *owner == by => Ok(vec![]),
            (_, Command::Change { .. } | Command::Delete { .. }) => Err(Error::NotFound),
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Created { owner, name, filter }) => *self = Self::Present { owner, name, filter },
            (Self::Present { name, filter, .. }, Event::Changed { name: new_name, filter: new }) => {
                *name = new_name.unwrap_or_else(|| name.clone());
                *filter = new.unwrap_or_else(|| filter.clone());
            }
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

/// The claim that keeps a name unique among one owner's segments.
#[must_use]
pub fn name_claim(owner: UserId, name: &Name) -> Claim {
    Claim::new("segment-name", owner.to_string(), name.key())
}
