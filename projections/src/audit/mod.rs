//! The audit log: every event of every object, found by whose it is, who caused it, what it is, and what it belongs to.
//!
//! The events themselves are the log; this read model only leads to them, see `migrations/0062_audit.sql`.

mod facet;
pub(crate) mod fold;
mod list;
mod streams;

pub use list::{
    By, Counted, Direction, Filter, LOOKED_THROUGH, Unread, Walk, Window, cause, count, count_effects, counted,
    effects, get, page,
};
pub use streams::{Stream, count_of_client, count_of_streams, of_client, of_streams};
