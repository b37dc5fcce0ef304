//! When mailings run next depends on the rules of time zones, which change.

use super::Stored;
use sqlx::PgPool;
use uuid::Uuid;

/// How many are reckoned at once.
const PAGE: i64 = 500;

/// Reckons anew when all mailings run next that have not ended, by the rules of time zones in use, and says how many run at
/// another moment than the read model showed. What an event changes meanwhile is left to that.
pub async fn reckon_next_runs(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let (mut moved, mut after) = (0, Uuid::nil());
    loop {
        let page = sqlx::query_as!(
            Stored,
            r#"select id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                      time_zone, in_doubt, kind, relay, sender_id, status, reason, last_occurrence, next_run_at, sent, created_at,
                      deleted_at, version, planned_at, false as "owner_blocked!"
                 from mailings
                where id > $1 and deleted_at is null
                  and status in ('active', 'paused', 'disabled', 'disabled_paused')
                order by id limit $2"#,
            after,
            PAGE,
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = page.last() else { return Ok(moved) };
        after = last.id;
        for mailing in page {
            // What does not read is told by whoever wants to start it.
            let Ok(mailing) = mailing.read() else { continue };
            let Ok(next) = mailing.next_after(mailing.last_occurrence) else { continue };
            if next == mailing.next_run_at {
                continue;
            }
            let done = sqlx::query!(
                "update mailings set next_run_at = $2
                  where id = $1 and version = $3 and last_occurrence is not distinct from $4",
                mailing.id,
                next,
                mailing.version,
                mailing.last_occurrence,
            )
            .execute(pool)
            .await?;
            moved += done.rows_affected();
        }
    }
}
