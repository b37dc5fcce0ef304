//! Clients and groups.

mod consent;
mod lists;
mod memberships;
mod odd_lists;
mod suppressions;
mod upload;
