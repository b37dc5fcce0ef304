//! Which rows of a file an import takes.

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
