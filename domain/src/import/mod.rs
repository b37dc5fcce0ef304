//! An import: a file of clients that was brought into an address book, and can be taken back as a whole.
//!
//! What it did stands in the streams of the clients, with the import as the correlation of their events; this stream says from when
//! to when that went on, and whether it was taken back.

mod command;
mod done;
mod error;
mod event;
mod mode;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use done::{Done, TakenBack};
pub use error::Error;
pub use event::Event;
pub use mode::Mode;

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use serde::{Deserialize, Serialize};

/// The state of an import's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Import {
    /// Nothing was begun under this id.
    #[default]
    Absent,
    /// It has begun. If it goes on no longer, it broke off, and what it did until then stays.
    Begun {
        /// Whose address book it is.
        owner: UserId,
    },
    /// The file was read to its end.
    Finished {
        /// Whose address book it is.
        owner: UserId,
        /// What was done.
        done: Done,
    },
    /// Somebody takes it back.
    TakingBack {
        /// Whose address book it is.
        owner: UserId,
    },
    /// It was taken back.
    TakenBack {
        /// Whose address book it is.
        owner: UserId,
    },
}

aggregate!(Import, "import", Command, Error, Event { Begun, Finished, UndoBegun, Undone });

impl Import {
    /// Whose address book it is; `None` if there is no such import.
    #[must_use]
    pub fn owner(&self) -> Option<UserId> {
        match self {
            Self::Absent => None,
            Self::Begun { owner }
            | Self::Finished { owner, .. }
            | Self::TakingBack { owner }
            | Self::TakenBack { owner } => Some(*owner),
        }
    }

    fn owned_by(&self, by: UserId) -> Result<(), Error> {
        if self.owner() == Some(by) { Ok(()) } else { Err(Error::NotFound) }
    }
}

impl Decide for Import {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Begin { owner, file, mode } => match self {
                Self::Absent => Ok(vec![Event::Begun { owner, file, mode }]),
                _ => Err(Error::AlreadyExists),
            },
            Command::Finish { done } => match self {
                Self::Begun { .. } => Ok(vec![Event::Finished(done)]),
                // Whoever did not hear of its end has brought it to another one, and there was more to do.
                Self::Finished { done: told, .. } if *told != done => Ok(vec![Event::Finished(done)]),
                Self::Absent => Err(Error::NotFound),
                // Whoever takes it back has been faster than the end of the file, which is told to nobody any more.
                Self::Finished { .. } | Self::TakingBack { .. } | Self::TakenBack { .. } => Ok(vec![]),
            },
            Command::BeginUndo { by } => {
                self.owned_by(by)?;
                match self {
                    Self::Begun { .. } | Self::Finished { .. } => Ok(vec![Event::UndoBegun]),
                    // A process that died is followed by another one.
                    Self::Absent | Self::TakingBack { .. } => Ok(vec![]),
                    Self::TakenBack { .. } => Err(Error::TakenBack),
                }
            }
            Command::FinishUndo { done } => match self {
                Self::TakingBack { .. } => Ok(vec![Event::Undone(done)]),
                Self::TakenBack { .. } => Ok(vec![]),
                Self::Absent | Self::Begun { .. } | Self::Finished { .. } => Err(Error::NotFound),
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        match (self.owner(), event) {
            (None, Event::Begun { owner, .. }) => *self = Self::Begun { owner },
            (Some(owner), Event::Finished(done)) => *self = Self::Finished { owner, done },
            (Some(owner), Event::UndoBegun) => *self = Self::TakingBack { owner },
            (Some(owner), Event::Undone(_)) => *self = Self::TakenBack { owner },
            (None, _) | (Some(_), Event::Begun { .. }) => {}
        }
    }
}
