//! The address book: clients, groups, who is in which, segments, imports and exports.

pub mod clients;
pub mod conditions;
pub mod export;
pub mod groups;
pub mod import;
pub mod membership;
pub mod segments;
pub mod uploads;

/// How many ids one list of an input may have.
pub const MAX_IDS: usize = 5_000;
