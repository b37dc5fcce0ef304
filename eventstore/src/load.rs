//! Aggregates, as the events of their streams make them.

use crate::codec::{self, Stored};
use crate::{Cause, EventStore, Loaded, StoreError};
use domain::Decide;
use futures::TryStreamExt;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

impl EventStore {
    /// Reads an aggregate's stream.
    pub async fn load<A: Decide>(&self, id: Uuid) -> Result<Loaded<A>, StoreError> {
        let mut loaded = Loaded::<A>::default();
        // One after the other: the revisions of a long letter are many megabytes together.
        let mut rows = sqlx::query!(
            r#"select payload::text as "payload!", event_type, event_version, event_id,
                      metadata ->> 'correlation_id' as correlation_id
                 from events where aggregate_type = $1 and aggregate_id = $2 order by sequence"#,
            A::TYPE,
            id.to_string(),
        )
        .fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            let stored = Stored { event_type: &row.event_type, version: &row.event_version, payload: &row.payload };
            loaded.state.evolve(codec::decode::<A>(id, stored)?);
            loaded.version += 1;
            loaded.goes_on(Cause::of_row(row.event_id, row.correlation_id.as_deref()));
        }
        Ok(loaded)
    }

    /// Reads the streams of many aggregates in one statement, in the order of their ids.
    pub async fn load_many<A: Decide>(&self, ids: &[Uuid]) -> Result<Vec<Loaded<A>>, StoreError> {
        Self::load_each(&self.pool, ids).await
    }

    /// The same for whoever holds a connection already, and must not wait for another one with a transaction open.
    pub async fn load_within<A: Decide>(
        connection: &mut PgConnection,
        ids: &[Uuid],
    ) -> Result<Vec<Loaded<A>>, StoreError> {
        Self::load_each(connection, ids).await
    }

    async fn load_each<A: Decide>(executor: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<Vec<Loaded<A>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let rows = sqlx::query!(
            // One look-up per stream, whatever the planner believes about a log that has just grown.
            r#"select asked.n as "n!", e.payload as "payload!", e.event_type as "event_type!",
                      e.event_version as "version!", e.event_id as "event_id!", e.correlation_id
                 from unnest($2::text[]) with ordinality as asked (id, n)
                cross join lateral (select payload::text as payload, event_type, event_version, sequence, event_id,
                                           metadata ->> 'correlation_id' as correlation_id
                                      from events
                                     where aggregate_type = $1 and aggregate_id = asked.id offset 0) e
                order by asked.n, e.sequence"#,
            A::TYPE,
            &keys,
        )
        .fetch_all(executor)
        .await?;
        let mut all: Vec<Loaded<A>> = ids.iter().map(|_| Loaded::default()).collect();
        for row in rows {
            let place = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let (Some(loaded), Some(id)) = (all.get_mut(place), ids.get(place)) else { continue };
            let stored = Stored { event_type: &row.event_type, version: &row.version, payload: &row.payload };
            loaded.state.evolve(codec::decode::<A>(*id, stored)?);
            loaded.version += 1;
            loaded.goes_on(Cause::of_row(row.event_id, row.correlation_id.as_deref()));
        }
        Ok(all)
    }
}
