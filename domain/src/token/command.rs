use super::{Revocation, Scope};
use crate::UserId;
use chrono::{DateTime, Utc};

/// What can be asked of a token.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes the token.
    Create {
        /// The owner of the token.
        owner: UserId,
        /// The name by which its owner knows the token again.
        name: String,
        /// What the token lets its holder do.
        scope: Scope,
        /// The moment at which the token ends.
        expires_at: DateTime<Utc>,
    },
    /// Ends the token before its time.
    Revoke {
        /// The owner of the token.
        owner: UserId,
        /// The reason for it.
        why: Revocation,
    },
}
