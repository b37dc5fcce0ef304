//! Runs and their batches. Their deliveries and attempts are written here too and read in [`crate::deliveries`].

use crate::{Access, Cursor, Event, FoldError, deliveries, split, touched};
use chrono::{DateTime, Utc};
use domain::run::Trigger;
use domain::{BatchId, Fact, MailingId, Missed, RunId, Totals, UserId, batch, run};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A run as lists show it.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run's id.
    pub id: Uuid,
    /// The mailing that the run is of.
    pub mailing_id: Uuid,
    /// The owner of the mailing.
    pub owner_id: Uuid,
    /// How far the run is: `planning`, `sending`, `finished` or `missed`.
    pub status: String,
    /// Why the run started: `occurrence`, `send_now` or `resend_failed`.
    pub trigger: String,
    /// The moment that it was planned for, if it was.
    pub occurrence: Option<DateTime<Utc>>,
    /// The letter; a missed run has none.
    pub message_id: Option<Uuid>,
    /// The revision of the message that is sent; a missed run has none.
    pub message_revision: Option<i32>,
    /// The right side of the letters' `Message-ID`, once the audience is frozen.
    pub message_id_domain: Option<String>,
    /// The run whose failed letters it tries again, if that is what it is for.
    pub resend_of: Option<Uuid>,
    /// The moment when the run started, or was recorded as missed.
    pub started_at: DateTime<Utc>,
    /// The moment when the run's last delivery had its outcome; `None` before.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many batches the run has, once its audience is frozen.
    pub batches: Option<i32>,
    /// All recipients planned so far.
    pub planned: i64,
    /// How many letters the mail server took.
    pub accepted: i64,
    /// How many letters the mail server refused for good.
    pub rejected: i64,
    /// How many letters the mail server put off, to be tried again.
    pub deferred: i64,
    /// How many letters are in doubt.
    pub unknown: i64,
    /// How many letters were never tried.
    pub suppressed: i64,
    /// How many of the suppressed ones have the same mailbox as another recipient, who gets the letter.
    pub left_out: i64,
    /// How many letters were given up at the window's end.
    pub expired: i64,
    /// How many letters are not decided yet.
    pub pending: i64,
    /// The moment when the last attempt ended; `None` if there was none.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// What the mail server said last; `None` if it said nothing.
    pub last_reply: Option<String>,
    /// The run's version: the place in its own stream of the last event that is shown.
    pub version: i64,
    /// The last occurrence that a missed run stands for, if there are several; `occurrence` is the first of them.
    pub missed_until: Option<DateTime<Utc>>,
    /// How many occurrences were missed; `None` if it was one, or if none was.
    pub missed: Option<i64>,
}

impl Run {
    /// Its place in [`page`].
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.started_at, id: self.id }
    }

    /// The occurrences that passed unused, if that is what it stands for.
    #[must_use]
    pub fn missed(&self) -> Option<Missed> {
        let first = self.occurrence.filter(|_| self.status == "missed")?;
        let count = self.missed.and_then(|count| u64::try_from(count).ok()).unwrap_or(1);
        Some(Missed { first, last: self.missed_until.unwrap_or(first), count })
    }

    /// How many deliveries of the run have which outcome.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Totals {
            planned: count(self.planned),
            accepted: count(self.accepted),
            rejected: count(self.rejected),
            deferred: count(self.deferred),
            unknown: count(self.unknown),
            suppressed: count(self.suppressed),
            expired: count(self.expired),
            pending: count(self.pending),
        }
    }
}

/// The run of this id; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: RunId) -> Result<Option<Run>, sqlx::Error> {
    Ok(by_ids(pool, access, &[id.0]).await?.pop())
}

/// Runs by their ids, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Vec<Run>, sqlx::Error> {
    sqlx::query_as!(
        Run,
        "select id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision, message_id_domain,
                resend_of, started_at, finished_at, batches, planned, accepted, rejected, deferred, unknown, suppressed, left_out, expired,
                pending, last_attempt_at, last_reply, version, missed_until, missed
           from runs where id = any($1) and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await
}

