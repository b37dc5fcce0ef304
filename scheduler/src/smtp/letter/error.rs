//! Why a letter cannot be built.

use chrono::{DateTime, Utc};

/// Why a letter cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// The address is none.
    #[error("{address:?} is not an e-mail address such as name@example.org")]
    Address {
        /// As given.
        address: String,
    },
    /// The message id is none.
    #[error("{message_id:?} is not a Message-ID: it is left@right in printable ASCII")]
    MessageId {
        /// As given.
        message_id: String,
    },
    /// The header's name is none, is reserved, or the value has line breaks.
    #[error("the header {name:?} cannot be set: {why}")]
    Header {
        /// The header's name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The date is outside of the years 1970 to 9999.
    #[error("a letter cannot be dated {date}; years go from 1970 to 9999")]
    Date {
        /// As given.
        date: DateTime<Utc>,
    },
    /// Nobody could sign it.
    #[error("the letter cannot be signed: {why}")]
    Unsigned {
        /// What is wrong.
        why: String,
    },
    /// It cannot be built from these parts.
    #[error("the letter cannot be built: {why}")]
    Build {
        /// What is wrong.
        why: String,
    },
}
