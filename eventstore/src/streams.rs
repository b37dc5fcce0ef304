//! What the log has of a stream: its events, or some of them, who caused the last one, and where they are.

use crate::codec::{self, Stored};
use crate::{Cause, EventStore, Metadata, StoreError};
use chrono::{DateTime, Utc};
use cqrs_es::persist::PersistedEventRepository;
use domain::{Actor, Decide};
use postgres_es::PostgresEventRepository;
use sqlx::PgExecutor;
use std::collections::HashMap;
use uuid::Uuid;

impl EventStore {
    /// The last event of a stream, as the cause of what follows from it; none if the stream has not begun. For who lost the
    /// connection in an append and meets a conflict when repeating it, it also tells whether it was written: the same events may
    /// be there, and yet be somebody else's.
    pub async fn last_of<A: Decide>(&self, id: Uuid) -> Result<Option<Cause>, StoreError> {
        Ok(self.last_of_each::<A>(&[id]).await?.remove(&id))
    }

    /// The last event of each of these streams that has begun, in one statement.
    pub async fn last_of_each<A: Decide>(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Cause>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let rows = sqlx::query!(
            // A course of action has the correlation with which it began.
            r#"select asked.n as "n!", e.event_id as "event_id!",
                      coalesce((select metadata ->> 'correlation_id' from events
                                 where $3 and aggregate_type = $1 and aggregate_id = asked.id and sequence = 1),
                               e.correlation_id) as correlation_id
                 from unnest($2::text[]) with ordinality as asked (id, n)
                cross join lateral (select event_id, metadata ->> 'correlation_id' as correlation_id from events
                                     where aggregate_type = $1 and aggregate_id = asked.id
                                     order by sequence desc limit 1) e"#,
            A::TYPE,
            &keys,
            A::COURSE,
        )
        .fetch_all(&self.pool)
        .await?;
        let place = |n: i64| usize::try_from(n - 1).ok().and_then(|place| ids.get(place).copied());
        Ok(rows
            .into_iter()
            .filter_map(|row| Some((place(row.n)?, Cause::of_row(row.event_id, row.correlation_id.as_deref()))))
            .collect())
    }

    /// Who caused the last event of this name in a stream; none if it has none.
    pub async fn last_actor<A: Decide>(&self, id: Uuid, event_type: &str) -> Result<Option<Actor>, StoreError> {
        let metadata = sqlx::query_scalar!(
            "select metadata from events where aggregate_type = $1 and aggregate_id = $2 and event_type = $3
              order by sequence desc limit 1",
            A::TYPE,
            id.to_string(),
            event_type,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(metadata.map(|metadata| Metadata::from_json(&metadata).actor))
    }

    /// All events of a stream, in order; none if it has not begun.
    pub(crate) async fn events_of<A: Decide>(&self, id: Uuid) -> Result<Vec<A::Event>, StoreError> {
        let repository = PostgresEventRepository::new(self.pool.clone());
        let events = repository.get_events::<A>(&id.to_string()).await?;
        events.into_iter().map(|event| codec::decode_serialized::<A>(id, event)).collect()
    }

    /// The events of a stream after a version of it, in order.
    pub async fn events_after<A: Decide>(&self, id: Uuid, version: i64) -> Result<Vec<A::Event>, StoreError> {
        let rows = sqlx::query!(
            r#"select payload::text as "payload!", event_type, event_version from events
                where aggregate_type = $1 and aggregate_id = $2 and sequence > $3 order by sequence"#,
            A::TYPE,
            id.to_string(),
            version,
        )
        .fetch_all(&self.pool)
        .await?;
        let stored = rows.iter().map(|row| Stored {
            event_type: &row.event_type,
            version: &row.event_version,
            payload: &row.payload,
        });
        stored.map(|stored| codec::decode::<A>(id, stored)).collect()
    }

    /// The events of each of these streams up to a position of the log, in order: what they were told by then. The streams are in
    /// the order of their ids.
    pub async fn events_until<A: Decide>(
        executor: impl PgExecutor<'_>,
        ids: &[Uuid],
        position: i64,
    ) -> Result<Vec<Vec<A::Event>>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let rows = sqlx::query!(
            // One look-up per stream, as in `load_each`.
            r#"select asked.n as "n!", e.payload as "payload!", e.event_type as "event_type!", e.event_version as "version!"
                 from unnest($2::text[]) with ordinality as asked (id, n)
                cross join lateral (select payload::text as payload, event_type, event_version, sequence, position
                                      from events
                                     where aggregate_type = $1 and aggregate_id = asked.id offset 0) e
                where e.position <= $3
                order by asked.n, e.sequence"#,
            A::TYPE,
            &keys,
            position,
        )
        .fetch_all(executor)
        .await?;
        let mut all: Vec<Vec<A::Event>> = ids.iter().map(|_| Vec::new()).collect();
        for row in rows {
            let place = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let (Some(events), Some(id)) = (all.get_mut(place), ids.get(place)) else { continue };
            let stored = Stored { event_type: &row.event_type, version: &row.version, payload: &row.payload };
            events.push(codec::decode::<A>(*id, stored)?);
        }
        Ok(all)
    }

