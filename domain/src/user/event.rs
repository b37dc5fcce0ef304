use crate::{EmailAddress, FullName, Language, PostalAddress, Role, TimeZone};
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
        /// The user's time zone.
        time_zone: TimeZone,
        /// In which the service writes to them. Accounts that are older than this field are written to in English.
        #[serde(default)]
        language: Language,
    },
    /// The address was shown to be theirs.
    EmailVerified,
    /// The user is shown and written to otherwise.
    ProfileChanged {
        /// The name shown to others.
        full_name: FullName,
        /// The user's time zone from now on.
        time_zone: TimeZone,
        /// The language in which the service writes to the user from now on.
        language: Language,
    },
    /// Their letters to many name another postal address at their end, or none.
    PostalAddressChanged {
        /// The address that they name from now on; `None` for none.
        postal_address: Option<PostalAddress>,
    },
    /// They log in with another address, which was shown to be theirs.
    EmailChanged {
        /// The address with which the user logs in from now on.
        email: EmailAddress,
    },
    /// The password was changed (its hash is not told).
    PasswordChanged,
    /// Shut out: nothing of theirs is sent until they are unblocked.
    Blocked {
        /// Why the user is blocked.
        reason: String,
    },
    /// The user's block was lifted.
    Unblocked {
        /// Why the block was lifted.
        reason: String,
    },
    /// A role was given.
    RoleGranted {
        /// The role that the user got.
        role: Role,
    },
    /// A role was taken away.
    RoleRevoked {
        /// The role that the user lost.
        role: Role,
    },
}
