//! The address book: clients with their fields and what they have agreed to, groups, who is in which, segments, imports, which can be
//! taken back, and exports.

pub mod clients;
pub mod conditions;
pub mod consent;
pub mod custom_fields;
pub mod export;
pub mod groups;
pub(crate) mod ids;
pub mod import;
pub mod imports;
pub mod membership;
pub mod segments;
pub mod uploads;

/// How many ids one list of an input may have.
pub const MAX_IDS: usize = 5_000;
