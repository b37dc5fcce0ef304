use super::{DomainName, Selector};
use crate::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// RSA with SHA-256, which every verifier knows (RFC 6376).
    Rsa,
    /// Ed25519 with SHA-256 (RFC 8463), which stands beside the other one, as many verifiers do not know it.
    Ed25519,
}

impl Algorithm {
    /// All algorithms that there are.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ed25519];

    /// The name under which it is stored, which is also that of a key's record: `k=`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// By which selectors that are made here tell it.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Rsa => 'r',
            Self::Ed25519 => 'e',
        }
    }
}

/// What happened to a sender domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The domain was added.
    Added {
        /// The domain.
        domain: DomainName,
    },
    /// A key was made, or brought along. Its private half is in no event.
    KeyMade {
        /// The name under which its record is to be published.
        selector: Selector,
        /// How it signs.
        algorithm: Algorithm,
        /// The public half in base64: `p=` of its record.
        public: String,
        /// Whether it was brought along.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        imported: bool,
        /// The moment when it was made, or brought along.
        at: DateTime<Utc>,
    },
    /// Letters are signed with the key from now on.
    KeyActivated {
        /// The name of the key.
        selector: Selector,
        /// The moment from which.
        at: DateTime<Utc>,
    },
    /// Letters are signed with the key no longer. Its record stays published until the key is removed.
    KeyRetired {
        /// The name of the key.
        selector: Selector,
        /// The moment from which.
        at: DateTime<Utc>,
    },
    /// The key is gone, and its record may go.
    KeyRemoved {
        /// The name of the key.
        selector: Selector,
    },
    /// An owner may write from all addresses of the domain.
    Granted {
        /// The owner who may.
        owner: UserId,
    },
    /// An owner may write from all addresses of the domain no longer.
    GrantWithdrawn {
        /// The owner who may no longer.
        owner: UserId,
    },
    /// The domain was removed with its keys and grants.
    Removed,
}
