//! Clients, their fields, and groups.

mod consent;
mod custom_fields;
mod lists;
mod memberships;
mod odd_lists;
mod suppressions;
mod upload;
