//! The numbered behaviours of `docs/product.md`, one test each, named after it: what its sentences claim, looked at from outside
//! while the service works. What each of them means at its edges is proven elsewhere, and named there. The twelfth is in
//! `tests/cli/commands.rs`, with the other processes.

mod accounts;
mod input;
mod public;
mod sending;
pub(crate) mod stage;
mod starting;
mod trouble;
