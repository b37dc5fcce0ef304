use super::Content;
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Written: revision 1.
    Created {
        /// For whom.
        owner: UserId,
        /// What it says.
        content: Content,
    },
    /// Edited: the next revision.
    Revised {
        /// What it says now.
        content: Content,
    },
    /// Everybody who is signed in may read and use it from now on.
    Shared,
    /// Its owner's alone again.
    Unshared,
    /// Removed.
    Deleted,
}
