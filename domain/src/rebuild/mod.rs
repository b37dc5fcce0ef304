//! A rebuild: somebody has a read model filled anew from the log.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::Decide;
use crate::aggregate::aggregate;
use serde::{Deserialize, Serialize};

/// The state of a rebuild's stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rebuild {
    /// Nobody has begun the rebuild.
    #[default]
    Absent,
    /// The tables are being filled. After a crash the stream stays here: the next rebuild of the read model goes on with the
    /// tables under an id of its own.
    Running,
    /// The rebuild has put its tables in place, or was stopped by an error. Nothing leads out of this state.
    Ended,
}

aggregate!(Rebuild, "rebuild", Command, Error, Event { Begun, Finished, Failed });

impl Decide for Rebuild {
    const COURSE: bool = true;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Begin { projection }) => Ok(vec![Event::Begun { projection }]),
            (_, Command::Begin { .. }) => Err(Error::AlreadyExists),
            (Self::Running, Command::Finish { events }) => Ok(vec![Event::Finished { events }]),
            (Self::Running, Command::Fail { reason }) => Ok(vec![Event::Failed { reason }]),
            (Self::Ended, Command::Finish { .. } | Command::Fail { .. }) => Ok(vec![]),
            (Self::Absent, Command::Finish { .. } | Command::Fail { .. }) => Err(Error::NotFound),
        }
    }

    fn evolve(&mut self, event: Event) {
        *self = match event {
            Event::Begun { .. } => Self::Running,
            Event::Finished { .. } | Event::Failed { .. } => Self::Ended,
        };
    }
}
