//! Whole streams with the place of each event in the log, for whoever asks what something was at several places.

use crate::codec::{self, Stored};
use crate::{EventStore, StoreError};
use chrono::{DateTime, Utc};
use domain::Decide;
use sqlx::PgExecutor;
use uuid::Uuid;

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed<E> {
    /// What happened.
    pub event: E,
    /// The event's place in the log.
    pub position: i64,
    /// The moment when PostgreSQL took the event.
    pub recorded_at: DateTime<Utc>,
}

impl EventStore {
    /// The events of each of these streams with their places, in order. The streams are in the order of their ids.
    pub async fn events_placed<A: Decide>(
        executor: impl PgExecutor<'_>,
        ids: &[Uuid],
    ) -> Result<Vec<Vec<Placed<A::Event>>>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let rows = sqlx::query!(
            // One look-up per stream, as in `load_each`.
            r#"select asked.n as "n!", e.payload as "payload!", e.event_type as "event_type!", e.event_version as "version!",
                      e.position as "position!", e.recorded_at as "recorded_at!"
                 from unnest($2::text[]) with ordinality as asked (id, n)
                cross join lateral (select payload::text as payload, event_type, event_version, sequence, position, recorded_at
                                      from events
                                     where aggregate_type = $1 and aggregate_id = asked.id offset 0) e
                order by asked.n, e.sequence"#,
            A::TYPE,
            &keys,
        )
        .fetch_all(executor)
        .await?;
        let mut all: Vec<Vec<Placed<A::Event>>> = ids.iter().map(|_| Vec::new()).collect();
        for row in rows {
            let place = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let (Some(events), Some(id)) = (all.get_mut(place), ids.get(place)) else { continue };
            let stored = Stored { event_type: &row.event_type, version: &row.version, payload: &row.payload };
            let event = codec::decode::<A>(*id, stored)?;
            events.push(Placed { event, position: row.position, recorded_at: row.recorded_at });
        }
        Ok(all)
    }
}
