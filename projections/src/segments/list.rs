//! Segments as lists.

use super::{Segment, Stored};
use crate::columns::only;
use crate::{Access, Cursor, Listed, ReadError, sought, split};
use domain::{SegmentId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

/// The segment of this id; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: SegmentId) -> Result<Option<Segment>, ReadError> {
    only(by_ids(pool, access, &[id.0]).await?)
}

/// Segments by their ids, without deleted ones, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Listed<Uuid, Segment>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, name, filter, created_at, deleted_at, version from segments
          where id = any($1) and deleted_at is null and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// Segments by their ids, also deleted ones, in no order: whoever is to be left out is not forgotten with the segment.
pub(crate) async fn also_deleted(
    pool: &PgPool,
    access: Access,
    ids: &[Uuid],
) -> Result<Listed<Uuid, Segment>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, name, filter, created_at, deleted_at, version from segments
          where id = any($1) and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// The segments whose name contains this, in any case, after a place, oldest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Segment>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = sqlx::query_as!(
        Stored,
        "select id, owner_id, name, filter, created_at, deleted_at, version from segments
          where deleted_at is null and ($1::uuid is null or owner_id = $1)
            and ($2::text is null or strpos(folded(name), (select folded($2))) > 0)
            and ($3::timestamptz is null or (created_at, id) > ($3, $4))
          order by created_at, id limit $5",
        access.owner(),
        sought(search),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many segments have a name that contains this.
pub async fn count(pool: &PgPool, access: Access, search: Option<&str>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from segments
            where deleted_at is null and ($1::uuid is null or owner_id = $1)
              and ($2::text is null or strpos(folded(name), (select folded($2))) > 0)"#,
        access.owner(),
        sought(search),
    )
    .fetch_one(pool)
    .await
}

/// How many segments an owner has; counted up to `most`, so that it takes no longer however many there are.
pub async fn held(pool: &PgPool, owner: UserId, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "held!" from
               (select from segments where owner_id = $1 and deleted_at is null limit $2) as counted"#,
        owner.0,
        most,
    )
    .fetch_one(pool)
    .await
}
