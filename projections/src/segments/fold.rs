//! What events make of segments.

use crate::{Event, FoldError, touched};
use domain::{Fact, SegmentId, segment};
use sqlx::PgConnection;
use sqlx::types::Json;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        if let Fact::Segment(id, fact) = &event.fact {
            fold_one(connection, *id, fact, event).await?;
        }
    }
    Ok(())
}

async fn fold_one(
    connection: &mut PgConnection,
    id: SegmentId,
    fact: &segment::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        segment::Event::Created { owner, name, filter } => {
            sqlx::query!(
                "insert into segments (id, owner_id, name, filter, created_at, changed_at, version)
                 values ($1, $2, $3, $4, $5, $5, $6)",
                id.0,
                owner.0,
                name.as_str(),
                Json(filter) as _,
                event.at,
                event.version,
            )
            .execute(connection)
            .await?;
        }
        segment::Event::Changed { name, filter } => {
            let done = sqlx::query!(
                "update segments set name = coalesce($2, name), filter = coalesce($3, filter), changed_at = $4, version = $5
                  where id = $1",
                id.0,
                name.as_ref().map(segment::Name::as_str),
                filter.as_ref().map(Json) as _,
                event.at,
                event.version,
            )
            .execute(connection)
            .await?;
            touched(&done, "segments", id.0)?;
        }
        segment::Event::Deleted => {
            let done = sqlx::query!(
                "update segments set deleted_at = $2, version = $3 where id = $1",
                id.0,
                event.at,
                event.version,
            )
            .execute(connection)
            .await?;
            touched(&done, "segments", id.0)?;
        }
    }
    Ok(())
}
