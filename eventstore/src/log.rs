//! Reading the log in order, without losing anything.

use crate::codec::{self, Stored};
use crate::{EventStore, StoreError};
use chrono::{DateTime, Utc};
use domain::{Fact, UnknownFact};
use sqlx::{PgConnection, PgExecutor};

/// A row of the log, without what is told about it (its id, its metadata): those who read all of it want to know what happened,
/// and the rest is as long as that.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The event's place in the log.
    pub position: i64,
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
}

impl Recorded {
    /// What happened, as the domain knows it; an error if this version does not know the event.
    pub fn fact(&self) -> Result<Fact, UnknownFact> {
        let Self { event_type, event_version: version, payload, .. } = self;
        codec::fact(&self.aggregate_type, &self.aggregate_id, Stored { event_type, version, payload })
    }
}

/// A stretch of the log, of which only some kinds of streams were read.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The events of those kinds, in their order.
    pub rows: Vec<Recorded>,
    /// The position of the last event of the stretch, of whatever kind; none if there is no event in it.
    pub last: Option<i64>,
    /// How many events of any kind there are in it up to that one.
    pub passed: i64,
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
            r#"select position as "position!", recorded_at as "recorded_at!", aggregate_type as "aggregate_type!",
                      aggregate_id as "aggregate_id!", sequence as "sequence!", event_type as "event_type!",
                      event_version as "event_version!", payload::text as "payload!"
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

    /// What streams of these kinds have after `after`, up to `up_to` (which must be settled): at most `limit` events, and fewer when
    /// they are heavy. Whatever else there is in between is counted where it lies, and neither sent nor read.
    ///
    /// PostgreSQL reads it in the order of the log, so it is as long as the log is. A planner that does not know the table would
    /// rather sort all of it for each page: [`read_in_order`](Self::read_in_order) keeps it from that.
    pub async fn stretch(
        connection: &mut PgConnection,
        kinds: &[&str],
        (after, up_to): (i64, i64),
        limit: i64,
    ) -> Result<Stretch, StoreError> {
        // The last event is among what is sent, whatever it is: it tells how far this came, and how many there were.
        let sent = sqlx::query!(
            r#"select position as "position!", recorded_at as "recorded_at!", aggregate_type as "aggregate_type!",
                      aggregate_id as "aggregate_id!", sequence as "sequence!", event_type as "event_type!",
                      event_version as "event_version!", payload::text as "payload!", passed as "passed!"
                 from (select *, sum(pg_column_size(payload)) over (order by position rows unbounded preceding)
                                 - pg_column_size(payload) as lighter
                         from (select *
                                 from (select *, row_number() over (order by position rows unbounded preceding) as passed
                                         from events where position > $1 and position <= $2) e
                                where aggregate_type = any($3)
                                   or position = (select max(position) from events where position > $1 and position <= $2)
                                order by position limit $4) e
                      ) e
                where lighter < $5 order by position"#,
            after,
            up_to,
            kinds as &[&str],
            limit,
            HEAVY,
        )
        .fetch_all(connection)
        .await?;
        let end = sent.last().map(|row| (row.position, row.passed));
        let rows = sent.into_iter().filter(|row| kinds.contains(&row.aggregate_type.as_str()));
        let rows = rows.map(|row| Recorded {
            position: row.position,
            recorded_at: row.recorded_at,
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
            sequence: row.sequence,
            event_type: row.event_type,
            event_version: row.event_version,
            payload: row.payload,
        });
        Ok(Stretch {
            rows: rows.collect(),
            last: end.map(|(last, _)| last),
            passed: end.map_or(0, |(_, passed)| passed),
        })
    }

    /// Makes a connection one for reading the log from one end to the other.
    pub async fn read_in_order(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query("set enable_sort = off").execute(connection).await?;
        Ok(())
    }
}