    /// The events of each of these streams that were recorded up to a moment, each with its own, in order: what they told then. A stream
    /// ends at its first event that was recorded later. The streams are in the order of their ids.
    pub async fn events_as_of<A: Decide>(
        &self,
        ids: &[Uuid],
        at: DateTime<Utc>,
    ) -> Result<Vec<Vec<(A::Event, DateTime<Utc>)>>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let rows = sqlx::query!(
            // One look-up per stream, as in `load_each`.
            r#"select asked.n as "n!", e.payload as "payload!", e.event_type as "event_type!", e.event_version as "version!",
                      e.recorded_at as "recorded_at!"
                 from unnest($2::text[]) with ordinality as asked (id, n)
                cross join lateral (select payload::text as payload, event_type, event_version, sequence, recorded_at
                                      from events
                                     where aggregate_type = $1 and aggregate_id = asked.id offset 0) e
                order by asked.n, e.sequence"#,
            A::TYPE,
            &keys,
        )
        .fetch_all(&self.pool)
        .await?;
        let mut all: Vec<Vec<(A::Event, DateTime<Utc>)>> = ids.iter().map(|_| Vec::new()).collect();
        let mut over = vec![false; ids.len()];
        for row in rows {
            let place = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let (Some(events), Some(over), Some(id)) = (all.get_mut(place), over.get_mut(place), ids.get(place)) else {
                continue;
            };
            // A clock that was put back makes nothing undone that had happened.
            *over |= row.recorded_at > at;
            if !*over {
                let stored = Stored { event_type: &row.event_type, version: &row.version, payload: &row.payload };
                events.push((codec::decode::<A>(*id, stored)?, row.recorded_at));
            }
        }
        Ok(all)
    }

    /// The events of these types that a stream has, each with the moment when it was recorded, in order.
    pub async fn events_recorded<A: Decide>(
        &self,
        id: Uuid,
        types: &[&str],
    ) -> Result<Vec<(A::Event, DateTime<Utc>)>, StoreError> {
        let rows = sqlx::query!(
            r#"select payload::text as "payload!", event_type, event_version, recorded_at from events
                where aggregate_type = $1 and aggregate_id = $2 and event_type = any($3) order by sequence"#,
            A::TYPE,
            id.to_string(),
            types as &[&str],
        )
        .fetch_all(&self.pool)
        .await?;
        let read = rows.iter().map(|row| {
            let stored = Stored { event_type: &row.event_type, version: &row.event_version, payload: &row.payload };
            codec::decode::<A>(id, stored).map(|event| (event, row.recorded_at))
        });
        read.collect()
    }

    /// For each pair of streams the events of these types that the first one was told before the second one began, in order. None, if
    /// that one has not begun.
    pub async fn events_before<A: Decide, B: Decide>(
        executor: impl PgExecutor<'_>,
        pairs: &[(Uuid, Uuid)],
        types: &[&str],
    ) -> Result<Vec<Vec<A::Event>>, StoreError> {
        let (keys, later): (Vec<String>, Vec<String>) =
            pairs.iter().map(|(id, later)| (id.to_string(), later.to_string())).unzip();
        let rows = sqlx::query!(
            // One look-up per stream, as in `load_each`.
            r#"select asked.n as "n!", e.payload as "payload!", e.event_type as "event_type!", e.event_version as "version!"
                 from unnest($3::text[], $4::text[]) with ordinality as asked (id, later, n)
                cross join lateral (select position from events
                                     where aggregate_type = $2 and aggregate_id = asked.later and sequence = 1 offset 0) began
                cross join lateral (select payload::text as payload, event_type, event_version, sequence, position
                                      from events
                                     where aggregate_type = $1 and aggregate_id = asked.id offset 0) e
                where e.position < began.position and e.event_type = any($5)
                order by asked.n, e.sequence"#,
            A::TYPE,
            B::TYPE,
            &keys,
            &later,
            types as &[&str],
        )
        .fetch_all(executor)
        .await?;
        let mut all: Vec<Vec<A::Event>> = pairs.iter().map(|_| Vec::new()).collect();
        for row in rows {
            let place = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let (Some(events), Some((id, _))) = (all.get_mut(place), pairs.get(place)) else { continue };
            let stored = Stored { event_type: &row.event_type, version: &row.version, payload: &row.payload };
            events.push(codec::decode::<A>(*id, stored)?);
        }
        Ok(all)
    }

    /// The position of a stream's first event, 0 if it has none.
    pub async fn first_position<A: Decide>(&self, id: Uuid) -> Result<i64, StoreError> {
        let position = sqlx::query_scalar!(
            "select position from events where aggregate_type = $1 and aggregate_id = $2 and sequence = 1",
            A::TYPE,
            id.to_string(),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(position.unwrap_or(0))
    }

    /// The position of the last event of this type that a stream has; `None` if it has none.
    pub async fn last_of_type<A: Decide>(&self, id: Uuid, event_type: &str) -> Result<Option<i64>, StoreError> {
        let position = sqlx::query_scalar!(
            "select max(position) from events where aggregate_type = $1 and aggregate_id = $2 and event_type = $3",
            A::TYPE,
            id.to_string(),
            event_type,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(position)
    }

    /// The position of a stream's last event, 0 if it has none.
    pub async fn last_position<A: Decide>(&self, id: Uuid) -> Result<i64, StoreError> {
        let position = sqlx::query_scalar!(
            "select max(position) from events where aggregate_type = $1 and aggregate_id = $2",
            A::TYPE,
            id.to_string(),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(position.unwrap_or(0))
    }
}
