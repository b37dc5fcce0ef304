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
    /// All scopes that there are.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The scope's name, as it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
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
