use crate::{EmailAddress, FullName, Language, PostalAddress, Role, TimeZone};

/// What can be asked of a user. Passwords never pass through here: their hashes live in a plain table.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens the account.
    Register {
        /// The address to log in with.
        email: EmailAddress,
        /// The name shown to others.
        full_name: FullName,
        /// The user's time zone.
        time_zone: TimeZone,
        /// The language in which the service writes to the user.
        language: Language,
    },
    /// The address is theirs.
    VerifyEmail,
    /// Show and write to them otherwise; what is `None` stays as it is.
    ChangeProfile {
        /// The name shown to others.
        full_name: Option<FullName>,
        /// The user's new time zone; `None` if it stays.
        time_zone: Option<TimeZone>,
        /// The language in which the service writes to the user from now on; `None` if it stays.
        language: Option<Language>,
    },
    /// Name another postal address at the end of their letters to many.
    ChangePostalAddress {
        /// The address that is named from now on; `None` for none.
        postal_address: Option<PostalAddress>,
    },
    /// Log in with another address, which was shown to be theirs.
    ChangeEmail {
        /// The address with which the user logs in from now on.
        email: EmailAddress,
    },
    /// A new password hash has been stored.
    ChangePassword,
    /// Shut out. The caller has checked that the actor may shut out anybody at all.
    Block {
        /// Why the user is blocked.
        reason: String,
        /// Whether the actor may do so to administrators too.
        even_administrators: bool,
    },
    /// Let in again. The caller has checked that the actor may let in anybody at all.
    Unblock {
        /// Why the block is lifted.
        reason: String,
        /// Whether the actor may do so to administrators too.
        even_administrators: bool,
    },
    /// Gives the user a role.
    GrantRole {
        /// The role that the user gets.
        role: Role,
    },
    /// Takes a role away from the user.
    RevokeRole {
        /// The role that the user loses.
        role: Role,
    },
}
