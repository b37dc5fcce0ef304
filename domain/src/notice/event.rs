use super::Request;
use crate::EmailAddress;
use serde::{Deserialize, Serialize};

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// The link that proves a new account's address.
    VerifyEmail,
    /// Somebody registers with an address that has an account already: its holder is told.
    AlreadyRegistered,
    /// The link with which a forgotten password is replaced.
    RecoverPassword,
    /// The password was changed.
    PasswordChanged,
    /// The link that proves the address that an account is about to have; it goes there.
    ConfirmEmailChange,
    /// The account has another address now; it goes to the old one.
    EmailChanged {
        /// The new one.
        email: EmailAddress,
    },
}

/// What happened to a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// It was asked for.
    Requested(Request),
}
