//! The address book: clients and their groups.

use chrono::{DateTime, Utc};

/// What is wrong with a request about clients and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
