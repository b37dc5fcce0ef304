//! Accounts: who comes in, and by which door.

/// What keeps somebody from coming in, or from changing how they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The address or the password is wrong. Which of them, is not told.
    Credentials,
    /// The account is blocked.
    Blocked,
    /// The address is not verified yet, which logging in needs.
    NotVerified,
    /// The address of somebody who is signed in is not verified.
    OwnAddressNotVerified,
    /// The password is not the present one.
    PasswordWrong,
    /// A link in a letter does not work. What of it, is not told.
    LinkInvalid,
}
