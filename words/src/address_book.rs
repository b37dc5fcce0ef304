//! The address book: clients and their groups.

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
    /// A segment has no name.
    SegmentNeedsName,
    /// Whoever passes a segment cannot be counted while somebody waits for it.
    TooSlow {
        /// For how many seconds it was tried.
        seconds: u64,
    },
    /// Others change the same address book again and again while a file is imported.
    Contended,
}
