//! The address book: clients, groups, who is in which, segments, and imports.

pub(crate) mod client;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod membership;
pub(crate) mod segment;
pub(crate) mod suppression;
