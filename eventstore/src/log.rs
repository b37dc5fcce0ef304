//! Reading the log in order, without losing anything.

use crate::codec::{self, Stored};
use crate::{Cause, EventStore, Metadata, StoreError};
use chrono::{DateTime, Utc};
use domain::{Fact, UnknownFact};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// A row of the log.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The event's place in the log.
    pub position: i64,
    /// The event's own id, to which others refer as their cause.
    pub event_id: Uuid,
    /// The moment when PostgreSQL took the event.
    pub recorded_at: DateTime<Utc>,
    /// The aggregate type of the stream.
    pub aggregate_type: String,
    /// The id of the stream.
    pub aggregate_id: String,
    /// The event's place in the stream, counted from 1.
    pub sequence: i64,
    /// The event's name.
    pub event_type: String,
    /// In which form it was written, see [`domain::Decide::form`].
    pub event_version: String,
    /// The event as JSON.
    pub payload: String,
    /// Who caused the event, and on whose request, as it is stored.
    pub metadata: serde_json::Value,
}

impl Recorded {
    /// What happened, as the domain knows it; an error if this version does not know the event.
    pub fn fact(&self) -> Result<Fact, UnknownFact> {
        let Self { event_type, event_version: version, payload, .. } = self;
        codec::fact(&self.aggregate_type, &self.aggregate_id, Stored { event_type, version, payload })
    }

    /// The event as the cause of what follows from it, see [`Metadata::caused_by`].
    #[must_use]
    pub fn cause(&self) -> Cause {
        Cause { event_id: self.event_id, correlation_id: self.metadata().correlation_id }
    }

    /// Who caused the event, and on whose request.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata::from_json(&self.metadata)
    }
}

/// A page ends after so many bytes of payload, as PostgreSQL keeps them.
const HEAVY: i64 = 1_000_000;

impl EventStore {
    /// The position up to which nothing will become visible any more. Must be read in a statement before the one that
    /// reads events (each statement has its own snapshot in READ COMMITTED), see `migrations/0001_events.sql`.
    pub async fn settled(connection: &mut PgConnection) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar!(r#"select events_settled() as "settled!""#).fetch_one(connection).await?)
    }

    /// The position of the last event that there is; 0 if there is none.
    pub async fn head(executor: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "head!" from events"#).fetch_one(executor).await
    }

    /// The events after `after`, up to `up_to` (which must be settled), at most `limit` of them, and fewer when they are
    /// heavy: a thousand batches of 500 recipients each are no page.
    pub async fn page(
        connection: &mut PgConnection,
        after: i64,
        up_to: i64,
        limit: i64,
    ) -> Result<Vec<Recorded>, StoreError> {
        let rows = sqlx::query_as!(
            Recorded,
            r#"select position as "position!", event_id as "event_id!", recorded_at as "recorded_at!",
                      aggregate_type as "aggregate_type!", aggregate_id as "aggregate_id!", sequence as "sequence!",
                      event_type as "event_type!", event_version as "event_version!",
                      payload::text as "payload!", metadata as "metadata!"
                 from (select *, sum(pg_column_size(payload)) over (order by position) - pg_column_size(payload) as lighter
                         from (select * from events where position > $1 and position <= $2 order by position limit $3) e
                      ) e
                where lighter < $4 order by position"#,
            after,
            up_to,
            limit,
            HEAVY,
        )
        .fetch_all(connection)
        .await?;
        Ok(rows)
    }
}
