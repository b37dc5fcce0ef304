use super::{Consent, Fields, Source};
use crate::custom_field::{Key, Value};
use crate::{EmailAddress, FullName, GroupId, UserId};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

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
    /// What they have in the owner's own fields, which the caller has found to be values of these.
    pub fields: Fields,
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
        /// How the client comes into the address book.
        source: Source,
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
    /// Changes what the client has in some of the owner's own fields; those that are not named stay.
    ChangeFields {
        /// The user who asks.
        by: UserId,
        /// The new value of each field, which the caller has found to be one of it; `None`: the client has none any more.
        fields: BTreeMap<Key, Option<Value>>,
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
    /// The client has agreed to get letters. The same consent again changes nothing.
    GiveConsent {
        /// The owner of the client.
        by: UserId,
        /// What they agreed to.
        consent: Consent,
    },
    /// The client has confirmed a consent by the link in a letter. The caller has checked that link.
    ConfirmConsent {
        /// The owner of the client.
        by: UserId,
        /// The topic of the consent; `None` for all that the owner sends.
        topic: Option<GroupId>,
        /// The present moment.
        at: DateTime<Utc>,
        /// The network address that the link was followed from; `None` if it is not known.
        address: Option<IpAddr>,
    },
    /// The client agrees no longer. Where no consent is in force nothing changes.
    WithdrawConsent {
        /// The owner of the client.
        by: UserId,
        /// The topic of the consent; `None` for all that the owner sends.
        topic: Option<GroupId>,
        /// The present moment.
        at: DateTime<Utc>,
        /// Whence it is known.
        source: Source,
    },
    /// Remove from the address book; past deliveries stay.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
