//! Runs and their batches. Their deliveries and attempts are written here too and read in [`crate::deliveries`].

pub(crate) mod fold;
mod steps;

use crate::columns::{self, Word, only, row};
use crate::deliveries::Suppressed;
use crate::{Access, Cursor, Listed, ReadError, split};
use chrono::{DateTime, Utc};
use domain::mailing::Kind;
use domain::{BatchId, ClientId, MailingId, Missed, RunId, Totals};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The run has started, and its audience is being frozen. Letters of batches that are planned may go out already.
    Planning,
    /// The run's letters go out, or wait to go out.
    Sending,
    /// Every delivery of the run has its outcome.
    Finished,
    /// The run's moment passed while nothing could start it.
    Missed,
}

impl Word for Status {
    const ALL: &'static [Self] = &[Self::Planning, Self::Sending, Self::Finished, Self::Missed];

    fn word(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Sending => "sending",
            Self::Finished => "finished",
            Self::Missed => "missed",
        }
    }
}

/// Why a run started; [`domain::run::Trigger`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The mailing's plan said so.
    Occurrence,
    /// Somebody asked for it.
    SendNow,
    /// Somebody asked to send again what failed in another run.
    ResendFailed,
}

impl Word for Trigger {
    const ALL: &'static [Self] = &[Self::Occurrence, Self::SendNow, Self::ResendFailed];

    fn word(self) -> &'static str {
        match self {
            Self::Occurrence => "occurrence",
            Self::SendNow => "send_now",
            Self::ResendFailed => "resend_failed",
        }
    }
}

row! {
    /// A run as lists show it.
    pub struct Run from Stored {
        words {
            /// How far the run is.
            pub status: Status = "runs"(id),
            /// Why the run started.
            pub trigger: Trigger = "runs"(id),
            /// What its letters are to those who get them.
            pub kind: Kind = "runs"(id),
        }
        /// The run's id.
        pub id: Uuid,
        /// The mailing that the run is of.
        pub mailing_id: Uuid,
        /// The owner of the mailing.
        pub owner_id: Uuid,
        /// The moment that it was planned for, if it was.
        pub occurrence: Option<DateTime<Utc>>,
        /// The letter; a missed run has none.
        pub message_id: Option<Uuid>,
        /// The revision of the message that is sent; a missed run has none.
        pub message_revision: Option<i32>,
        /// The right side of the letters' `Message-ID`, once it is known: from the start, or in runs of before when the
        /// audience is frozen.
        pub message_id_domain: Option<String>,
        /// The run whose failed letters it tries again, if that is what it is for.
        pub resend_of: Option<Uuid>,
        /// The moment when the run started, or should have if it was missed: the last one, if it stands for several.
        pub started_at: DateTime<Utc>,
        /// The moment when the run's last delivery had its outcome; `None` before.
        pub finished_at: Option<DateTime<Utc>>,
        /// How many batches the run has, once its audience is frozen.
        pub batches: Option<i32>,
        /// All recipients planned so far; it only grows, and is final once the audience is frozen.
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
        /// Who its letters are from; `None` for the service itself.
        pub sender_id: Option<Uuid>,
        /// The revision of the sender that its letters are from.
        pub sender_revision: Option<i32>,
    }
}

/// How fast a run goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// How many deliveries per second got an outcome other than pending.
    pub per_second: f64,
    /// The estimated seconds until none is pending; `None` unless letters go out.
    pub seconds_left: Option<f64>,
}

impl Stored {
    /// Its place in [`page`].
    fn cursor(&self) -> Cursor {
        Cursor { at: self.started_at, id: self.id }
    }
}

impl Run {
    /// The occurrences that passed unused, if that is what it stands for.
    #[must_use]
    pub fn missed(&self) -> Option<Missed> {
        let first = self.occurrence.filter(|_| self.status == Status::Missed)?;
        let count = self.missed.and_then(|count| u64::try_from(count).ok()).unwrap_or(1);
        Some(Missed { first, last: self.missed_until.unwrap_or(first), count })
    }

