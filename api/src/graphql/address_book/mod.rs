//! The address book: clients and their fields, groups, who is in which, and imports.

pub(crate) mod client;
pub(crate) mod custom_field;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod membership;
pub(crate) mod suppression;
