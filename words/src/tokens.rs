//! Tokens for programs.

/// What is wrong with a token that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The account has as many as it may have.
    TooMany {
        /// How many an account may have.
        most: i64,
    },
    /// The name of the token is missing.
    NameEmpty,
    /// The name has line breaks or other control characters.
    NameNotALine,
    /// The name has too many characters.
    NameTooLong {
        /// The name's length in characters.
        length: usize,
        /// The longest name, in characters.
        most: usize,
    },
    /// The token would expire in the past, or too late.
    Expiry {
        /// The longest life of a token, in days.
        days: i64,
    },
}
