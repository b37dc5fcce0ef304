use crate::{EmailAddress, FullName, GroupId, UserId};
use std::collections::BTreeSet;

/// What an address book says about a person.
#[derive(Clone, Debug)]
pub struct Details {
    /// Where letters go.
    pub email: EmailAddress,
    /// Whom they greet.
    pub full_name: FullName,
    /// Their first name, if it is known which of the words it is; else empty.
    pub first_name: FullName,
    /// Their last name, if it is known; else empty.
    pub last_name: FullName,
    /// Free text.
    pub comment: String,
}

/// What can be asked of a client.
#[derive(Clone, Debug)]
pub enum Command {
    /// Put into an address book.
    Add {
        /// Whose.
        owner: UserId,
        /// The person.
        details: Details,
        /// The groups to join at once, the owner's own.
        groups: BTreeSet<GroupId>,
    },
    /// Change some of the details; what is `None` stays.
    Change {
        /// Who asks.
        by: UserId,
        /// The new address.
        email: Option<EmailAddress>,
        /// The new name.
        full_name: Option<FullName>,
        /// The new first name; empty if it is not known any more.
        first_name: Option<FullName>,
        /// The new last name; empty if it is not known any more.
        last_name: Option<FullName>,
        /// The new comment.
        comment: Option<String>,
    },
    /// Belong to exactly these groups.
    SetGroups {
        /// Who asks.
        by: UserId,
        /// The owner's own groups.
        groups: BTreeSet<GroupId>,
    },
    /// Belong to this group too.
    JoinGroup {
        /// Who asks.
        by: UserId,
        /// One of the owner's own.
        group: GroupId,
    },
    /// Belong to this group no longer.
    LeaveGroup {
        /// Who asks.
        by: UserId,
        /// Any.
        group: GroupId,
    },
    /// Remove from the address book; past deliveries stay.
    Delete {
        /// Who asks.
        by: UserId,
    },
}
