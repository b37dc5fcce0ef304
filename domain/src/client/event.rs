use crate::{EmailAddress, FullName, GroupId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What happened to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Put into an address book. One event holds the groups too, so that an import writes one per client.
    Added {
        /// Whose.
        owner: UserId,
        /// Where letters go.
        email: EmailAddress,
        /// Whom they greet.
        full_name: FullName,
        /// Their first name, if it is known which of the words it is; else empty.
        #[serde(default, skip_serializing_if = "FullName::is_empty")]
        first_name: FullName,
        /// Their last name, if it is known; else empty.
        #[serde(default, skip_serializing_if = "FullName::is_empty")]
        last_name: FullName,
        /// Free text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
        /// The groups joined at once.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        groups: BTreeSet<GroupId>,
    },
    /// Some details changed; each event makes a new revision, counted from 1 at `Added`, and runs pin revisions.
    Changed {
        /// The new address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<EmailAddress>,
        /// The new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        full_name: Option<FullName>,
        /// The new first name; empty if it is not known any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_name: Option<FullName>,
        /// The new last name; empty if it is not known any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_name: Option<FullName>,
        /// The new comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Belongs to a group from now on.
    JoinedGroup {
        /// Which.
        group: GroupId,
    },
    /// Belongs to it no more.
    LeftGroup {
        /// Which.
        group: GroupId,
    },
    /// Removed from the address book.
    Deleted,
}
