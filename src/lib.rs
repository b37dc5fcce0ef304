//! The composition root: the only code that sees every crate.
//!
//! ```text
//! domain  <-  eventstore  <-  projections  <-  { acts  <-  api , scheduler }  <-  this
//! ```

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod fetch;
pub mod mailbox;
pub mod master_key;
pub mod metrics;
mod passage;
pub mod postgres;
pub mod runtimes;
pub mod serving;
pub mod shutdown;
pub mod tzdata;
pub mod wire;

// Only the program itself uses them: its memory, and its `.env`.
use dotenvy as _;
#[cfg(feature = "jemalloc")]
use tikv_jemallocator as _;
