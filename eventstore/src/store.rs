//! The event store over its connections.

use crate::error::StoreError;
use crate::patience::{LONGEST, PATIENCE, limited};
use crate::wake::Wake;
use sqlx::{PgPool, Postgres, Transaction};

/// The event store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EventStore {
    pub(crate) pool: PgPool,
    pub(crate) wake: Wake,
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
        self.begin_with(limited(LONGEST)).await
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
