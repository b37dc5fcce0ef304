//! Who got what, when, and what the mail server answered.

use crate::{Access, FoldError};
use chrono::{DateTime, Utc};
use domain::batch::{Attempt as Recorded, AttemptOutcome, GiveUpReason, MAX_RECIPIENTS, Recipient};
use domain::{Outcome, RunId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// One client in one run.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// In which run.
    pub run_id: Uuid,
    /// Its place in the run: 500 times the batch's number plus the place in the batch.
    pub ordinal: i32,
    /// Who.
    pub client_id: Uuid,
    /// The address that the letter goes to, as it was when the audience was frozen.
    pub email: String,
    /// The name as it was then.
    pub full_name: String,
    /// See [`domain::Outcome`].
    pub outcome: String,
    /// How many attempts are recorded.
    pub attempts: i32,
}

/// One SMTP transaction.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Of the delivery at this place.
    pub ordinal: i32,
    /// Counted from 1 within the delivery.
    pub number: i32,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// `accepted`, `rejected`, `deferred`, `unknown` or `not_tried`.
    pub outcome: String,
    /// The reply's three digits.
    pub code: Option<i16>,
    /// The reply's enhanced code.
    pub enhanced: Option<String>,
    /// The reply's text, or what went wrong without one.
    pub reply: Option<String>,
}

/// The deliveries of a run after a place, in order. `outcomes` empty: all of them.
pub async fn page(
    pool: &PgPool,
    access: Access,
    run: RunId,
    outcomes: &[Outcome],
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let outcomes = names(outcomes);
    sqlx::query_as!(
        Delivery,
        r#"select d.run_id, d.ordinal, d.client_id, coalesce(v.email, c.email) as "email!",
                  coalesce(v.full_name, c.full_name) as "full_name!", d.outcome, d.attempts
             from deliveries d
             join clients c on c.id = d.client_id
             left join client_revisions v on v.client_id = d.client_id and v.revision = d.client_revision
             join runs r on r.id = d.run_id
            where d.run_id = $1 and ($2::uuid is null or r.owner_id = $2)
              and (cardinality($3::text[]) = 0 or d.outcome = any($3))
              and ($4::integer is null or d.ordinal > $4)
            order by d.ordinal limit $5"#,
        run.0,
        access.owner(),
        &outcomes,
        after,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// One delivery.
pub async fn get(pool: &PgPool, access: Access, run: RunId, ordinal: i32) -> Result<Option<Delivery>, sqlx::Error> {
    Ok(page(pool, access, run, &[], Some(ordinal - 1), 1).await?.pop().filter(|delivery| delivery.ordinal == ordinal))
}

/// How many deliveries of a run have one of these outcomes; empty: all of them.
pub async fn count(pool: &PgPool, access: Access, run: RunId, outcomes: &[Outcome]) -> Result<i64, sqlx::Error> {
    let outcomes = names(outcomes);
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from deliveries d join runs r on r.id = d.run_id
            where d.run_id = $1 and ($2::uuid is null or r.owner_id = $2)
              and (cardinality($3::text[]) = 0 or d.outcome = any($3))"#,
        run.0,
        access.owner(),
        &outcomes,
    )
    .fetch_one(pool)
    .await
}

/// The attempts of some deliveries of a run, in order.
pub async fn attempts(pool: &PgPool, run: RunId, ordinals: &[i32]) -> Result<Vec<Attempt>, sqlx::Error> {
    sqlx::query_as!(
        Attempt,
        "select ordinal, number, at, outcome, code, enhanced, reply from attempts
          where run_id = $1 and ordinal = any($2) order by ordinal, number",
        run.0,
        ordinals,
    )
    .fetch_all(pool)
    .await
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

pub(crate) async fn plan(
    connection: &mut PgConnection,
    run: RunId,
    batch: u32,
    recipients: &[Recipient],
) -> Result<(), FoldError> {
    let ordinals: Vec<i32> = (0_u16..).zip(recipients).map(|(place, _)| ordinal(batch, place)).collect();
    let clients: Vec<Uuid> = recipients.iter().map(|recipient| recipient.0.0).collect();
    let revisions: Vec<i32> =
        recipients.iter().map(|recipient| i32::try_from(recipient.1).unwrap_or(i32::MAX)).collect();
    sqlx::query!(
        "insert into deliveries (run_id, ordinal, client_id, client_revision, outcome, attempts)
         select $1, ordinal, client_id, revision, 'pending', 0
           from unnest($2::integer[], $3::uuid[], $4::integer[]) as t (ordinal, client_id, revision)",
        run.0,
        &ordinals,
        &clients,
        &revisions,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update runs set planned = planned + $2, pending = pending + $2 where id = $1",
        run.0,
        i64::try_from(recipients.len()).unwrap_or(i64::MAX),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn record(
    connection: &mut PgConnection,
    run: RunId,
    batch: u32,
    attempts: &[Recorded],
) -> Result<(), FoldError> {
    let ordinals: Vec<i32> = attempts.iter().map(|attempt| ordinal(batch, attempt.recipient)).collect();
    let times: Vec<DateTime<Utc>> = attempts.iter().map(|attempt| attempt.at).collect();
    let (names, outcomes): (Vec<&str>, Vec<Option<&str>>) = attempts
        .iter()
        .map(|attempt| match attempt.outcome {
            AttemptOutcome::Accepted => ("accepted", Some(Outcome::Accepted.name())),
            AttemptOutcome::Rejected { .. } => ("rejected", Some(Outcome::Rejected.name())),
            AttemptOutcome::Deferred { .. } => ("deferred", Some(Outcome::Deferred.name())),
            AttemptOutcome::Unknown => ("unknown", Some(Outcome::Unknown.name())),
            AttemptOutcome::NotTried => ("not_tried", None),
        })
        .unzip();
    let codes: Vec<Option<i16>> =
        attempts.iter().map(|attempt| attempt.code.and_then(|code| i16::try_from(code).ok())).collect();
    let enhanced: Vec<Option<&str>> = attempts.iter().map(|attempt| attempt.enhanced.as_deref()).collect();
    let replies: Vec<Option<&str>> = attempts.iter().map(|attempt| attempt.reply.as_deref()).collect();
    sqlx::query_file!(
        "src/record_attempts.sql",
        run.0,
        &ordinals,
        &times,
        &names as &[&str],
        &outcomes as &[Option<&str>],
        &codes as &[Option<i16>],
        &enhanced as &[Option<&str>],
        &replies as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is left of a batch gets its last outcome: a delivery that was tried has expired, one that never was
/// is told apart when the mailing was cancelled.
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
    let first = ordinal(batch, 0);
    let end = ordinal(batch + 1, 0);
    sqlx::query!(
        "with before as (
             select ordinal, outcome from deliveries
              where run_id = $1 and ordinal >= $2 and ordinal < $3 and outcome in ('pending', 'deferred')
         ), moved as (
             update deliveries d set outcome = case b.outcome when 'pending' then $4 else 'expired' end
               from before b where d.run_id = $1 and d.ordinal = b.ordinal
         ), numbers as (
             select count(*) filter (where outcome = 'pending') as pending,
                    count(*) filter (where outcome = 'deferred') as deferred from before
         )
         update runs r set pending = r.pending - n.pending, deferred = r.deferred - n.deferred,
                suppressed = r.suppressed + case $4 when 'suppressed' then n.pending else 0 end,
                expired = r.expired + n.deferred + case $4 when 'expired' then n.pending else 0 end
           from numbers n where r.id = $1",
        run.0,
        first,
        end,
        never_tried.name(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
