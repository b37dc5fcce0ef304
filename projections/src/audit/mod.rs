//! The audit log: every event of every object, found by whose it is, who caused it, what it is, and what it belongs to.
//!
//! The events themselves are the log; this read model only leads to them, see `migrations/0062_audit.sql`.

mod causes;
mod events;
mod exact;
mod facet;
mod filter;
pub(crate) mod fold;
mod list;
mod places;
mod range;
mod search;
mod streams;
mod walk;

pub use causes::{cause, count_effects, effects};
pub use filter::{By, Filter, Unread};
pub use list::{Window, count, counted, get, page};
pub use range::Direction;
pub use search::{Counted, LOOKED_THROUGH};
pub use streams::{Stream, count_of_client, count_of_streams, of_client, of_streams};
pub use walk::Walk;
