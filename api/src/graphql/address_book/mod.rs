//! The address book: clients, what they have agreed to, groups, who is in which, and imports.

pub(crate) mod client;
pub(crate) mod consent;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod membership;
pub(crate) mod suppression;
