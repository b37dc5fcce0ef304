//! A notice: a letter of the service itself to one person, such as the one with the link that proves an address.
//!
//! Secrets are in no event: the link in a letter is made at the moment of sending.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, Kind};

use crate::aggregate::aggregate;
use crate::{Decide, EmailAddress, FullName, Language, UserId};
use serde::{Deserialize, Serialize};

/// Whom a notice is for, and what about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Whose account it is about.
    pub user: UserId,
    /// What about.
    pub kind: Kind,
    /// Where it goes.
    pub to: EmailAddress,
    /// The addressee's name.
    pub full_name: FullName,
    /// In which language.
    pub language: Language,
}

/// The state of a notice's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// Nobody asked for it.
    #[default]
    Absent,
    /// To be sent.
    Waiting(Request),
}

aggregate!(Notice, "notice", Command, Error, Event { Requested });

impl Decide for Notice {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Request(request)) => Ok(vec![Event::Requested(request)]),
            (Self::Waiting(_), Command::Request(_)) => Err(Error::AlreadyRequested),
        }
    }

    fn evolve(&mut self, event: Event) {
        match event {
            Event::Requested(request) => *self = Self::Waiting(request),
        }
    }
}
