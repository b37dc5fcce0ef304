//! Which mailings name a segment.

use domain::{SegmentId, UserId};
use sqlx::PgPool;

/// The names of this owner's mailings that can still run and name a segment, because they write to it or leave it out, the newest first.
pub async fn naming_segment(
    pool: &PgPool,
    owner: UserId,
    segment: SegmentId,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select m.name from mailings m
          where m.owner_id = $1 and m.deleted_at is null
            and m.status in ('active', 'paused', 'disabled', 'disabled_paused')
            and (exists (select from mailing_segments s where s.mailing_id = m.id and s.segment_id = $2)
                 or exists (select from mailing_less l
                             where l.mailing_id = m.id and l.id = $2 and l.kind = 'segment'))
          order by m.created_at desc, m.id desc limit $3",
        owner.0,
        segment.0,
        limit,
    )
    .fetch_all(pool)
    .await
}
