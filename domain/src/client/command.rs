use crate::{EmailAddress, FullName, GroupId, UserId};
use std::collections::BTreeSet;

/// What an address book says about a person.
#[derive(Clone, Debug)]
pub struct Details {
    /// The address to which letters go.
    pub email: EmailAddress,
    /// The name that letters greet.
    pub full_name: FullName,
    /// Their first name, if it is known which of the words it is; else empty.
    pub first_name: FullName,
    /// Their last name, if it is known; else empty.
    pub last_name: FullName,
    /// A remark about the client; empty if there is none.
    pub comment: String,
}

/// What can be asked of a client.
#[derive(Clone, Debug)]
pub enum Command {
    /// Puts the client into an address book.
    Add {
        /// The owner of the address book.
        owner: UserId,
        /// What the address book says about the client.
        details: Details,
        /// The groups to join at once, the owner's own.
        groups: BTreeSet<GroupId>,
    },
    /// Change some of the details; what is `None` stays.
    Change {
        /// The user who asks.
        by: UserId,
        /// The new address; `None` if it stays.
        email: Option<EmailAddress>,
        /// The new name; `None` if it stays.
        full_name: Option<FullName>,
        /// The new first name; empty if it is not known any more.
        first_name: Option<FullName>,
        /// The new last name; empty if it is not known any more.
        last_name: Option<FullName>,
        /// The new remark; `None` if it stays.
        comment: Option<String>,
    },
    /// Lets the client belong to exactly these groups.
    SetGroups {
        /// The user who asks.
        by: UserId,
        /// The owner's own groups.
        groups: BTreeSet<GroupId>,
    },
    /// Lets the client belong to this group too.
    JoinGroup {
        /// The user who asks.
        by: UserId,
        /// The group, which is one of the owner's own.
        group: GroupId,
    },
    /// Lets the client belong to this group no longer.
    LeaveGroup {
        /// The user who asks.
        by: UserId,
        /// The group, whichever it is.
        group: GroupId,
    },
    /// Remove from the address book; past deliveries stay.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
