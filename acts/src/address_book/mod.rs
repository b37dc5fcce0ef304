//! The address book: clients, groups, who is in which, and imports.

pub mod clients;
pub mod groups;
pub mod import;
pub mod membership;

/// How many ids one list of an input may have.
pub const MAX_IDS: usize = 5_000;
