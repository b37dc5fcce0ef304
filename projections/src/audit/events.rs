//! Events by their places in the log.

use crate::history::AuditEvent;
use sqlx::PgPool;

/// The events at these positions, oldest first.
pub(super) async fn at(pool: &PgPool, positions: &[i64]) -> Result<Vec<AuditEvent>, sqlx::Error> {
    sqlx::query_as!(
        AuditEvent,
        r#"select e.position as "position!", e.event_id as "event_id!", e.aggregate_type as "aggregate_type!",
                  e.aggregate_id as "aggregate_id!", e.sequence as "sequence!", e.event_type as "event_type!",
                  e.event_version as "event_version!", e.recorded_at as "recorded_at!", e.metadata as "metadata!",
                  e.payload as "payload!"
             from unnest($1::bigint[]) as p (position)
            cross join lateral (select * from events where position = p.position offset 0) e
            order by e.position"#,
        positions,
    )
    .fetch_all(pool)
    .await
}
