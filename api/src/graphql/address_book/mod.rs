//! The address book: clients with their fields and what they have agreed to, groups, who is in which, segments, and imports.

pub(crate) mod client;
pub(crate) mod consent;
pub(crate) mod consent_state;
pub(crate) mod custom_field;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod membership;
pub(crate) mod segment;
pub(crate) mod suppressed;
pub(crate) mod suppression;
