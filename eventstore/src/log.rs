//! Reading the log in order, without losing anything.

use crate::{EventStore, Metadata, StoreError};
use chrono::{DateTime, Utc};
use domain::{Fact, UnknownFact};
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of the log.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its place in the log.
    pub position: i64,
    /// Its own id, to which others refer as their cause.
    pub event_id: Uuid,
    /// When PostgreSQL took it.
    pub recorded_at: DateTime<Utc>,
    /// Which kind of stream.
    pub aggregate_type: String,
    /// Which stream.
    pub aggregate_id: String,
    /// Its place in the stream, counted from 1.
    pub sequence: i64,
    /// The event's name.
    pub event_type: String,
    /// The event as JSON.
    pub payload: String,
    /// Who, on whose request.
    pub metadata: serde_json::Value,
}

impl Recorded {
    /// What happened.
    pub fn fact(&self) -> Result<Fact, UnknownFact> {
        Fact::parse(&self.aggregate_type, &self.aggregate_id, &self.payload)
    }

    /// Who, on whose request.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata::from_json(&self.metadata)
    }
}

impl EventStore {
    /// The position up to which nothing will become visible any more. Must be read in a statement before the one that
    /// reads events (each statement has its own snapshot in READ COMMITTED), see `migrations/0001_events.sql`.
    pub async fn settled(connection: &mut PgConnection) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar!(r#"select events_settled() as "settled!""#).fetch_one(connection).await?)
    }

    /// The events after `after`, up to `up_to` (which must be settled), at most `limit` of them.
    pub async fn page(
        connection: &mut PgConnection,
        after: i64,
        up_to: i64,
        limit: i64,
    ) -> Result<Vec<Recorded>, StoreError> {
        let rows = sqlx::query_as!(
            Recorded,
            r#"select position, event_id, recorded_at, aggregate_type, aggregate_id, sequence, event_type,
                      payload::text as "payload!", metadata
                 from events where position > $1 and position <= $2 order by position limit $3"#,
            after,
            up_to,
            limit,
        )
        .fetch_all(connection)
        .await?;
        Ok(rows)
    }
}
