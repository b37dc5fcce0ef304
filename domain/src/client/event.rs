use super::{Consent, Fields, Source};
use crate::custom_field::{Key, Value};
use crate::{EmailAddress, FullName, GroupId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

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
        /// What the client has in the owner's own fields.
        #[serde(default, skip_serializing_if = "Fields::is_empty")]
        fields: Fields,
        /// How the client came into the address book; `None` if that was before it was written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Source>,
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
    /// What the client has in the owner's own fields changed, which makes a new revision as [`Event::Changed`] does.
    FieldsChanged {
        /// What changed: the new value of each field, or null where the client has none any more.
        fields: BTreeMap<Key, Option<Value>>,
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
    /// The client has agreed to get letters.
    ConsentGiven(Consent),
    /// The client has confirmed a consent by the link in a letter.
    ConsentConfirmed {
        /// The topic of the consent; `None` for all that the owner sends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<GroupId>,
        /// When they did.
        at: DateTime<Utc>,
        /// The network address that the link was followed from; `None` if it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
    /// The client agrees no longer; or, if the source is the row that the consent came with, the import of that row was taken back, and
    /// the consent with it.
    ConsentWithdrawn {
        /// The topic of the consent; `None` for all that the owner sends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<GroupId>,
        /// When they withdrew it.
        at: DateTime<Utc>,
        /// Whence it is known.
        source: Source,
    },
    /// The client was removed from the address book.
    Deleted,
}

impl Event {
    /// Whether the client has a new revision from it on. Revisions are counted from 1 at `Added`, and runs pin them.
    #[must_use]
    pub fn makes_revision(&self) -> bool {
        match self {
            Self::Added { .. } | Self::Changed { .. } | Self::FieldsChanged { .. } => true,
            Self::JoinedGroup { .. }
            | Self::LeftGroup { .. }
            | Self::ConsentGiven(_)
            | Self::ConsentConfirmed { .. }
            | Self::ConsentWithdrawn { .. }
            | Self::Deleted => false,
        }
    }
}
