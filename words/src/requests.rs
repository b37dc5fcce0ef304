//! Requests, whatever they are about.

/// What is wrong with a request, or with the moment at which it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The object was changed since the sender saw it.
    StaleVersion {
        /// The version that the sender saw.
        expected: i64,
        /// The version that there is.
        actual: i64,
    },
    /// The idempotency key came with other data before.
    KeyReused,
    /// The object is changed all the time.
    Conflict,
    /// An idempotency key is empty, too long, or more than a line.
    KeyInvalid {
        /// The longest key, in characters.
        most: usize,
    },
    /// A text has the one character that PostgreSQL does not keep.
    TextInvalid,
    /// A text is no date and time.
    NoMoment {
        /// The text that was given.
        text: String,
    },
    /// Too many tries came from there, or at that account.
    TooManyTries {
        /// How long to wait.
        seconds: u32,
    },
    /// As much of this as may be at once is going on.
    Busy {
        /// How long to wait.
        seconds: u32,
    },
}
