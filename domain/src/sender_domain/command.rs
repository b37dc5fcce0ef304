use super::{Algorithm, DomainName, Selector};
use crate::UserId;
use chrono::{DateTime, Utc};

/// What can be asked of a sender domain. Whoever asks has checked that the actor is an administrator, and that the stream is the one of
/// this domain.
#[derive(Clone, Debug)]
pub enum Command {
    /// Adds the domain, without keys.
    Add {
        /// The domain.
        domain: DomainName,
    },
    /// A key was made, or brought along, whose private half is stored sealed with the event.
    MakeKey {
        /// The name under which its record is to be published, which the domain has never used before.
        selector: Selector,
        /// How it signs.
        algorithm: Algorithm,
        /// The public half in base64: `p=` of its record.
        public: String,
        /// Whether it was brought along.
        imported: bool,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Sign letters with this key from now on, instead of the one with the same algorithm.
    Activate {
        /// The name of the key.
        selector: Selector,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Sign no more letters with this key. Its record stays needed for a while.
    Retire {
        /// The name of the key.
        selector: Selector,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Forget this key, whose record is not needed any more.
    RemoveKey {
        /// The name of the key.
        selector: Selector,
        /// The present moment.
        at: DateTime<Utc>,
    },
    /// Let an owner write from all addresses of the domain.
    Grant {
        /// The owner who may.
        owner: UserId,
    },
    /// Let an owner write from no other addresses of the domain than those that they have verified.
    Withdraw {
        /// The owner who may no longer.
        owner: UserId,
    },
    /// Remove the domain with all keys and grants. No key of it may be needed any more.
    Remove {
        /// The present moment.
        at: DateTime<Utc>,
    },
}
