//! Clients, groups and segments.

mod lists;
mod memberships;
mod odd_lists;
mod segments;
mod suppressions;
mod upload;
