use super::Name;
use crate::UserId;

/// What can be asked of a group.
#[derive(Clone, Debug)]
pub enum Command {
    /// Make it.
    Create {
        /// For whom.
        owner: UserId,
        /// Unique per owner.
        name: Name,
    },
    /// Call it otherwise.
    Rename {
        /// Who asks.
        by: UserId,
        /// The new name.
        name: Name,
    },
    /// Remove it; its clients stay.
    Delete {
        /// Who asks.
        by: UserId,
    },
}
