//! Passwords.

use zxcvbn::feedback::{Suggestion, Warning};

/// What is wrong with a new password, or keeps a password from being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The password is too short.
    TooShort {
        /// The shortest password, in characters.
        least: usize,
    },
    /// The password is too long.
    TooLong {
        /// The longest password, in bytes.
        most: usize,
    },
    /// The password has a character that not every keyboard gives.
    ControlCharacter,
    /// As many passwords as may be at once are being checked.
    Busy {
        /// How long to wait.
        seconds: u32,
    },
}

/// A password is easy to guess: why, and what would be better. Several sentences.
#[derive(Clone, Debug, PartialEq)]
pub struct Weak {
    /// Why it is easy to guess, if that is known.
    pub warning: Option<Warning>,
    /// What would be better.
    pub suggestions: Vec<Suggestion>,
}
