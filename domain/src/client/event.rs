use crate::{EmailAddress, FullName, GroupId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What happened to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Put into an address book. One event holds the groups too, so that an import writes one per client.
    Added {
        /// The owner of the address book.
        owner: UserId,
        /// The address to which letters go.
        email: EmailAddress,
        /// The name that letters greet.
        full_name: FullName,
        /// Their first name, if it is known which of the words it is; else empty.
        #[serde(default, skip_serializing_if = "FullName::is_empty")]
        first_name: FullName,
        /// Their last name, if it is known; else empty.
        #[serde(default, skip_serializing_if = "FullName::is_empty")]
        last_name: FullName,
        /// A remark about the client; empty if there is none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
        /// The groups joined at once.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        groups: BTreeSet<GroupId>,
    },
    /// Some details changed; each event makes a new revision, counted from 1 at `Added`, and runs pin revisions.
    Changed {
        /// The new address; `None` if it stayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<EmailAddress>,
        /// The new name; `None` if it stayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        full_name: Option<FullName>,
        /// The new first name; empty if it is not known any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_name: Option<FullName>,
        /// The new last name; empty if it is not known any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_name: Option<FullName>,
        /// The new remark; `None` if it stayed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// The client belongs to a group from now on.
    JoinedGroup {
        /// The group that the client belongs to from now on.
        group: GroupId,
    },
    /// The client does not belong to a group any more.
    LeftGroup {
        /// The group that the client does not belong to any more.
        group: GroupId,
    },
    /// The client was removed from the address book.
    Deleted,
}