    /// How fast the run goes, on average since its start, with pauses included.
    #[must_use]
    pub fn pace(&self, now: DateTime<Utc>) -> Pace {
        let until = self.finished_at.unwrap_or(now);
        let seconds = (until - self.started_at).as_seconds_f64().max(0.001);
        let number = |count: i64| f64::from(i32::try_from(count).unwrap_or(i32::MAX));
        let per_second = number(self.planned - self.pending) / seconds;
        let ahead = self.status == Status::Sending && per_second > 0.0;
        Pace { per_second, seconds_left: ahead.then(|| number(self.pending) / per_second) }
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

/// A query of runs: what comes after the columns that are selected of `r`. It is checked when it is compiled.
macro_rules! runs {
    ($from:literal $(, $value:expr)* $(,)?) => {
        sqlx::query_as!(
            Stored,
            "select r.id, r.mailing_id, r.owner_id, r.status, r.trigger, r.kind, r.occurrence, r.message_id, r.message_revision,
                r.message_id_domain, r.resend_of, r.started_at, r.finished_at, r.batches, r.planned, r.accepted, r.rejected,
                r.deferred, r.unknown, r.suppressed, r.left_out, r.expired, r.pending, r.last_attempt_at, r.last_reply,
                r.version, r.missed_until, r.missed, r.sender_id, r.sender_revision "
                + $from,
            $($value,)*
        )
    };
}

/// The run of this id; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: RunId) -> Result<Option<Run>, ReadError> {
    only(by_ids(pool, access, &[id.0]).await?)
}

/// Runs by their ids, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Listed<Uuid, Run>, sqlx::Error> {
    let rows = runs!("from runs r where id = any($1) and ($2::uuid is null or owner_id = $2)", ids, access.owner(),)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// The runs that these batches are parts of, by the batches' ids. Whoever asks may read the batches.
pub async fn of_batches(pool: &PgPool, batches: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!("select id, run_id from batches where id = any($1)", batches).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.run_id)).collect())
}

/// The runs of a mailing after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    mailing: MailingId,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Run>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = runs!(
        "from runs r
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
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// The runs of all mailings of these owners after a place, newest first.
pub async fn of_owners(
    pool: &PgPool,
    owners: &[Uuid],
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Run>, sqlx::Error> {
    let (at, id) = split(after);
    // The newest of each by an index, however many runs an owner has.
    let rows = runs!(
        "from unnest($1::uuid[]) as o (id)
           cross join lateral (
               select * from runs
                where owner_id = o.id and ($2::timestamptz is null or (started_at, id) < ($2, $3))
                order by started_at desc, id desc limit $4) r
          order by r.started_at desc, r.id desc limit $4",
        owners,
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many runs these owners have.
pub async fn count_of_owners(pool: &PgPool, owners: &[Uuid]) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from runs where owner_id = any($1)"#, owners)
        .fetch_one(pool)
        .await
}

/// The first page of the runs of each of these mailings, newest first, by the mailing's id.
pub async fn first_pages(
    pool: &PgPool,
    access: Access,
    mailings: &[Uuid],
    limit: i64,
) -> Result<HashMap<Uuid, Listed<Cursor, Run>>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        r#"select r.id, r.mailing_id, r.owner_id, r.status, r.trigger, r.kind, r.occurrence, r.message_id, r.message_revision,
                  r.message_id_domain, r.resend_of, r.started_at, r.finished_at, r.batches, r.planned, r.accepted, r.rejected,
                  r.deferred, r.unknown, r.suppressed, r.left_out, r.expired, r.pending, r.last_attempt_at, r.last_reply,
                  r.version, r.missed_until, r.missed, r.sender_id, r.sender_revision
             from unnest($1::uuid[]) as m (id)
            cross join lateral (
                select * from runs
                 where mailing_id = m.id and ($2::uuid is null or owner_id = $2)
                 order by started_at desc, id desc limit $3) r
            order by r.mailing_id, r.started_at desc, r.id desc"#,
        mailings,
        access.owner(),
        limit,
    )
    .fetch_all(pool)
    .await?;
    let mut pages: HashMap<Uuid, Listed<Cursor, Run>> = HashMap::new();
    for row in rows {
        pages.entry(row.mailing_id).or_default().push((row.cursor(), row.read()));
    }
    Ok(pages)
}

/// The latest run of each of these mailings, by the mailing's id. What was missed is no run that anything came of.
pub async fn latest_of(pool: &PgPool, access: Access, mailings: &[Uuid]) -> Result<Listed<Uuid, Run>, sqlx::Error> {
    let rows = runs!(
        "from mailings m
           join runs r on r.id = (select l.id from runs l where l.mailing_id = m.id and l.status <> 'missed'
                                   order by l.started_at desc, l.id desc limit 1)
          where m.id = any($1) and ($2::uuid is null or m.owner_id = $2)",
        mailings,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.mailing_id, row.read())).collect())
}

