//! Who got what, when, and what the mail server answered.
//!
//! A delivery has a row only once something has happened to it, and the row holds its last attempt, so that the letter
//! that goes well is written once. Earlier attempts are in a table of their own, and who waits is told by the batch.

use crate::columns::{self, Word, only, row};
use crate::{Access, FoldError, Listed, Read, ReadError, Unreadable, runs, touched};
use chrono::{DateTime, Utc};
use domain::batch::{Attempt as Attempted, AttemptOutcome, GiveUpReason, MAX_RECIPIENTS};
use domain::{Outcome, RunId};
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What is decided about a letter of which nobody knows whether it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody has decided.
    Open,
    /// The letter is about to be sent again.
    Again,
    /// Somebody leaves it as it is.
    Accepted,
}

impl Word for Doubt {
    const ALL: &'static [Self] = &[Self::Open, Self::Again, Self::Accepted];

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Again => "again",
            Self::Accepted => "accepted",
        }
    }
}

/// How an attempt ended; [`AttemptOutcome`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off.
    Deferred,
    /// Nobody knows whether the mail server took the letter.
    Unknown,
    /// The letter was not sent after all.
    NotTried,
}

impl Ending {
    fn of(outcome: &AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Accepted => Self::Accepted,
            AttemptOutcome::Rejected { .. } => Self::Rejected,
            AttemptOutcome::Deferred { .. } => Self::Deferred,
            AttemptOutcome::Unknown { .. } => Self::Unknown,
            AttemptOutcome::NotTried => Self::NotTried,
        }
    }
}

impl Word for Ending {
    const ALL: &'static [Self] = &[Self::Accepted, Self::Rejected, Self::Deferred, Self::Unknown, Self::NotTried];

    fn word(self) -> &'static str {
        match self {
            Self::Accepted => Outcome::Accepted.name(),
            Self::Rejected => Outcome::Rejected.name(),
            Self::Deferred => Outcome::Deferred.name(),
            Self::Unknown => Outcome::Unknown.name(),
            Self::NotTried => "not_tried",
        }
    }
}

row! {
    /// One client in one run.
    pub struct Delivery from StoredDelivery {
        words {
            /// What became of the delivery so far.
            pub outcome: Outcome = "deliveries"(run_id, ordinal),
            /// What is decided about the letter if it may have arrived although nobody knows; `None` if there is no doubt.
            pub doubt: Option<Doubt> = "deliveries"(run_id, ordinal),
        }
        /// The run that the delivery is part of.
        pub run_id: Uuid,
        /// Its place in the run: 500 times the batch's number plus the place in the batch.
        pub ordinal: i32,
        /// The client who gets the letter.
        pub client_id: Uuid,
        /// The address that the letter goes to, as it was when the audience was frozen.
        pub email: String,
        /// The name as it was then.
        pub full_name: String,
        /// How many attempts to send the letter are recorded.
        pub attempts: i16,
        /// Whether it was left out because another recipient of the run has the same mailbox.
        pub left_out: bool,
    }
}

row! {
    /// An attempt to send a letter: one SMTP transaction.
    pub struct Attempt from StoredAttempt {
        words {
            /// How the attempt ended.
            pub outcome: Ending = "attempts"(run_id, ordinal, number),
        }
        /// The run in which the attempt was made.
        pub run_id: Uuid,
        /// The place in the run of the delivery that the attempt is one of.
        pub ordinal: i32,
        /// The attempt's number within the delivery, counted from 1.
        pub number: i32,
        /// The moment when the attempt ended.
        pub at: DateTime<Utc>,
        /// The reply's three digits.
        pub code: Option<i16>,
        /// The reply's enhanced code.
        pub enhanced: Option<String>,
        /// The reply's text, or what went wrong without one.
        pub reply: Option<String>,
    }
}

/// The deliveries that are looked for; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only deliveries with one of these outcomes; with any if it is empty.
    pub outcomes: Vec<Outcome>,
    /// Only deliveries in doubt about which nobody has decided.
    pub undecided: bool,
}

impl Filter {
    /// Only deliveries with one of these outcomes; with any if none is named.
    #[must_use]
    pub fn with(outcomes: &[Outcome]) -> Self {
        Self { outcomes: outcomes.to_vec(), undecided: false }
    }
}

/// The deliveries of a run after a place, in order.
pub async fn page(
    pool: &PgPool,
    access: Access,
    run: RunId,
    filter: &Filter,
    after: Option<i32>,
    limit: i64,
) -> Result<Listed<i32, Delivery>, sqlx::Error> {
    let rows = stored(pool, access, run, filter, after, limit).await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row.read())).collect())
}

