//! Which events belong to which mailing: its own, its runs' and its batches', and what was reported of its letters.

use crate::{Access, Event, FoldError};
use chrono::{DateTime, Utc};
use domain::{Fact, MailingId, UnknownFact, batch, run};
use eventstore::{Metadata, Stored};
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;
use uuid::Uuid;

/// An event in a mailing's history.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// The event's place in the log.
    pub position: i64,
    /// The event's own id.
    pub event_id: Uuid,
    /// The aggregate type of the stream.
    pub aggregate_type: String,
    /// The id of the stream.
    pub aggregate_id: String,
    /// The event's place in the stream, counted from 1.
    pub sequence: i64,
    /// The event's name.
    pub event_type: String,
    /// The version in which the event was written.
    pub event_version: String,
    /// The moment when the event was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who caused the event, and on whose request; see [`eventstore::Metadata::from_json`].
    pub metadata: serde_json::Value,
    /// What happened, as it is stored.
    pub payload: serde_json::Value,
}

impl AuditEvent {
    /// What happened, as the domain knows it today, in whatever form it is stored; an error if this version does not know the
    /// event.
    pub fn fact(&self) -> Result<Fact, UnknownFact> {
        let payload = self.payload.to_string();
        let stored = Stored { event_type: &self.event_type, version: &self.event_version, payload: &payload };
        eventstore::fact(&self.aggregate_type, &self.aggregate_id, stored)
    }
}

impl AuditEvent {
    /// What is told of it beside what happened.
    #[must_use]
    pub fn told(&self) -> Metadata {
        Metadata::from_json(&self.metadata)
    }

    /// The course of things that it belongs to; `None` if another program wrote it without one.
    #[must_use]
    pub fn correlation(&self) -> Option<Uuid> {
        Some(self.told().correlation_id).filter(|id| !id.is_nil())
    }

    /// The id of the event that it followed from, if it did from one.
    #[must_use]
    pub fn caused_by(&self) -> Option<Uuid> {
        self.told().causation_id
    }
}

/// A query of a mailing's events: what narrows them down, and their order. It is checked when it is compiled.
macro_rules! events {
    ($rest:literal $(, $value:expr)* $(,)?) => {
        sqlx::query_as!(
            AuditEvent,
            "select e.position, e.event_id, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                e.recorded_at, e.metadata, e.payload
           from history h
           join events e on e.position = h.position
           join mailings m on m.id = h.mailing_id
          where h.mailing_id = $1 and ($2::uuid is null or m.owner_id = $2) "
                + $rest,
            $($value,)*
        )
    };
}

/// The history of a mailing after a position, oldest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    mailing: MailingId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    events!(
        "and ($3::bigint is null or h.position > $3) order by h.position limit $4",
        mailing.0,
        access.owner(),
        after,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// The history of a mailing before a position, newest first; without the parts of its runs, and what was reported of their letters,
/// unless they are asked for, which are most of it.
pub async fn newest(
    pool: &PgPool,
    access: Access,
    mailing: MailingId,
    batches: bool,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    events!(
        "and ($3::bigint is null or h.position < $3) and ($4 or e.aggregate_type not in ('batch', 'feedback'))
          order by h.position desc limit $5",
        mailing.0,
        access.owner(),
        before,
        batches,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many events a mailing's history has.
pub async fn count(pool: &PgPool, access: Access, mailing: MailingId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from history h join mailings m on m.id = h.mailing_id
            where h.mailing_id = $1 and ($2::uuid is null or m.owner_id = $2)"#,
        mailing.0,
        access.owner(),
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // Only the first event of a run or batch names the mailing; the others find it by their stream.
    let mut streams: HashMap<Uuid, Uuid> = HashMap::new();
    let mut begun: Vec<(Uuid, Uuid)> = Vec::new();
    for event in events {
        let (stream, mailing) = match &event.fact {
            Fact::Run(id, run::Event::Started { origin, .. }) => (id.0, origin.mailing),
            Fact::Run(id, run::Event::OccurrencesMissed { mailing, .. }) => (id.0, *mailing),
            Fact::Batch(id, batch::Event::Planned { mailing, .. }) => (id.0, *mailing),
            _ => continue,
        };
        streams.insert(stream, mailing.0);
        begun.push((stream, mailing.0));
    }
    let (ids, mailings): (Vec<Uuid>, Vec<Uuid>) = begun.into_iter().unzip();
    if !ids.is_empty() {
        sqlx::query!(
            "insert into history_streams (aggregate_id, mailing_id) select * from unnest($1::uuid[], $2::uuid[])",
            &ids,
            &mailings,
        )
        .execute(&mut *connection)
        .await?;
    }
    let older: Vec<Uuid> = events
        .iter()
        .filter_map(|event| stream_of(&event.fact))
        .filter(|stream| !streams.contains_key(stream))
        .collect();
    if !older.is_empty() {
        let rows =
            sqlx::query!("select aggregate_id, mailing_id from history_streams where aggregate_id = any($1)", &older)
                .fetch_all(&mut *connection)
                .await?;
        streams.extend(rows.into_iter().map(|row| (row.aggregate_id, row.mailing_id)));
    }
    let mut mailings = Vec::with_capacity(events.len());
    let mut positions = Vec::with_capacity(events.len());
    for event in events {
        let mailing = match (&event.fact, stream_of(&event.fact)) {
            (Fact::Mailing(id, _), _) => id.0,
            // Each of these tells which mailing it is about.
            (Fact::Feedback(_, event), _) => event.letter().mailing.0,
            (_, Some(stream)) => *streams
                .get(&stream)
                .ok_or_else(|| FoldError::Inconsistent(format!("no mailing is known for stream {stream}")))?,
            (_, None) => continue,
        };
        mailings.push(mailing);
        positions.push(event.position);
    }
    sqlx::query!(
        "insert into history (mailing_id, position) select * from unnest($1::uuid[], $2::bigint[])",
        &mailings,
        &positions,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn stream_of(fact: &Fact) -> Option<Uuid> {
    match fact {
        Fact::Run(id, _) => Some(id.0),
        Fact::Batch(id, _) => Some(id.0),
        _ => None,
    }
}
