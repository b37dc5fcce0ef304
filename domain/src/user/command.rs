use crate::{EmailAddress, FullName, Language, Role, TimeZone};

/// What can be asked of a user. Passwords never pass through here: their hashes live in a plain table.
#[derive(Clone, Debug)]
pub enum Command {
    /// Open an account.
    Register {
        /// The address to log in with.
        email: EmailAddress,
        /// The name shown to others.
        full_name: FullName,
        /// The user's zone.
        time_zone: TimeZone,
        /// In which the service writes to them.
        language: Language,
    },
    /// The address is theirs.
    VerifyEmail,
    /// Show and write to them otherwise; what is `None` stays as it is.
    ChangeProfile {
        /// The name shown to others.
        full_name: Option<FullName>,
        /// The user's zone.
        time_zone: Option<TimeZone>,
        /// In which the service writes to them.
        language: Option<Language>,
    },
    /// Log in with another address, which was shown to be theirs.
    ChangeEmail {
        /// Which.
        email: EmailAddress,
    },
    /// A new password hash has been stored.
    ChangePassword,
    /// Shut out. The caller has checked that the actor may shut out anybody at all.
    Block {
        /// Why, for the user to read.
        reason: String,
        /// Whether the actor may do so to administrators too.
        even_administrators: bool,
    },
    /// Let in again. The caller has checked that the actor may let in anybody at all.
    Unblock {
        /// Why.
        reason: String,
        /// Whether the actor may do so to administrators too.
        even_administrators: bool,
    },
    /// Give a role.
    GrantRole {
        /// Which.
        role: Role,
    },
    /// Take a role away.
    RevokeRole {
        /// Which.
        role: Role,
    },
}
