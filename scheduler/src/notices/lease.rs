//! An engine claims a notice, keeps it, and gives it back. The same as with batches (`crate::send::lease`): a lease keeps two
//! engines from doing the same work, and what keeps them from sending twice is the notice's stream.

use crate::context::Context;
use crate::error::EngineError;
use crate::held::{Kept, Leased};
use crate::interval::interval;
use crate::smtp::Deadline;
use chrono::{DateTime, Utc};
use domain::NoticeId;
use std::sync::Arc;
use uuid::Uuid;

/// A notice that is this engine's for a while.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(super) notice: NoticeId,
    pub(super) requested_at: DateTime<Utc>,
    /// Until when its letter may begin; put off with every renewal.
    pub(super) until: Arc<Deadline>,
}

impl Leased for Lease {
    fn id(&self) -> Uuid {
        self.notice.0
    }

    fn until(&self) -> &Deadline {
        &self.until
    }
}

impl Context {
    /// Leases up to `limit` notices that are due and are not `held`, the oldest first, and commits before anything is done
    /// with them. While no relay works, or others have to sign them (not `sends`), only those whose sender may be gone.
    pub(super) async fn claim_notices(
        &self,
        sends: bool,
        limit: usize,
        held: &[Uuid],
    ) -> Result<Vec<Lease>, EngineError> {
        let until = self.valid_from_now();
        let rows = sqlx::query!(
            r#"with leased as (
                   insert into notice_leases as lease (notice_id, worker, expires_at)
                   select n.id, $1, clock_timestamp() + $2
                     from notices n
                    where n.status in ('waiting', 'in_flight')
                      -- By the partial index.
                      and n.status <> 'settled' and n.id <> all($5)
                      and (n.status = 'in_flight' or $6 and (n.next_at is null or n.next_at <= $3))
                      and not exists (select from notice_leases l
                                       where l.notice_id = n.id and l.expires_at > clock_timestamp())
                    order by n.requested_at, n.id
                    limit $4
                       on conflict (notice_id) do update
                      set worker = excluded.worker, expires_at = excluded.expires_at
                    where lease.expires_at <= clock_timestamp()
                   returning notice_id
               )
               select n.id, n.requested_at from leased l join notices n on n.id = l.notice_id"#,
            self.worker,
            interval(self.settings.lease),
            self.clock.now(),
            i64::try_from(limit).unwrap_or(i64::MAX),
            held,
            sends,
        )
        .fetch_all(self.pool())
        .await?;
        let leases = rows.into_iter().map(|row| Lease {
            notice: NoticeId(row.id),
            requested_at: row.requested_at,
            until: Arc::new(Deadline::at(until)),
        });
        Ok(leases.collect())
    }

    /// Renews the leases and returns those that are still this engine's.
    pub(super) async fn renew_notices(&self, notices: &[Uuid]) -> Result<Kept, EngineError> {
        let until = self.valid_from_now();
        let ids = sqlx::query_scalar!(
            "update notice_leases set expires_at = clock_timestamp() + $3
              where notice_id = any($1) and worker = $2 returning notice_id",
            notices,
            self.worker,
            interval(self.settings.lease),
        )
        .fetch_all(self.pool())
        .await?;
        Ok(Kept { ids, until })
    }

    /// Gives a notice back.
    pub(super) async fn release_notice(&self, notice: NoticeId) -> Result<(), EngineError> {
        sqlx::query!("delete from notice_leases where notice_id = $1 and worker = $2", notice.0, self.worker)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Whether any notice can go on here at this moment: to wait for others to sign one is in vain.
    pub(crate) async fn has_notices(&self) -> Result<bool, EngineError> {
        let sends = self.signs_notices().await;
        let work = sqlx::query_scalar!(
            r#"select exists (select from notices
                               where status in ('waiting', 'in_flight')
                                 -- By the partial index.
                                 and status <> 'settled' and (next_at is null or next_at <= $1)
                                 and ($2 or status = 'in_flight')) as "work!""#,
            self.clock.now(),
            sends,
        )
        .fetch_one(self.pool())
        .await?;
        Ok(work)
    }
}
