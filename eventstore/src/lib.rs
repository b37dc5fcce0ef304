//! The event store: the only code that writes events.
//!
//! cqrs-es supplies the traits and loads streams (through postgres-es's repository); appending is ours, because
//! their `persist` writes one statement per event, cannot claim anything in its transaction, and does not tell where
//! the events landed. A stock `postgres_cqrs` reads and appends the same table.
//!
//! * [`EventStore::execute`]: load, decide, append, and again on a conflict.
//! * [`EventStore::create`]: the same for a stream that is to begin, safe to repeat.
//! * [`EventStore::append`]: events of many streams in one statement.
//! * [`fact`] and [`Stored`]: the one door through which an event is read, in whatever form it was stored.
//! * [`Cause`]: what an event followed from.
//! * [`EventStore::settled`], [`EventStore::page`] and [`EventStore::stretch`]: read the log in order without losing anything.
//! * [`EventStore::events_placed`]: whole streams, with the place of each event in the log.
//! * [`EventStore::touched`] and [`EventStore::load_told`]: what belongs to one correlation.
//! * [`Wake`]: who waits for new events, is woken after the commit.
//! * [`Blame`]: whose fault it is that something was not done.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod append;
mod blame;
mod cause;
mod clock;
mod codec;
mod correlated;
mod error;
mod events;
mod execute;
mod load;
mod loaded;
mod log;
mod metadata;
mod patience;
mod placed;
mod respelling;
mod store;
mod streams;
mod wake;
mod writing;

pub use append::Receipt;
pub use blame::Blame;
pub use cause::Cause;
pub use clock::Clock;
pub use codec::{Stored, fact, upcasters};
pub use correlated::{Told, Touched, TouchedStream};
pub use error::{AppendError, ExecuteError, StoreError};
pub use events::Append;
pub use loaded::Loaded;
pub use log::{Recorded, Stretch};
pub use metadata::Metadata;
pub use patience::{PATIENCE, limited};
pub use placed::Placed;
pub use respelling::Respelled;
pub use store::EventStore;
pub use wake::Wake;
