use super::Name;
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Made.
    Created {
        /// For whom.
        owner: UserId,
        /// Unique per owner.
        name: Name,
    },
    /// Called otherwise.
    Renamed {
        /// The new name.
        name: Name,
    },
    /// Removed; its clients stayed.
    Deleted,
}
