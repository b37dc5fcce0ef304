//! Appending: events of one or many streams in one statement, together with what they claim.

use crate::error::{AppendError, StoreError};
use crate::events::Append;
use crate::patience::LONGEST;
use crate::writing::{insert, leave_one, release, take, take_and_insert};
use crate::{Blame, EventStore, Metadata, PATIENCE};
use sqlx::{PgConnection, PgExecutor};
use std::time::Duration;
use uuid::Uuid;

/// Where events landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the last event in the log; a read model that has reached it shows them all.
    pub position: i64,
    /// The sequence of the (last) stream's last event, which is the version of what it describes.
    pub version: i64,
}

impl EventStore {
    /// Appends to all the streams or to none.
    ///
    /// Must not be called with no events at all; the receipt would have no position.
    pub async fn append(&self, appends: &[Append], metadata: &Metadata) -> Result<Receipt, AppendError> {
        let position = if appends.iter().any(|append| !append.release.is_empty()) {
            self.append_claiming(appends, metadata).await?
        } else {
            // A single statement commits by itself, which saves three round trips, and nobody can stand still in the middle of it.
            let mut connection = self.pool.acquire().await?;
            if appends.iter().all(|append| append.take.is_empty()) {
                insert(&mut connection, appends, metadata).await?
            } else {
                take_and_insert(&mut connection, appends, metadata).await?
            }
        };
        self.wake.appended(position);
        Ok(Receipt { position, version: appends.last().map_or(0, Append::version) })
    }

    /// Appends to all the streams or to none, in a transaction that the caller began ([`EventStore::begin_steps`]) and commits
    /// at once: until then all readers of the log wait, so PostgreSQL ends it from now on after [`PATIENCE`] of silence. Then the
    /// caller says so, by [`EventStore::appended`]. For tables that are no read models and have to change together with the
    /// log, such as sessions.
    pub async fn append_within(
        &self,
        transaction: &mut PgConnection,
        appends: &[Append],
        metadata: &Metadata,
    ) -> Result<Receipt, AppendError> {
        let patience = PATIENCE.as_millis().to_string();
        sqlx::query!("select set_config('idle_in_transaction_session_timeout', $1, true)", patience)
            .fetch_one(&mut *transaction)
            .await?;
        self.append_in(transaction, appends, metadata).await
    }

    async fn append_in(
        &self,
        transaction: &mut PgConnection,
        appends: &[Append],
        metadata: &Metadata,
    ) -> Result<Receipt, AppendError> {
        leave_one(transaction, appends).await?;
        release(transaction, appends).await?;
        take(transaction, appends).await?;
        let position = insert(transaction, appends, metadata).await?;
        Ok(Receipt { position, version: appends.last().map_or(0, Append::version) })
    }

    /// Wakes those who wait for what was appended within a transaction, which has been committed.
    pub fn appended(&self, receipt: Receipt) {
        self.wake.appended(receipt.position);
    }

    /// Appends in a transaction together with what is claimed. It holds up all readers of the log, so PostgreSQL gives it up
    /// when we stand still in the middle of it; a process that is merely slow tries again, and then is given more time.
    async fn append_claiming(&self, appends: &[Append], metadata: &Metadata) -> Result<i64, AppendError> {
        let mut patience = PATIENCE;
        loop {
            match self.try_claiming(appends, metadata, patience).await {
                Err(error) if error.blame() == Blame::Idle && patience < LONGEST => patience *= 2,
                appended => return appended,
            }
        }
    }

    async fn try_claiming(
        &self,
        appends: &[Append],
        metadata: &Metadata,
        patience: Duration,
    ) -> Result<i64, AppendError> {
        let mut transaction = self.begin_with(crate::limited(patience)).await?;
        let receipt = self.append_in(&mut transaction, appends, metadata).await?;
        transaction.commit().await?;
        Ok(receipt.position)
    }

    /// How many values of this kind are held, in all scopes.
    pub async fn held(executor: impl PgExecutor<'_>, kind: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar!(r#"select count(*) as "count!" from claims where kind = $1"#, kind)
            .fetch_one(executor)
            .await
    }

    /// The holders of those of these values that are held.
    pub async fn holders(
        executor: impl PgExecutor<'_>,
        kind: &str,
        scope: &str,
        values: &[String],
    ) -> Result<Vec<(String, Uuid)>, StoreError> {
        let rows = sqlx::query!(
            // One look-up of the whole key per value. With `= any` a planner that has never seen statistics of this table
            // walks the whole scope for each call, which turns an import into a crawl.
            r#"select asked.value as "value!", held.aggregate_id::uuid as "aggregate_id!"
                 from unnest($3::text[]) as asked (value)
                cross join lateral (select aggregate_id from claims c
                                     where c.kind = $1 and c.scope = $2 and c.value = asked.value limit 1) held"#,
            kind,
            scope,
            values,
        )
        .fetch_all(executor)
        .await?;
        Ok(rows.into_iter().map(|row| (row.value, row.aggregate_id)).collect())
    }
}
