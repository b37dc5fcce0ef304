use crate::{EmailAddress, FullName, Language, Role, TimeZone};
use serde::{Deserialize, Serialize};

/// What happened to a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// An account was opened.
    Registered {
        /// The address to log in with.
        email: EmailAddress,
        /// The name shown to others.
        full_name: FullName,
        /// The user's zone.
        time_zone: TimeZone,
        /// In which the service writes to them. Accounts that are older than this field are written to in English.
        #[serde(default)]
        language: Language,
    },
    /// The address was shown to be theirs.
    EmailVerified,
    /// They are shown and written to otherwise.
    ProfileChanged {
        /// The name shown to others.
        full_name: FullName,
        /// The user's zone.
        time_zone: TimeZone,
        /// In which the service writes to them.
        language: Language,
    },
    /// They log in with another address, which was shown to be theirs.
    EmailChanged {
        /// Which.
        email: EmailAddress,
    },
    /// The password was changed (its hash is not told).
    PasswordChanged,
    /// Shut out: nothing of theirs is sent until they are unblocked.
    Blocked {
        /// Why, for the user to read.
        reason: String,
    },
    /// Let in again.
    Unblocked {
        /// Why.
        reason: String,
    },
    /// A role was given.
    RoleGranted {
        /// Which.
        role: Role,
    },
    /// A role was taken away.
    RoleRevoked {
        /// Which.
        role: Role,
    },
}
