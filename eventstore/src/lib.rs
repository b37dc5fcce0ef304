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
mod execute;
mod load;
mod loaded;
mod log;
mod metadata;
mod placed;
mod respelling;
mod streams;
mod wake;
mod writing;

pub use append::{Append, Receipt};
pub use blame::Blame;
pub use cause::Cause;
pub use clock::Clock;
pub use codec::{Stored, fact, upcasters};
pub use correlated::{Told, Touched, TouchedStream};
pub use error::{AppendError, ExecuteError, StoreError};
pub use loaded::Loaded;
pub use log::{Recorded, Stretch};
pub use metadata::Metadata;
pub use placed::Placed;
pub use respelling::Respelled;
pub use wake::Wake;

use sqlx::{PgPool, Postgres, Transaction};
use std::time::Duration;

/// How long PostgreSQL lets somebody hold a transaction open and say nothing, before it ends their session.
///
/// A transaction that appends holds up all readers of the log until it ends, and a process can stand still at any moment
/// (SIGSTOP, swapping, a network that swallows everything). Who is merely slow is ended, too, and begins again.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// The event store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EventStore {
    pool: PgPool,
    wake: Wake,
}

impl EventStore {
    /// A store over a migrated database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool, wake: Wake::new() }
    }

    /// The same store over other connections: who waits for events that one of them appends is woken by all.
    #[must_use]
    pub fn through(&self, pool: PgPool) -> Self {
        Self { pool, wake: self.wake.clone() }
    }

    /// A transaction whose beginning can be cut off, and that PostgreSQL ends after [`PATIENCE`] of silence.
    ///
    /// sqlx 0.8 rolls back what was begun, not what is beginning: a `begin` that is dropped between BEGIN and its answer
    /// gives the pool a connection with an open transaction, and the next single statement on it is never committed.
    /// In a task of its own it comes to its end.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.begin_with(limited(PATIENCE)).await
    }

    /// The same for several steps before something is appended, such as changing sessions: nobody waits for them, so more
    /// silence is borne until then.
    pub async fn begin_steps(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.begin_with(limited(append::LONGEST)).await
    }

    /// The same with a statement that begins a transaction, such as one that [`limited`] makes.
    pub async fn begin_with(&self, statement: String) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await });
        Ok(begun.await??)
    }

    /// The database, for those who read beside the log.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The signal that wakes those who wait for new events.
    #[must_use]
    pub fn wake(&self) -> &Wake {
        &self.wake
    }
}

/// Begins a transaction that PostgreSQL ends when nothing is said in it for so long. One round trip for all of it.
#[must_use]
pub fn limited(patience: Duration) -> String {
    format!("begin; set local idle_in_transaction_session_timeout = {}", patience.as_millis().max(1))
}