/// The runs of a mailing after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    mailing: MailingId,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Run>, sqlx::Error> {
    let (at, id) = split(after);
    sqlx::query_as!(
        Run,
        "select id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision, message_id_domain,
                resend_of, started_at, finished_at, batches, planned, accepted, rejected, deferred, unknown, suppressed, left_out, expired,
                pending, last_attempt_at, last_reply, version, missed_until, missed
           from runs
          where mailing_id = $1 and ($2::uuid is null or owner_id = $2)
            and ($3::timestamptz is null or (started_at, id) < ($3, $4))
          order by started_at desc, id desc limit $5",
        mailing.0,
        access.owner(),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many runs a mailing has.
pub async fn count(pool: &PgPool, access: Access, mailing: MailingId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from runs where mailing_id = $1 and ($2::uuid is null or owner_id = $2)"#,
        mailing.0,
        access.owner(),
    )
    .fetch_one(pool)
    .await
}

/// Runs that have started and whose audience is not frozen, without those in `except`. Owners take turns: first the oldest
/// of each.
pub async fn planning(pool: &PgPool, except: &[Uuid], limit: i64) -> Result<Vec<Run>, sqlx::Error> {
    sqlx::query_as!(
        Run,
        "select r.id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision, message_id_domain,
                resend_of, started_at, finished_at, batches, planned, accepted, rejected, deferred, unknown, suppressed, left_out, expired,
                pending, last_attempt_at, last_reply, version, missed_until, missed
           from runs r
           join (select id, row_number() over (partition by owner_id order by started_at, id) as turn
                   from runs where status = 'planning' and id <> all($2)) w on w.id = r.id
          order by w.turn, started_at limit $1",
        limit,
        except,
    )
    .fetch_all(pool)
    .await
}

