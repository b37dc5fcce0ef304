use super::{Name, Topic};
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The group was made.
    Created {
        /// The owner of the group.
        owner: UserId,
        /// The group's name, which no other group of the owner has.
        name: Name,
    },
    /// The group got another name.
    Renamed {
        /// The new name.
        name: Name,
    },
    /// The group is a topic from now on, or another one than before: people can subscribe to it by themselves.
    Published(Topic),
    /// The group is no topic any more. Whoever belongs to it stays.
    Unpublished,
    /// The group was removed; its clients stayed.
    Deleted,
}
