use super::{Name, Topic};
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
    /// Makes the group a topic, or another one than before.
    Publish {
        /// The user who asks.
        by: UserId,
        /// What people are told who can subscribe to it.
        topic: Topic,
    },
    /// Makes the group no topic any more.
    Unpublish {
        /// The user who asks.
        by: UserId,
    },
    /// Removes the group; its clients stay.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
