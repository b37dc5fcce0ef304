use super::Name;
use crate::UserId;

/// What can be asked of a group.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes the group.
    Create {
        /// The owner of the group.
        owner: UserId,
        /// The group's name, which no other group of the owner has.
        name: Name,
    },
    /// Gives the group another name.
    Rename {
        /// The user who asks.
        by: UserId,
        /// The new name, which no other group of the owner has.
        name: Name,
    },
    /// Removes the group; its clients stay.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