async fn stored(
    pool: &PgPool,
    access: Access,
    run: RunId,
    filter: &Filter,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredDelivery>, sqlx::Error> {
    let outcomes = names(&filter.outcomes);
    let rows_only = filter.undecided || !(outcomes.is_empty() || filter.outcomes.contains(&Outcome::Pending));
    if rows_only {
        // Whoever waits for the first attempt has no row, and is not looked for.
        return sqlx::query_as!(
            StoredDelivery,
            r#"select d.run_id, d.ordinal, c.id as "client_id!", coalesce(v.email, c.email) as "email!",
                      coalesce(v.full_name, c.full_name) as "full_name!", d.outcome, d.doubt, d.attempts,
                      coalesce((d.ordinal % 500)::smallint = any(b.left_out), false) as "left_out!"
                 from deliveries d
                 join runs r on r.id = d.run_id
                 join batches b on b.run_id = d.run_id and b.number = d.ordinal / 500
                 join clients c on c.id = b.clients[d.ordinal % 500 + 1]
                 left join client_revisions v on v.client_id = c.id and v.revision = b.revisions[d.ordinal % 500 + 1]
                where d.run_id = $1 and ($2::uuid is null or r.owner_id = $2)
                  and (cardinality($3::text[]) = 0 or d.outcome = any($3))
                  and (not $6 or d.outcome = 'unknown' and d.doubt = 'open')
                  and ($4::integer is null or d.ordinal > $4)
                order by d.ordinal limit $5"#,
            run.0,
            access.owner(),
            &outcomes,
            after,
            limit,
            filter.undecided,
        )
        .fetch_all(pool)
        .await;
    }
    sqlx::query_as!(
        StoredDelivery,
        r#"select b.run_id, p.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
                  coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
                  d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
                  coalesce((p.ordinal % 500)::smallint = any(b.left_out), false) as "left_out!"
             from runs r
             join batches b on b.run_id = r.id
            cross join lateral (
                select b.number * 500 + (t.place - 1)::integer as ordinal, t.client_id, t.revision
                  from unnest(b.clients, b.revisions) with ordinality as t (client_id, revision, place)
            ) p
             left join deliveries d on d.run_id = b.run_id and d.ordinal = p.ordinal
             join clients c on c.id = p.client_id
             left join client_revisions v on v.client_id = p.client_id and v.revision = p.revision
            where r.id = $1 and ($2::uuid is null or r.owner_id = $2)
              and (cardinality($3::text[]) = 0 or coalesce(d.outcome, 'pending') = any($3))
              and b.number >= (coalesce($4::integer, -1) + 1) / 500
              and p.ordinal > coalesce($4::integer, -1)
            order by b.number, p.ordinal limit $5"#,
        run.0,
        access.owner(),
        &outcomes,
        after,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// The delivery at this place of the run; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, run: RunId, ordinal: i32) -> Result<Option<Delivery>, ReadError> {
    let mut page = page(pool, access, run, &Filter::default(), Some(ordinal - 1), 1).await?;
    page.retain(|(place, _)| *place == ordinal);
    only(page)
}

/// How many deliveries of the run pass the filter.
pub async fn count(pool: &PgPool, access: Access, run: RunId, filter: &Filter) -> Result<i64, ReadError> {
    if filter.undecided {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from deliveries d join runs r on r.id = d.run_id
                where d.run_id = $1 and ($2::uuid is null or r.owner_id = $2)
                  and d.outcome = 'unknown' and d.doubt = 'open'
                  and (cardinality($3::text[]) = 0 or d.outcome = any($3))"#,
            run.0,
            access.owner(),
            &names(&filter.outcomes),
        );
        return Ok(count.fetch_one(pool).await?);
    }
    // The run's own numbers are the counts.
    let Some(totals) = runs::get(pool, access, run).await?.map(|run| run.totals()) else { return Ok(0) };
    let all = if filter.outcomes.is_empty() { &Outcome::ALL[..] } else { &filter.outcomes };
    let named: BTreeSet<Outcome> = all.iter().copied().collect();
    Ok(named.into_iter().map(|outcome| i64::try_from(totals.of(outcome)).unwrap_or(i64::MAX)).sum())
}

/// The attempts of some deliveries of a run, in order, each with the place of its delivery.
pub async fn attempts(pool: &PgPool, run: RunId, ordinals: &[i32]) -> Result<Listed<i32, Attempt>, sqlx::Error> {
    let rows = sqlx::query_as!(
        StoredAttempt,
        r#"select $1 as "run_id!", ordinal as "ordinal!", number as "number!", at as "at!", outcome as "outcome!", code, enhanced, reply
             from (
                select ordinal, number, at, outcome, code, enhanced, reply from attempts
                 where run_id = $1 and ordinal = any($2)
                union all
                select ordinal, attempts, at, coalesce(attempt, outcome), code, enhanced, reply from deliveries
                 where run_id = $1 and ordinal = any($2) and attempts > 0
             ) all_of_them
            order by ordinal, number"#,
        run.0,
        ordinals,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row.read())).collect())
}

