//! The address book: clients and their groups.

use chrono::{DateTime, Utc};

/// What is wrong with a request about clients and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// More ids are named than one input may have.
    TooManyIds {
        /// How many ids are named.
        named: usize,
        /// How many may be named.
        most: usize,
    },
    /// More clients are named than may be at once.
    TooManyClients {
        /// How many clients are named.
        named: usize,
        /// How many may be named.
        most: usize,
    },
    /// The owner has as many fields of their own as there may be.
    TooManyFields {
        /// How many there may be.
        most: usize,
    },
    /// More values for fields are given than there may be fields.
    TooManyValues {
        /// How many are given.
        named: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two values are given for the same field.
    FieldTwice {
        /// The field's key.
        key: String,
    },
    /// A segment has no name.
    SegmentNeedsName,
    /// Whoever passes a segment cannot be counted while somebody waits for it.
    TooSlow {
        /// For how many seconds it was tried.
        seconds: u64,
    },
    /// Others change the same address book again and again while a file is imported.
    Contended,
    /// Somebody is said to have agreed at a moment that has not come yet.
    ConsentInFuture {
        /// The moment.
        at: DateTime<Utc>,
    },
    /// What is said to be the network address that somebody agreed from is none.
    NetworkAddressInvalid,
}
