//! How far the read models are.

use crate::graphql::context::Ask;
use crate::graphql::failure::Failure;
use crate::graphql::scalars::{DateTime, Long};
use async_graphql::{Context, Object, SimpleObject};
use sqlx::PgPool;

/// How far a read model is behind the log.
#[derive(SimpleObject)]
struct ProjectionStatus {
    name: String,
    /// The last event it shows.
    position: Long,
    /// The last event there is.
    head: Long,
    /// How many positions lie between.
    lag_events: Long,
    /// How old the first event is that it does not show yet; 0 if it shows all.
    lag_seconds: f64,
    /// How many events it has folded.
    folded: Long,
    /// The event that it stopped at and why, if it did.
    error: Option<String>,
    /// When it last moved.
    updated_at: DateTime,
}

#[derive(Default)]
pub(crate) struct ProjectionQuery;

#[Object]
impl ProjectionQuery {
    /// How far the read models are: for administrators.
    async fn projections(&self, context: &Context<'_>) -> Result<Option<Vec<ProjectionStatus>>, Failure> {
        context.administrator()?;
        let now = context.services().now();
        let rows = statuses(context.pool()).await?;
        let status = |row: Row| ProjectionStatus {
            lag_events: Long((row.head - row.position).max(0)),
            lag_seconds: row.waiting_since.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0)),
            name: row.name,
            position: Long(row.position),
            head: Long(row.head),
            folded: Long(row.folded),
            error: row.error,
            updated_at: row.updated_at.into(),
        };
        Ok(Some(rows.into_iter().map(status).collect()))
    }
}

struct Row {
    name: String,
    position: i64,
    head: i64,
    waiting_since: Option<chrono::DateTime<chrono::Utc>>,
    folded: i64,
    error: Option<String>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

async fn statuses(pool: &PgPool) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"select p.name, p.position, p.folded, p.error, p.updated_at,
                  coalesce((select max(e.position) from events e), 0) as "head!",
                  (select e.recorded_at from events e where e.position > p.position order by e.position limit 1)
                    as "waiting_since"
             from projections p order by p.name"#
    )
    .fetch_all(pool)
    .await
}
