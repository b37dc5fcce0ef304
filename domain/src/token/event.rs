use crate::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a token lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The holder may look at things.
    Read,
    /// The holder may look at things and change them.
    Write,
}

impl Scope {
    /// The scope's name, as it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The scope of this name. A name that is not known lets its holder look and not change.
    #[must_use]
    pub fn of(name: &str) -> Self {
        if name == "write" { Self::Write } else { Self::Read }
    }
}

/// Why a token ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// Its owner revoked it.
    ByOwner,
    /// The owner's password was changed or replaced: whoever knew the old one may have made the token.
    PasswordChanged,
}

/// What happened to a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The token was made.
    Created {
        /// The owner of the token.
        owner: UserId,
        /// The name by which its owner knows the token again.
        name: String,
        /// What the token lets its holder do.
        scope: Scope,
        /// The moment at which the token ends.
        expires_at: DateTime<Utc>,
    },
    /// The token was ended before its time.
    Revoked {
        /// The owner of the token.
        owner: UserId,
        /// The reason for it.
        why: Revocation,
    },
}
