//! A worker claims a batch, keeps it, and gives it back.
//!
//! A lease is scratch paper: it keeps two workers from doing the same work, but what keeps them from sending
//! twice is the batch's stream. Leases go by PostgreSQL's clock, which all workers share.

use crate::context::Context;
use crate::error::EngineError;
use chrono::{DateTime, Utc};
use domain::batch::GiveUpReason;
use domain::{BatchId, MailingId, RunId};
use sqlx::postgres::types::PgInterval;
use std::time::Duration;
use uuid::Uuid;

/// A batch that is this worker's for a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) batch: BatchId,
    pub(crate) run: RunId,
    pub(crate) mailing: MailingId,
    pub(crate) task: Task,
}

/// What is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Send,
    GiveUp(GiveUpReason),
}

impl Context {
    /// Leases up to `limit` batches that wait and are not `held`, taking turns between runs, and commits before anything
    /// is done with them.
    pub(crate) async fn claim(&self, limit: usize, held: &[Uuid]) -> Result<Vec<Lease>, EngineError> {
        let rows = sqlx::query_file!(
            "src/claim.sql",
            self.worker,
            interval(self.settings.lease),
            self.clock.now(),
            i64::try_from(limit).unwrap_or(i64::MAX),
            held,
        )
        .fetch_all(self.pool())
        .await?;
        let lease = |row: ClaimRow| Lease {
            batch: BatchId(row.0),
            run: RunId(row.1),
            mailing: MailingId(row.2),
            task: match row.3.as_str() {
                "send" => Task::Send,
                "ended" => Task::GiveUp(GiveUpReason::WindowEnded),
                _ => Task::GiveUp(GiveUpReason::Cancelled),
            },
        };
        Ok(rows.into_iter().map(|row| lease((row.batch_id, row.run_id, row.mailing_id, row.task))).collect())
    }

    /// Renews the leases and returns those that are still this worker's.
    pub(crate) async fn renew(&self, batches: &[Uuid]) -> Result<Vec<Uuid>, EngineError> {
        let kept = sqlx::query_scalar!(
            "update batch_leases set expires_at = clock_timestamp() + $3
              where batch_id = any($1) and worker = $2 returning batch_id",
            batches,
            self.worker,
            interval(self.settings.lease),
        )
        .fetch_all(self.pool())
        .await?;
        Ok(kept)
    }

    /// Gives a batch back.
    pub(crate) async fn release(&self, batch: BatchId) -> Result<(), EngineError> {
        sqlx::query!("delete from batch_leases where batch_id = $1 and worker = $2", batch.0, self.worker)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Gives a batch back, to be left alone until `until`: all that is left of it is in a retry pause.
    pub(crate) async fn park(&self, batch: BatchId, until: DateTime<Utc>) -> Result<(), EngineError> {
        let pause = (until - self.clock.now()).to_std().unwrap_or_default();
        sqlx::query!(
            "update batch_leases set worker = null, expires_at = clock_timestamp() + $3
              where batch_id = $1 and worker = $2",
            batch.0,
            self.worker,
            interval(pause),
        )
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Which of these mailings may not send at this moment.
    pub(crate) async fn stopped(&self, mailings: &[Uuid]) -> Result<Vec<Uuid>, EngineError> {
        let stopped = sqlx::query_scalar!(
            "select id from mailings where id = any($1)
               and not (status = 'active' and deleted_at is null and ends_at > $2)",
            mailings,
            self.clock.now(),
        )
        .fetch_all(self.pool())
        .await?;
        Ok(stopped)
    }

    /// Whether any run can go on at this moment: is to be planned, has a batch that is not in a retry pause, or is
    /// to be finished.
    pub(crate) async fn has_work(&self) -> Result<bool, EngineError> {
        let work = sqlx::query_scalar!(
            r#"select exists (
                   select from runs r join mailings m on m.id = r.mailing_id
                    where r.status = 'planning'
                       or r.status = 'sending' and (
                            m.status in ('active', 'completed', 'cancelled') or m.deleted_at is not null or m.ends_at <= $1
                       ) and (
                            not exists (select from batches b where b.run_id = r.id and b.completed_at is null)
                         or exists (select from batches b left join batch_leases l on l.batch_id = b.id
                                     where b.run_id = r.id and b.completed_at is null
                                       and (l.batch_id is null or l.worker is not null
                                            or l.expires_at <= clock_timestamp()))
                       )) as "work!""#,
            self.clock.now(),
        )
        .fetch_one(self.pool())
        .await?;
        Ok(work)
    }
}

type ClaimRow = (Uuid, Uuid, Uuid, String);

fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