/// How the last attempts of a run's deliveries ended in each period: from one of the boundaries, which are in order, to the
/// next. It reads all deliveries of the run.
pub async fn by_period(
    pool: &PgPool,
    run: RunId,
    boundaries: &[DateTime<Utc>],
) -> Result<Vec<(usize, Read<Ending>, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select width_bucket(at, $2::timestamptz[]) as "period!", coalesce(attempt, outcome) as "ending!",
                  count(*) as "count!"
             from deliveries where run_id = $1 and attempts > 0 group by 1, 2 order by 1, 2"#,
        run.0,
        boundaries,
    )
    .fetch_all(pool)
    .await?;
    let periods = boundaries.len().saturating_sub(1);
    let read = |row| columns::read::<Ending>("deliveries", "attempt", run, row);
    // They are counted from 1.
    let place = |period: i32| usize::try_from(period - 1).ok().filter(|place| *place < periods);
    Ok(rows.into_iter().filter_map(|row| Some((place(row.period)?, read(row.ending), row.count))).collect())
}

/// A delivery of the run that does not read although something has become of it, if there is one. The run's numbers are then not
/// those of its deliveries.
pub async fn unreadable(pool: &PgPool, run: RunId) -> Result<Option<Unreadable>, sqlx::Error> {
    Ok(unreadable_of(pool, &[run.0]).await?.remove(&run.0))
}

/// The same of many runs, by their ids.
pub async fn unreadable_of(pool: &PgPool, runs: &[Uuid]) -> Result<HashMap<Uuid, Unreadable>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.id as "run!", d.ordinal, d.outcome, d.attempt, d.doubt
             from unnest($1::uuid[]) as r (id)
            cross join lateral (
                select ordinal, outcome, attempt, doubt from deliveries
                 where run_id = r.id and outcome not in ('pending', 'accepted')
                   and not delivery_reads(outcome, attempt, doubt)
                 limit 1) d"#,
        runs,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let run = row.run;
            let id = || format!("{run}.{}", row.ordinal);
            let outcome = columns::read::<Outcome>("deliveries", "outcome", id(), row.outcome).err();
            let attempt = || columns::read::<Option<Ending>>("deliveries", "attempt", id(), row.attempt).err();
            let why = outcome
                .or_else(attempt)
                .or_else(|| columns::read::<Option<Doubt>>("deliveries", "doubt", id(), row.doubt).err());
            Some((run, why?))
        })
        .collect())
}

fn names(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| outcome.name().to_owned()).collect()
}

/// The place in a run of a place in one of its batches.
#[must_use]
pub fn ordinal(batch: u32, place: u16) -> i32 {
    let ordinal = u64::from(batch) * MAX_RECIPIENTS as u64 + u64::from(place);
    i32::try_from(ordinal).unwrap_or(i32::MAX)
}

/// The batch of a place in a run, and the place in that batch.
#[must_use]
pub fn place(ordinal: i32) -> (u32, u16) {
    let ordinal = usize::try_from(ordinal).unwrap_or(0);
    let number = u32::try_from(ordinal / MAX_RECIPIENTS).unwrap_or(u32::MAX);
    (number, u16::try_from(ordinal % MAX_RECIPIENTS).unwrap_or(u16::MAX))
}

/// Outcomes of attempts in one batch, which were recorded together.
pub(crate) struct Recorded<'e> {
    pub(crate) run: RunId,
    pub(crate) batch: u32,
    pub(crate) attempts: &'e [Attempted],
}

