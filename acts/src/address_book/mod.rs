//! The address book: clients, groups, who is in which, imports, which can be taken back, and exports.

pub mod clients;
pub mod export;
pub mod groups;
pub mod import;
pub mod imports;
pub mod membership;
pub mod uploads;

/// How many ids one list of an input may have.
pub const MAX_IDS: usize = 5_000;
