//! The composition root: the only code that sees every crate.
//!
//! ```text
//! domain  <-  eventstore  <-  projections  <-  { api , scheduler }  <-  this
//! ```

pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod mailbox;
pub mod metrics;
pub mod postgres;
pub mod runtimes;
pub mod serving;
pub mod shutdown;
pub mod tzdata;
pub mod wire;