/// Writes outcomes of attempts, in order. No two of them are of the same letter.
pub(crate) async fn record(connection: &mut PgConnection, recorded: &[Recorded<'_>]) -> Result<(), FoldError> {
    let all =
        || recorded.iter().zip(0_i32..).flat_map(|(one, flush)| one.attempts.iter().map(move |of| (one, flush, of)));
    let runs: Vec<Uuid> = all().map(|(one, ..)| one.run.0).collect();
    let flushes: Vec<i32> = all().map(|(_, flush, _)| flush).collect();
    let ordinals: Vec<i32> = all().map(|(one, _, attempt)| ordinal(one.batch, attempt.recipient)).collect();
    let times: Vec<DateTime<Utc>> = all().map(|(.., attempt)| attempt.at).collect();
    let names: Vec<&str> = all().map(|(.., attempt)| Ending::of(&attempt.outcome).word()).collect();
    let again: Vec<bool> =
        all().map(|(.., attempt)| matches!(attempt.outcome, AttemptOutcome::Unknown { again: Some(_) })).collect();
    let codes: Vec<Option<i16>> =
        all().map(|(.., attempt)| attempt.code.and_then(|code| i16::try_from(code).ok())).collect();
    let enhanced: Vec<Option<&str>> = all().map(|(.., attempt)| attempt.enhanced.as_deref()).collect();
    let replies: Vec<Option<&str>> = all().map(|(.., attempt)| attempt.reply.as_deref()).collect();
    sqlx::query_file!(
        "src/record_attempts.sql",
        &runs,
        &flushes,
        &ordinals,
        &times,
        &names as &[&str],
        &again,
        &codes as &[Option<i16>],
        &enhanced as &[Option<&str>],
        &replies as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Somebody has decided about letters in doubt.
pub(crate) async fn decide(
    connection: &mut PgConnection,
    run: RunId,
    batch: u32,
    places: &[u16],
    doubt: Doubt,
) -> Result<(), FoldError> {
    let ordinals: Vec<i32> = places.iter().map(|place| ordinal(batch, *place)).collect();
    let done = sqlx::query!(
        "update deliveries set doubt = $3 where run_id = $1 and ordinal = any($2)",
        run.0,
        &ordinals,
        doubt.word(),
    )
    .execute(connection)
    .await?;
    touched(&done, "deliveries", run.0)
}

/// Some get no letter, for there is another recipient with the same mailbox.
pub(crate) async fn leave_out(
    connection: &mut PgConnection,
    run: RunId,
    batch: u32,
    places: &[u16],
) -> Result<(), FoldError> {
    let ordinals: Vec<i32> = places.iter().map(|place| ordinal(batch, *place)).collect();
    sqlx::query!(
        "with written as (
             insert into deliveries (run_id, ordinal, attempts, outcome)
             select $1, ordinal, 0, 'suppressed' from unnest($2::integer[]) as t (ordinal)
                 on conflict (run_id, ordinal) do update set outcome = excluded.outcome
         )
         update runs set pending = pending - cardinality($2), suppressed = suppressed + cardinality($2),
                left_out = left_out + cardinality($2)
          where id = $1",
        run.0,
        &ordinals,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is left of a batch gets its last outcome: a delivery that was tried has expired, one that never was
/// is told apart when the mailing was cancelled. What is in doubt stays unknown.
pub(crate) async fn give_up(
    connection: &mut PgConnection,
    run: RunId,
    batch: u32,
    reason: GiveUpReason,
) -> Result<(), FoldError> {
    let never_tried = match reason {
        GiveUpReason::WindowEnded => Outcome::Expired,
        GiveUpReason::Cancelled => Outcome::Suppressed,
    };
    sqlx::query!(
        "with waiting as (
             select b.number * 500 + place as ordinal, coalesce(d.outcome, 'pending') as was
               from batches b
              cross join generate_series(0, b.recipients - 1) as place
               left join deliveries d on d.run_id = b.run_id and d.ordinal = b.number * 500 + place
              where b.run_id = $1 and b.number = $2
                and (d.outcome is null or d.outcome in ('pending', 'deferred') or d.doubt = 'again')
         ), moved as (
             insert into deliveries (run_id, ordinal, attempts, outcome)
             select $1, ordinal, 0, case was when 'pending' then $3 else 'expired' end from waiting
                 on conflict (run_id, ordinal) do update
                set outcome = case when deliveries.doubt is null then excluded.outcome else 'unknown' end,
                    doubt = case deliveries.doubt when 'again' then 'open' else deliveries.doubt end,
                    -- The last attempt keeps its own outcome.
                    attempt = coalesce(deliveries.attempt, nullif(deliveries.outcome, 'pending'))
         ), numbers as (
             select count(*) filter (where was = 'pending') as pending,
                    count(*) filter (where was = 'deferred') as deferred from waiting
         )
         update runs r set pending = r.pending - n.pending, deferred = r.deferred - n.deferred,
                suppressed = r.suppressed + case $3 when 'suppressed' then n.pending else 0 end,
                expired = r.expired + n.deferred + case $3 when 'expired' then n.pending else 0 end
           from numbers n where r.id = $1",
        run.0,
        i32::try_from(batch).unwrap_or(i32::MAX),
        never_tried.name(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
