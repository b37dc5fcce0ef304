//! A custom field: a field of an owner's own that their clients have beside name and address, such as a city.
//!
//! Letters fill it in (`{{city}}`), files bring it in, and segments ask for it. What a client has is kept with the client, under the
//! field's key and with its kind ([`Value`]), so that a letter that was promised says the same whatever becomes of the field. A field
//! that is removed is shown nowhere, and its values stay with the clients: defined anew with the same key and kind it shows them again.

mod command;
mod error;
mod event;
mod key;
mod kind;
mod label;
#[cfg(test)]
mod tests;
mod value;

pub use command::Command;
pub use error::Error;
pub use event::Event;
pub use key::{Key, MAX_KEY};
pub use kind::Kind;
pub use label::{Label, MAX_LABEL};
pub use value::{MAX_TEXT, Number, Value};

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use serde::{Deserialize, Serialize};

/// The most fields that an owner may have.
pub const MAX_FIELDS: usize = 50;

/// The state of a custom field's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum CustomField {
    /// Nobody has defined it.
    #[default]
    Absent,
    /// The owner's clients have it.
    Defined(Definition),
    /// It was removed. Its values stay with the clients.
    Removed {
        /// Whose it was.
        owner: UserId,
    },
}

/// What a custom field is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Whose clients have it.
    pub owner: UserId,
    /// What letters, files and programs call it. It never changes.
    pub key: Key,
    /// What people see.
    pub label: Label,
    /// Of which kind its values are. It never changes while the field is there.
    pub kind: Kind,
}

aggregate!(CustomField, "custom_field", Command, Error, Event { Defined, Renamed, Removed });

impl CustomField {
    /// What it is, if it is there.
    #[must_use]
    pub fn definition(&self) -> Option<&Definition> {
        match self {
            Self::Defined(definition) => Some(definition),
            Self::Absent | Self::Removed { .. } => None,
        }
    }

    fn owned_by(&self, by: UserId) -> Result<&Definition, Error> {
        self.definition().filter(|definition| definition.owner == by).ok_or(Error::NotFound)
    }
}

impl Decide for CustomField {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Define { owner, key, label, kind } => match self {
                Self::Defined(_) => Err(Error::KeyTaken { key: key.to_string() }),
                Self::Absent | Self::Removed { .. } => Ok(vec![Event::Defined { owner, key, label, kind }]),
            },
            Command::Rename { by, label } => {
                let same = self.owned_by(by)?.label == label;
                Ok(if same { vec![] } else { vec![Event::Renamed { label }] })
            }
            Command::Remove { by } => match self {
                Self::Removed { owner } if *owner == by => Ok(vec![]),
                _ => self.owned_by(by).map(|_| vec![Event::Removed]),
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Defined { owner, key, label, kind }) => {
                *self = Self::Defined(Definition { owner, key, label, kind });
            }
            (Self::Defined(definition), Event::Renamed { label }) => definition.label = label,
            (Self::Defined(definition), Event::Removed) => *self = Self::Removed { owner: definition.owner },
            (Self::Absent | Self::Removed { .. }, _) => {}
        }
    }
}
