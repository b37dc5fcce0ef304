//! Appending: events of one or many streams in one statement, together with what they claim.

use crate::codec::{self, Encoded};
use crate::error::{AppendError, StoreError};
use crate::writing::{insert, leave_one, release, take, take_and_insert};
use crate::{Blame, Cause, EventStore, Loaded, Metadata, PATIENCE};
use domain::{Claim, Decide};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// An append that was given up because this process was too slow is given so much time at last.
pub(crate) const LONGEST: Duration = Duration::from_secs(8);

/// Events to be appended to one stream.
#[derive(Clone, Debug)]
pub struct Append {
    pub(crate) aggregate_type: &'static str,
    pub(crate) aggregate_id: String,
    /// The sequence of the stream's last event; 0 for a stream that begins.
    pub(crate) after: i64,
    /// The stream's last event, with the correlation of the stream; none for a stream that begins.
    last: Option<Cause>,
    /// Whether the stream is one course of action, see [`Decide::COURSE`].
    course: bool,
    /// What it follows from, other than what the metadata tell of all streams of the append.
    cause: Option<Cause>,
    pub(crate) events: Vec<Fresh>,
    pub(crate) release: Vec<Claim>,
    /// Those to release of whose kind one must be left.
    pub(crate) needed: Vec<Claim>,
    pub(crate) take: Vec<Claim>,
}

/// An event that is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    pub(crate) id: Uuid,
    pub(crate) encoded: Encoded,
}

/// Where events landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the last event in the log; a read model that has reached it shows them all.
    pub position: i64,
    /// The sequence of the (last) stream's last event, which is the version of what it describes.
    pub version: i64,
}

impl Append {
    /// The `events` that were decided on a stream as it was loaded.
    pub fn new<A: Decide>(id: Uuid, loaded: Loaded<A>, events: Vec<A::Event>) -> Result<Self, StoreError> {
        let Loaded { mut state, version: after, last } = loaded;
        let before: BTreeSet<Claim> = state.claims().into_iter().collect();
        let mut fresh = Vec::with_capacity(events.len());
        for event in events {
            fresh.push(Fresh { id: Uuid::now_v7(), encoded: codec::encode::<A>(id, &event)? });
            state.evolve(event);
        }
        let held: BTreeSet<Claim> = state.claims().into_iter().collect();
        Ok(Self {
            aggregate_type: A::TYPE,
            aggregate_id: id.to_string(),
            after,
            last,
            course: A::COURSE,
            cause: None,
            events: fresh,
            release: before.difference(&held).flat_map(Claim::spellings).collect(),
            needed: before.difference(&held).filter(|claim| A::needed(claim).is_some()).cloned().collect(),
            take: held.difference(&before).cloned().collect(),
        })
    }

    /// The events of a stream that begins.
    pub fn begin<A: Decide>(id: Uuid, events: Vec<A::Event>) -> Result<Self, StoreError> {
        Self::new::<A>(id, Loaded::default(), events)
    }

    /// The same for events that follow from something else than the rest of the append, such as a letter about what is appended
    /// beside it.
    #[must_use]
    pub fn caused_by(mut self, cause: Option<Cause>) -> Self {
        self.cause = cause;
        self
    }

    /// The last of its events as the cause of what follows from it, once they are appended with these metadata; what its stream
    /// ends with already, if nothing is to be appended.
    #[must_use]
    pub fn ends_in(&self, metadata: &Metadata) -> Option<Cause> {
        let (correlation_id, _) = self.origin(metadata);
        self.events.last().map(|event| Cause { event_id: event.id, correlation_id }).or(self.last)
    }

    /// The correlation of its events, and what the first of them followed from. A course of action keeps its correlation,
    /// whatever it follows from: what another program has written meanwhile may belong to something else, or to nothing.
    fn origin(&self, metadata: &Metadata) -> (Uuid, Option<Uuid>) {
        let own = self.last.filter(|_| self.course).map(|last| last.correlation_id).filter(|id| !id.is_nil());
        let (correlation_id, causation_id) = match (self.cause, metadata.causation_id, self.last) {
            (Some(cause), ..) => {
                let Metadata { correlation_id, causation_id, .. } = metadata.clone().caused_by(cause);
                (correlation_id, causation_id)
            }
            (None, Some(id), _) => (metadata.correlation_id, Some(id)),
            (None, None, last) => (metadata.correlation_id, last.map(|last| last.event_id)),
        };
        (own.unwrap_or(correlation_id), causation_id)
    }

    /// The metadata of its events: each followed from the one before it.
    pub(crate) fn metadata<'a>(&'a self, metadata: &'a Metadata) -> impl Iterator<Item = Value> + 'a {
        let (correlation_id, first) = self.origin(metadata);
        let causes = std::iter::once(first).chain(self.events.iter().map(|event| Some(event.id)));
        let told =
            causes.map(move |causation_id| Metadata { correlation_id, causation_id, ..metadata.clone() }.to_json());
        told.take(self.events.len())
    }

    /// The version that the stream has with them.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.after + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }
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
