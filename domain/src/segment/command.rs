use super::{Filter, Name};
use crate::UserId;

/// What can be asked of a segment.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes the segment.
    Create {
        /// The owner of the segment.
        owner: UserId,
        /// The segment's name, which no other segment of the owner has.
        name: Name,
        /// Who passes it. The caller has found what it names to be the owner's.
        filter: Filter,
    },
    /// Changes the segment; what is `None` stays.
    Change {
        /// The user who asks.
        by: UserId,
        /// The new name.
        name: Option<Name>,
        /// Who passes it from now on.
        filter: Option<Filter>,
    },
    /// Removes the segment; nothing happens to the clients who pass it.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
