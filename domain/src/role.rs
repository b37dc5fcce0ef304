//! Roles.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a user may do beyond owning mailings. Roles are a set; a user without one is an ordinary owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A manager watches over all mailings and users.
    Manager,
    /// A content manager writes the blog.
    ContentManager,
    /// An administrator grants roles and rebuilds projections.
    Administrator,
}

impl Role {
    /// All roles that there are.
    pub const ALL: [Self; 3] = [Self::Manager, Self::ContentManager, Self::Administrator];

    /// The name under which the role is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::ContentManager => "content_manager",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no role's.
#[derive(Debug, thiserror::Error)]
#[error("there is no role {0:?}; there are manager, content_manager and administrator")]
pub struct RoleUnknown(String);

impl FromStr for Role {
    type Err = RoleUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| RoleUnknown(text.to_owned()))
    }
}