/// Runs that are being planned or sent, the latest first.
pub async fn under_way(pool: &PgPool, access: Access, limit: i64) -> Result<Listed<Uuid, Run>, sqlx::Error> {
    let rows = runs!(
        "from runs r
          where status in ('planning', 'sending') and ($1::uuid is null or owner_id = $1)
          order by started_at desc, id desc limit $2",
        access.owner(),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// Runs with letters in doubt about which nobody has decided, the latest first.
pub async fn undecided(pool: &PgPool, access: Access, limit: i64) -> Result<Listed<Uuid, Run>, sqlx::Error> {
    let rows = runs!(
        "from runs r
          where unknown > 0 and ($1::uuid is null or owner_id = $1)
            and exists (select from deliveries d
                         where d.run_id = r.id and d.outcome = 'unknown' and d.doubt = 'open')
          order by started_at desc, id desc limit $2",
        access.owner(),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// How many of the suppressed deliveries of each of these runs were suppressed for which reason, in the order in which reasons are
/// listed; runs without any are left out.
pub async fn suppressed_by(pool: &PgPool, runs: &[Uuid]) -> Result<Vec<(Uuid, Suppressed, i64)>, ReadError> {
    let rows = sqlx::query!(
        "select run_id, reason, deliveries from suppression_counts where run_id = any($1) and deliveries > 0
          order by run_id, reason",
        runs,
    )
    .fetch_all(pool)
    .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        let reason = columns::read::<Suppressed>("suppression_counts", "reason", row.run_id, row.reason)?;
        counts.push((row.run_id, reason, row.deliveries));
    }
    let place = |reason: Suppressed| Suppressed::ALL.iter().position(|other| *other == reason);
    counts.sort_by_key(|(run, reason, _)| (*run, place(*reason)));
    Ok(counts)
}

/// How many letters of all runs of each of these mailings mail servers took; mailings without a run are left out.
pub async fn accepted_of_mailings(pool: &PgPool, mailings: &[Uuid]) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select mailing_id, coalesce(sum(accepted), 0)::bigint as "accepted!" from runs
            where mailing_id = any($1) group by mailing_id"#,
        mailings,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.mailing_id, row.accepted)).collect())
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
pub async fn planning(pool: &PgPool, except: &[Uuid], limit: i64) -> Result<Listed<Uuid, Run>, sqlx::Error> {
    let rows = runs!(
        "from runs r
           join (select id, row_number() over (partition by owner_id order by started_at, id) as turn
                   from runs where status = 'planning' and id <> all($2)) w on w.id = r.id
          order by w.turn, started_at limit $1",
        limit,
        except,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// Runs whose deliveries all have their outcome, and that are not finished yet, without those in `except`.
pub async fn done(pool: &PgPool, except: &[Uuid], limit: i64) -> Result<Listed<Uuid, Run>, sqlx::Error> {
    let rows = runs!(
        "from runs r
          where status = 'sending' and pending = 0 and deferred = 0 and id <> all($2)
            and not exists (select from batches b where b.run_id = r.id and b.completed_at is null)
          order by started_at limit $1",
        limit,
        except,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// The last batch of a run that is planned so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastPlanned {
    /// The batch's number, counted from 0.
    pub number: u32,
    /// How many recipients are in it and in all before it.
    pub planned: u64,
    /// The last of the recipients.
    pub last: ClientId,
}

/// The last batch of a run that is planned so far, if there is one. All before it are full.
pub async fn last_planned(pool: &PgPool, run: RunId) -> Result<Option<LastPlanned>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select number, recipients, clients[recipients] as "last!" from batches
            where run_id = $1 and clients is not null order by number desc limit 1"#,
        run.0,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| {
        let (number, recipients) = (row.number.unsigned_abs(), u64::from(row.recipients.unsigned_abs()));
        let before = u64::from(number) * domain::batch::MAX_RECIPIENTS as u64;
        LastPlanned { number, planned: before + recipients, last: ClientId(row.last) }
    }))
}

/// The batch of each of these runs that was completed last, by the run's id; runs of which none is are left out.
pub async fn last_completed(pool: &PgPool, runs: &[Uuid]) -> Result<HashMap<Uuid, BatchId>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.id as "run!", b.id as batch
             from unnest($1::uuid[]) as r (id)
            cross join lateral (select id from batches where run_id = r.id and completed_at is not null
                                 order by completed_at desc, number desc limit 1) b"#,
        runs,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.run, BatchId(row.batch))).collect())
}

/// How many runs are finished, how many are under way, and how many of their letters are in doubt.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// How many runs are finished.
    pub finished: i64,
    /// How many runs are being planned or sent.
    pub open: i64,
    /// How many letters of all runs are in doubt.
    pub unknown: i64,
}

/// How many runs there are.
pub async fn numbers(pool: &PgPool) -> Result<Numbers, sqlx::Error> {
    sqlx::query_as!(
        Numbers,
        r#"select count(*) filter (where status = 'finished') as "finished!",
                  count(*) filter (where status in ('planning', 'sending')) as "open!",
                  coalesce(sum(unknown), 0)::bigint as "unknown!" from runs"#
    )
    .fetch_one(pool)
    .await
}

/// How many batches of recipients are not through.
pub async fn batches_waiting(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "waiting!" from batches where completed_at is null"#)
        .fetch_one(pool)
        .await
}
