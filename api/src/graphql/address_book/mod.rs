//! The address book: clients, groups, who is in which, and imports.

pub(crate) mod client;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod membership;
pub(crate) mod suppression;
