//! An import: a file of clients that was brought into an address book, and can be taken back as a whole.
//!
//! What it did stands in the streams of the clients, with the import as the correlation of their events; this stream says from when
//! to when that went on, and whether it was taken back.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use serde::{Deserialize, Serialize};

/// Which rows of a file are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Clients who are not there are added. Those who are there stay as they are.
    #[default]
    Add,
    /// Clients who are there get what the file says of them. Nobody is added.
    Update,
    /// Both.
    AddAndUpdate,
}

impl Mode {
    /// All modes that there are.
    pub const ALL: [Self; 3] = [Self::Add, Self::Update, Self::AddAndUpdate];

    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::AddAndUpdate => "add_and_update",
        }
    }

    /// The mode that is stored under this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Whether clients who are not there are added.
    #[must_use]
    pub fn adds(self) -> bool {
        self != Self::Update
    }

    /// Whether clients who are there get what the file says of them.
    #[must_use]
    pub fn updates(self) -> bool {
        self != Self::Add
    }
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// How many rows the file had.
    pub rows: u64,
    /// How many clients were added.
    pub added: u64,
    /// How many clients were changed.
    pub updated: u64,
    /// How many rows changed nothing.
    pub unchanged: u64,
    /// How many rows could not be taken.
    pub bad: u64,
}

/// What taking an import back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// How many of the clients that it added were removed.
    pub removed: u64,
    /// How many of those that it changed are as they were.
    pub restored: u64,
    /// How many stay as they are, as a whole or in part, because others have changed them since.
    pub left: u64,
}

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
