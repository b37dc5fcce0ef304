//! A worker claims a batch, keeps it, and gives it back.
//!
//! A lease is scratch paper: it keeps two workers from doing the same work, but what keeps them from sending
//! twice is the batch's stream. Leases go by PostgreSQL's clock, which all workers share.
//!
//! A worker also keeps the time by itself, from the moment before it asked: a letter begins only while the lease is valid by
//! the worker's own monotonic clock. So one that was stopped, or cut off from PostgreSQL, sends nothing more that it had
//! in its queue when it goes on.

use crate::context::Context;
use crate::error::EngineError;
use crate::held::{Kept, Leased};
use crate::interval::interval;
use crate::relays::Route;
use crate::send::release::release;
use crate::send::size::Size;
use crate::send::turns::Demand;
use crate::smtp::Deadline;
use chrono::{DateTime, Utc};
use domain::batch::GiveUpReason;
use domain::{BatchId, MailingId, RunId, UserId};
use std::sync::Arc;
use tokio::time::Instant;
use uuid::Uuid;

/// A batch that is this worker's for a while.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) batch: BatchId,
    pub(crate) run: RunId,
    pub(crate) owner: UserId,
    pub(crate) mailing: MailingId,
    pub(crate) task: Task,
    /// The mailing names its relay, so no other one may take its letters.
    pub(crate) pinned: bool,
    /// It is one of many that are worked on at the same time.
    pub(crate) small: bool,
    /// What the mailing does with letters in doubt, as it stands in its row.
    pub(crate) in_doubt: String,
    /// What the run's letters are to those who get them, as it stands in its row.
    pub(crate) kind: String,
    /// How many events of the mailing were known when the batch was claimed.
    pub(crate) mailing_version: i64,
    /// Until when letters may begin; put off with every renewal.
    pub(crate) until: Arc<Deadline>,
}

impl Leased for Lease {
    fn id(&self) -> Uuid {
        self.batch.0
    }

    fn until(&self) -> &Deadline {
        &self.until
    }
}

/// What is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Send,
    GiveUp(GiveUpReason),
}

impl Task {
    /// What is to be done with a batch whose mailing is cancelled or deleted, or whose window has ended.
    fn of(cancelled: bool, ended: bool) -> Self {
        match (cancelled, ended) {
            (true, _) => Self::GiveUp(GiveUpReason::Cancelled),
            (false, true) => Self::GiveUp(GiveUpReason::WindowEnded),
            (false, false) => Self::Send,
        }
    }
}

/// Whose turn it is: those who had one just now come last.
#[derive(Clone, Copy)]
pub(crate) struct Turns<'a> {
    pub(crate) owners: &'a [Uuid],
    pub(crate) runs: &'a [Uuid],
}

impl Context {
    /// Leases up to `limit` batches of a size for a relay that wait and are not `held`, taking turns between owners and runs, and
    /// commits before anything is done with them. While the relay is away (not `sends`), only those that have nothing to send.
    pub(crate) async fn claim(
        &self,
        route: &Route,
        size: Size,
        sends: bool,
        limit: usize,
        held: &[Uuid],
        turns: Turns<'_>,
    ) -> Result<Vec<Lease>, EngineError> {
        let until = self.valid_from_now();
        let rows = sqlx::query_file!(
            "src/send/claim.sql",
            self.worker,
            interval(self.settings.lease),
            self.clock.now(),
            i64::try_from(limit).unwrap_or(i64::MAX),
            held,
            route.name(),
            sends,
            turns.owners,
            turns.runs,
            &self.left_alone(),
            size.least,
            size.most,
        )
        .fetch_all(self.pool())
        .await?;
        let leases = rows.into_iter().map(|row| Lease {
            batch: BatchId(row.id),
            run: RunId(row.run_id),
            owner: UserId(row.owner_id),
            mailing: MailingId(row.mailing_id),
            task: Task::of(row.cancelled, row.ended),
            pinned: row.pinned,
            small: size.is_small(),
            in_doubt: row.in_doubt,
            kind: row.kind,
            mailing_version: row.version,
            until: Arc::new(Deadline::at(until)),
        });
        Ok(leases.collect())
    }

