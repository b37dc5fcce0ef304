//! The address book: clients and their fields, groups, who is in which, imports and exports.

pub mod clients;
pub mod custom_fields;
pub mod export;
pub mod groups;
pub mod import;
pub mod membership;
pub mod uploads;

/// How many ids one list of an input may have.
pub const MAX_IDS: usize = 5_000;
