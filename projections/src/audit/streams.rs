//! What happened to one thing: the events of its streams, oldest first.

use super::events::at;
use crate::history::AuditEvent;
use domain::{ClientId, StreamKind};
use sqlx::PgPool;
use uuid::Uuid;

/// A stream of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The kind of the stream.
    pub kind: StreamKind,
    /// Its id.
    pub id: Uuid,
}

impl Stream {
    /// The stream of something.
    #[must_use]
    pub fn new(kind: StreamKind, id: Uuid) -> Self {
        Self { kind, id }
    }
}

/// The events of these streams after a position, oldest first. Whoever asks may read what the streams are of.
pub async fn of_streams(
    pool: &PgPool,
    streams: &[Stream],
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let (kinds, ids) = split(streams);
    // Positions grow with sequences, so of each stream no more than the page can need is looked at.
    let positions = sqlx::query_scalar!(
        r#"select e.position as "position!"
             from unnest($1::text[], $2::text[]) as s (kind, id)
            cross join lateral (select position from events
                                 where aggregate_type = s.kind and aggregate_id = s.id
                                   and ($3::bigint is null or position > $3)
                                 order by aggregate_type, aggregate_id, sequence limit $4) e
            where e.position <= (select position from projections where name = 'audit')
            order by 1 limit $4"#,
        &kinds as &[&str],
        &ids,
        after,
        limit,
    )
    .fetch_all(pool)
    .await?;
    at(pool, &positions).await
}

/// How many events these streams have.
pub async fn count_of_streams(pool: &PgPool, streams: &[Stream]) -> Result<i64, sqlx::Error> {
    let (kinds, ids) = split(streams);
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
             from unnest($1::text[], $2::text[]) as s (kind, id)
            cross join lateral (select position from events
                                 where aggregate_type = s.kind and aggregate_id = s.id offset 0) e
            where e.position <= (select position from projections where name = 'audit')"#,
        &kinds as &[&str],
        &ids,
    )
    .fetch_one(pool)
    .await
}

/// The events that concern a client after a position, oldest first: those of its stream, and what was reported of letters that went to
/// it. Whoever asks may read the client.
pub async fn of_client(
    pool: &PgPool,
    client: ClientId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let positions = sqlx::query_scalar!(
        r#"select p.position as "position!"
             from ((select position from events
                     where aggregate_type = $1 and aggregate_id = $2 and ($4::bigint is null or position > $4)
                     order by aggregate_type, aggregate_id, sequence limit $5)
                   union all
                   (select position from feedback
                     where client_id = $3 and ($4::bigint is null or position > $4) order by position limit $5)) p
            where p.position <= (select min(position) from projections where name in ('audit', 'feedback'))
            order by 1 limit $5"#,
        StreamKind::Client.name(),
        client.to_string(),
        client.0,
        after,
        limit,
    )
    .fetch_all(pool)
    .await?;
    at(pool, &positions).await
}

/// How many events concern a client.
pub async fn count_of_client(pool: &PgPool, client: ClientId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
             from (select position from events where aggregate_type = $1 and aggregate_id = $2
                   union all
                   select position from feedback where client_id = $3) p
            where p.position <= (select min(position) from projections where name in ('audit', 'feedback'))"#,
        StreamKind::Client.name(),
        client.to_string(),
        client.0,
    )
    .fetch_one(pool)
    .await
}

fn split(streams: &[Stream]) -> (Vec<&'static str>, Vec<String>) {
    streams.iter().map(|stream| (stream.kind.name(), stream.id.to_string())).unzip()
}