    /// Renews the leases and returns those that are still this worker's.
    pub(crate) async fn renew(&self, batches: &[Uuid]) -> Result<Kept, EngineError> {
        let until = self.valid_from_now();
        let ids = sqlx::query_scalar!(
            "update batch_leases set expires_at = clock_timestamp() + $3
              where batch_id = any($1) and worker = $2 returning batch_id",
            batches,
            self.worker,
            interval(self.settings.lease),
        )
        .fetch_all(self.pool())
        .await?;
        Ok(Kept { ids, until })
    }

    /// Until when a lease is valid that is asked for at this moment: PostgreSQL counts from later on, and the clocks of two
    /// machines may differ in speed.
    pub(crate) fn valid_from_now(&self) -> Instant {
        Instant::now() + self.settings.lease - self.settings.lease / 20
    }

    /// Who uses a relay, or waits for it, for batches of a size.
    pub(crate) async fn demands(&self, route: &Route, size: Size) -> Result<Vec<Demand>, EngineError> {
        let now = self.clock.now();
        let rows = sqlx::query_file!("src/send/demand.sql", route.name(), now, size.least, size.most)
            .fetch_all(self.pool())
            .await?;
        let demands = rows.into_iter().map(|row| Demand {
            run: row.run,
            owner: row.owner,
            held: usize::try_from(row.held).unwrap_or(0),
            waits: row.waits,
        });
        Ok(demands.collect())
    }

    /// Gives a batch back.
    pub(crate) async fn release(&self, batch: BatchId, small: bool) -> Result<(), EngineError> {
        if small && self.errands.releases.ask(batch).await.is_some() {
            return Ok(());
        }
        Ok(release(self.pool(), self.worker, &[batch]).await?)
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

    /// Whether any run can go on at this moment: is to be planned, has a batch that is not in a retry pause, or is
    /// to be finished. Runs that go through other relays than these do not count.
    pub(crate) async fn has_work(&self, relays: &[String]) -> Result<bool, EngineError> {
        let work = sqlx::query_scalar!(
            r#"select exists (
                   select from runs r join mailings m on m.id = r.mailing_id
                    where r.id <> all($3) and m.id <> all($3)
                      and (r.status = 'planning'
                       or r.status = 'sending' and (
                            may_send(m.status, m.deleted_at, m.ends_at, $1)
                         or sends_no_more(m.status, m.deleted_at, m.ends_at, $1)
                       ) and (
                            not exists (select from batches b where b.run_id = r.id and b.completed_at is null)
                         or (sends_no_more(m.status, m.deleted_at, m.ends_at, $1)
                             or (m.relay is null or m.relay = any($2))
                            and not exists (select from doors d where d.user_id = r.owner_id and d.blocked))
                        and exists (select from batches b left join batch_leases l on l.batch_id = b.id
                                     where b.run_id = r.id and b.completed_at is null
                                       and (l.batch_id is null or l.worker is not null
                                            or l.expires_at <= clock_timestamp()))
                       ))) as "work!""#,
            self.clock.now(),
            relays,
            &self.left_alone(),
        )
        .fetch_one(self.pool())
        .await?;
        Ok(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cancelled_is_given_up_as_cancelled_whether_its_window_has_ended_or_not() {
        for (cancelled, ended, task) in [
            (false, false, Task::Send),
            (false, true, Task::GiveUp(GiveUpReason::WindowEnded)),
            (true, false, Task::GiveUp(GiveUpReason::Cancelled)),
            (true, true, Task::GiveUp(GiveUpReason::Cancelled)),
        ] {
            assert_eq!(Task::of(cancelled, ended), task);
        }
    }
}
