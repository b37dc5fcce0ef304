use crate::{EmailAddress, FullName, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What happened to a sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The sender was made; that is its revision 1.
    Created {
        /// The owner of the sender.
        owner: UserId,
        /// The name that recipients see; it may be empty.
        name: FullName,
        /// The address that letters are from.
        address: EmailAddress,
        /// The address that replies go to, if it is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<EmailAddress>,
    },
    /// Letters are from it otherwise; that is one revision more.
    Changed {
        /// The name that recipients see from now on.
        name: FullName,
        /// The address that replies go to from now on, if it is another one than the sender's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<EmailAddress>,
    },
    /// Somebody followed the link in the letter that went to the sender's address.
    Verified {
        /// The moment when they did.
        at: DateTime<Utc>,
    },
    /// Letters cannot be from it any more, also if it is deleted, and nothing that was shown of its address counts.
    Revoked {
        /// Why an administrator did that.
        reason: String,
        /// The moment when they did.
        at: DateTime<Utc>,
    },
    /// Its owner may show anew that the address is theirs.
    Allowed {
        /// The moment when an administrator allowed it.
        at: DateTime<Utc>,
    },
    /// The sender was removed by its owner.
    Deleted,
}
