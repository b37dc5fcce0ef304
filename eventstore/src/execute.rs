//! Commands: load, decide, append.

use crate::codec::{self, Stored};
use crate::error::{AppendError, ExecuteError, StoreError};
use crate::{Append, Cause, EventStore, Loaded, Metadata, Receipt};
use chrono::{DateTime, Utc};
use cqrs_es::persist::PersistedEventRepository;
use domain::{Actor, Decide};
use futures::TryStreamExt;
use postgres_es::PostgresEventRepository;
use sqlx::{PgConnection, PgExecutor};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// How often a command is decided again after a conflict, before its caller hears of it.
const ATTEMPTS: u32 = 10;

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

    /// Runs a command, and again when somebody else appended to the stream in the meantime.
    ///
    /// It runs in a task of its own: a caller that hangs up does not cut it in half.
    pub async fn execute<A>(
        &self,
        id: Uuid,
        command: A::Command,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        self.execute_expecting::<A>(id, None, command, metadata).await
    }

    /// Like [`Self::execute`], but only if the stream is still at `expected`, the version that the caller decided on.
    pub async fn execute_expecting<A>(
        &self,
        id: Uuid,
        expected: Option<i64>,
        command: A::Command,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        self.execute_all::<A>(id, expected, vec![command], |_| Ok(None), metadata).await
    }

    /// Like [`Self::execute_expecting`] for several commands, all of them or none, in one append. What is appended `beside`
    /// them, to another stream, is made of the state before, follows from them, and is appended exactly if something happens.
    pub async fn execute_all<A>(
        &self,
        id: Uuid,
        expected: Option<i64>,
        commands: Vec<A::Command>,
        beside: impl Fn(&A) -> Result<Option<Append>, StoreError> + Send + 'static,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        let (store, metadata) = (self.clone(), metadata.clone());
        let task = tokio::spawn(async move { store.try_execute::<A>(id, expected, commands, beside, &metadata).await });
        task.await.map_err(StoreError::from)?
    }

    /// Begins a stream. Asked again with the same content it answers as the first time; the same id
    /// with other content is [`ExecuteError::KeyReused`].
    pub async fn create<A>(
        &self,
        id: Uuid,
        command: A::Command,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        self.create_all::<A>(id, command, Vec::new(), metadata).await
    }

    /// Begins a stream, and goes on at once with what else is asked of it, in one append. Asked again it answers as the first time if
    /// the same command began the stream; what else was asked of it then is not compared, and not done again.
    pub async fn create_all<A>(
        &self,
        id: Uuid,
        command: A::Command,
        more: Vec<A::Command>,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        let (store, metadata) = (self.clone(), metadata.clone());
        let task = tokio::spawn(async move { store.try_create::<A>(id, command, more, &metadata).await });
        task.await.map_err(StoreError::from)?
    }

    async fn try_execute<A>(
        &self,
        id: Uuid,
        expected: Option<i64>,
        commands: Vec<A::Command>,
        beside: impl Fn(&A) -> Result<Option<Append>, StoreError>,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone,
        A::Command: Clone,
    {
        for attempt in 1..=ATTEMPTS {
            let loaded = self.load::<A>(id).await?;
            let version = loaded.version;
            // Deciding comes first: somebody else's object is "not found", whatever version is named.
            let events = loaded.state.decide_all(commands.clone()).map_err(ExecuteError::Refused)?;
            if let Some(expected) = expected.filter(|expected| *expected != version) {
                return Err(ExecuteError::StaleVersion { expected, actual: version });
            }
            if events.is_empty() {
                return Ok(Receipt { position: self.last_position::<A>(id).await?, version });
            }
            let beside = beside(&loaded.state)?;
            let append = Append::new(id, loaded, events)?;
            let (decided, last) = (append.version(), append.ends_in(metadata));
            let mut appends = vec![append];
            appends.extend(beside.map(|beside| beside.caused_by(last)));
            match self.append(&appends, metadata).await {
                Ok(receipt) => return Ok(Receipt { version: decided, ..receipt }),
                Err(AppendError::Conflict) => tokio::time::sleep(pause(attempt, metadata.request_id)).await,
                // Decided on an old state, it may be this very stream that holds the value by now.
                Err(AppendError::Claimed(_) | AppendError::Needed(_))
                    if self.load::<A>(id).await?.version != version => {}
                Err(error) => return Err(error.refused::<A>()),
            }
        }
        Err(ExecuteError::Conflict)
    }

    async fn try_create<A: Decide>(
        &self,
        id: Uuid,
        command: A::Command,
        more: Vec<A::Command>,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        // A key that is used for the first time needs no look at what exists: what is there already is a conflict.
        let mut looks = A::default().decide(command.clone()).is_err();
        for attempt in 1..=ATTEMPTS {
            let looked = std::mem::replace(&mut looks, true);
            if looked {
                // What exists comes before the rules: what was right then may be refused by now (a window that has ended), and
                // still deserves the first answer.
                let existing = self.events_of::<A>(id).await?;
                if !existing.is_empty() {
                    let repeated = A::was_begun_by(&existing, &command);
                    return self.answer_again::<A>(id, existing.len(), repeated).await;
                }
            }
            let (mut state, mut events) = (A::default(), Vec::new());
            for command in std::iter::once(&command).chain(&more) {
                for event in state.decide(command.clone()).map_err(ExecuteError::Refused)? {
                    events.push(event.clone());
                    state.evolve(event);
                }
            }
            let append = Append::begin::<A>(id, events)?;
            match self.append(&[append], metadata).await {
                Ok(receipt) => return Ok(receipt),
                Err(AppendError::Conflict) if !looked => {}
                Err(AppendError::Conflict) => tokio::time::sleep(pause(attempt, metadata.request_id)).await,
                // The same request at the same time may have taken it.
                Err(AppendError::Claimed(_)) if !self.events_of::<A>(id).await?.is_empty() => {}
                Err(error) => return Err(error.refused::<A>()),
            }
        }
        Err(ExecuteError::Conflict)
    }

    async fn answer_again<A: Decide>(
        &self,
        id: Uuid,
        events: usize,
        repeated: bool,
    ) -> Result<Receipt, ExecuteError<A::Error>> {
        if !repeated {
            return Err(ExecuteError::KeyReused);
        }
        let version = i64::try_from(events).unwrap_or(i64::MAX);
        Ok(Receipt { position: self.last_position::<A>(id).await?, version })
    }

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

    async fn events_of<A: Decide>(&self, id: Uuid) -> Result<Vec<A::Event>, StoreError> {
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

/// A few milliseconds, growing, and different for each request and attempt, so that those who collided do not collide
/// again.
fn pause(attempt: u32, request: Uuid) -> Duration {
    let spread = u128::from(4 * attempt * attempt);
    let jitter = (request.as_u128() >> attempt) % spread;
    Duration::from_millis(1 + u64::try_from(jitter).unwrap_or(0))
}
