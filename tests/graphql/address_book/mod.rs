//! Clients and groups.

mod lists;
mod memberships;
mod odd_lists;
mod suppressions;
mod upload;
