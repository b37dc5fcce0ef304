use super::{Filter, Name};
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The segment was made.
    Created {
        /// The owner of the segment.
        owner: UserId,
        /// The segment's name, which no other segment of the owner has.
        name: Name,
        /// Who passes it.
        filter: Filter,
    },
    /// The segment changed.
    Changed {
        /// The new name; `None` if it stayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Name>,
        /// Who passes it from now on; `None` if that stayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<Filter>,
    },
    /// The segment was removed.
    Deleted,
}
