use crate::{EmailAddress, FullName, UserId};
use chrono::{DateTime, Utc};

/// What can be asked of a sender.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes the sender.
    Create {
        /// The owner of the sender.
        owner: UserId,
        /// The name that recipients see; it may be empty.
        name: FullName,
        /// The address that letters are from, which no other sender of the owner has.
        address: EmailAddress,
        /// The address that replies go to, if it is another one.
        reply_to: Option<EmailAddress>,
    },
    /// Changes how letters are from it; what is `None` stays as it is. Runs that have started keep what they started with.
    Change {
        /// The user who asks.
        by: UserId,
        /// The name that recipients see from now on.
        name: Option<FullName>,
        /// The address that replies go to from now on; `Some(None)`: to the sender's own.
        reply_to: Option<Option<EmailAddress>>,
    },
    /// The address is its owner's. The caller has checked the link that says so.
    Verify {
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Lets no letters be from the sender any more, whatever shows that its address is its owner's: also of runs that have started, and
    /// so also from one that is deleted. The caller has checked that whoever asks looks after the service.
    Revoke {
        /// The reason, for its owner to read.
        reason: String,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Lets the owner show anew that the address is theirs. The caller has checked that whoever asks looks after the service.
    Allow {
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Removes the sender, for good.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