/// Runs whose deliveries all have their outcome, and that are not finished yet.
pub async fn done(pool: &PgPool, limit: i64) -> Result<Vec<Run>, sqlx::Error> {
    sqlx::query_as!(
        Run,
        "select id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision, message_id_domain,
                resend_of, started_at, finished_at, batches, planned, accepted, rejected, deferred, unknown, suppressed, left_out, expired,
                pending, last_attempt_at, last_reply, version, missed_until, missed
           from runs r
          where status = 'sending' and pending = 0 and deferred = 0
            and not exists (select from batches b where b.run_id = r.id and b.completed_at is null)
          order by started_at limit $1",
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How many runs are finished, and how many are under way.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// How many runs are finished.
    pub finished: i64,
    /// How many runs are being planned or sent.
    pub open: i64,
}

/// How many runs there are.
pub async fn numbers(pool: &PgPool) -> Result<Numbers, sqlx::Error> {
    sqlx::query_as!(
        Numbers,
        r#"select count(*) filter (where status = 'finished') as "finished!",
                  count(*) filter (where status in ('planning', 'sending')) as "open!" from runs"#
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        match &event.fact {
            Fact::Run(id, fact) => fold_run(connection, *id, fact, event).await?,
            Fact::Batch(id, fact) => fold_batch(connection, *id, fact, event).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn fold_run(connection: &mut PgConnection, id: RunId, fact: &run::Event, event: &Event) -> Result<(), FoldError> {
    match fact {
        run::Event::Started { origin, trigger, at } => {
            let (trigger, occurrence, resend_of) = match trigger {
                Trigger::Occurrence(at) => ("occurrence", Some(*at), None),
                Trigger::SendNow(_) => ("send_now", None, None),
                Trigger::ResendFailed(run) => ("resend_failed", None, Some(run.0)),
            };
            sqlx::query!(
                "insert into runs (id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision,
                                   started_at, version, resend_of)
                 values ($1, $2, $3, 'planning', $4, $5, $6, $7, $8, $9, $10)",
                id.0,
                origin.mailing.0,
                origin.owner.0,
                trigger,
                occurrence,
                origin.message.0,
                i32::try_from(origin.revision).unwrap_or(i32::MAX),
                at,
                event.version,
                resend_of,
            )
            .execute(connection)
            .await?;
        }
        run::Event::OccurrenceMissed { mailing, owner, occurrence } => {
            miss(connection, id, (*mailing, *owner), &Missed::one(*occurrence), event).await?;
        }
        run::Event::OccurrencesMissed { mailing, owner, missed } => {
            miss(connection, id, (*mailing, *owner), missed, event).await?;
        }
        run::Event::AudienceFrozen { batches, message_id_domain, .. } => {
            let done = sqlx::query!(
                "update runs set status = 'sending', batches = $2, message_id_domain = $3, version = $4 where id = $1",
                id.0,
                i32::try_from(*batches).unwrap_or(i32::MAX),
                message_id_domain,
                event.version,
            )
            .execute(connection)
            .await?;
            touched(&done, "runs", id.0)?;
        }
        run::Event::ResendOrdered { .. } => {
            let done = sqlx::query!(
                "update runs set status = 'sending', finished_at = null, version = $2 where id = $1",
                id.0,
                event.version,
            )
            .execute(connection)
            .await?;
            touched(&done, "runs", id.0)?;
        }
        run::Event::Finished { at, .. } => {
            let done = sqlx::query!(
                "update runs set status = 'finished', finished_at = $2, version = $3 where id = $1",
                id.0,
                at,
                event.version,
            )
            .execute(connection)
            .await?;
            touched(&done, "runs", id.0)?;
        }
    }
    Ok(())
}

async fn miss(
    connection: &mut PgConnection,
    id: RunId,
    (mailing, owner): (MailingId, UserId),
    missed: &Missed,
    event: &Event,
) -> Result<(), FoldError> {
    let several = missed.count > 1;
    sqlx::query!(
        "insert into runs (id, mailing_id, owner_id, status, trigger, occurrence, started_at, version, missed_until, missed)
         values ($1, $2, $3, 'missed', 'occurrence', $4, $5, $6, $7, $8)",
        id.0,
        mailing.0,
        owner.0,
        missed.first,
        event.at,
        event.version,
        several.then_some(missed.last),
        several.then(|| i64::try_from(missed.count).unwrap_or(i64::MAX)),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn fold_batch(
    connection: &mut PgConnection,
    id: BatchId,
    fact: &batch::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        batch::Event::Planned { run, mailing, owner, number, recipients } => {
            let clients: Vec<Uuid> = recipients.iter().map(|recipient| recipient.0.0).collect();
            let revisions: Vec<i32> =
                recipients.iter().map(|recipient| i32::try_from(recipient.1).unwrap_or(i32::MAX)).collect();
            sqlx::query!(
                "insert into batches (id, run_id, mailing_id, owner_id, number, recipients, clients, revisions)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
                id.0,
                run.0,
                mailing.0,
                owner.0,
                i32::try_from(*number).unwrap_or(i32::MAX),
                i32::try_from(recipients.len()).unwrap_or(i32::MAX),
                &clients,
                &revisions,
            )
            .execute(&mut *connection)
            .await?;
            deliveries::plan(connection, *run, recipients.len()).await
        }
        batch::Event::LeftOut { recipients, reason: batch::LeaveOutReason::SameMailbox } => {
            let (run, number) = place_of(connection, id).await?;
            let places: Vec<i16> = recipients.iter().filter_map(|place| i16::try_from(*place).ok()).collect();
            sqlx::query!("update batches set left_out = coalesce(left_out, '{}') || $2 where id = $1", id.0, &places)
                .execute(&mut *connection)
                .await?;
            deliveries::leave_out(connection, run, number, recipients).await
        }
        // Who is in flight is the batch's own business; a delivery is pending until it has an outcome.
        batch::Event::SendingStarted { .. } => Ok(()),
        batch::Event::AttemptRecorded { attempts } => {
            let (run, number) = place_of(connection, id).await?;
            deliveries::record(connection, run, number, attempts).await
        }
        batch::Event::ResendOrdered { recipients } => {
            let (run, number) = place_of(connection, id).await?;
            sqlx::query!("update batches set completed_at = null where id = $1", id.0)
                .execute(&mut *connection)
                .await?;
            deliveries::decide(connection, run, number, recipients, "again").await
        }
        batch::Event::DoubtAccepted { recipients } => {
            let (run, number) = place_of(connection, id).await?;
            deliveries::decide(connection, run, number, recipients, "accepted").await
        }
        batch::Event::GaveUp { reason, .. } => {
            let (run, number) = place_of(connection, id).await?;
            deliveries::give_up(connection, run, number, *reason).await
        }
        batch::Event::Completed => {
            let done = sqlx::query!("update batches set completed_at = $2 where id = $1", id.0, event.at)
                .execute(connection)
                .await?;
            touched(&done, "batches", id.0)?;
            Ok(())
        }
    }
}

async fn place_of(connection: &mut PgConnection, id: BatchId) -> Result<(RunId, u32), FoldError> {
    let row = sqlx::query!("select run_id, number from batches where id = $1", id.0)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| FoldError::Inconsistent(format!("there is no batch {id}")))?;
    Ok((RunId(row.run_id), u32::try_from(row.number).unwrap_or(0)))
}
