//! Clients, their fields, groups and segments.

mod consent;
mod custom_fields;
mod lists;
mod memberships;
mod odd_lists;
mod segments;
mod suppressions;
mod upload;
