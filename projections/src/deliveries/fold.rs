//! What the events of batches make of deliveries and attempts.

use super::{Doubt, Ending, Suppressed, ordinal};
use crate::columns::Word as _;
use crate::{FoldError, touched};
use chrono::{DateTime, Utc};
use domain::batch::{Attempt as Attempted, AttemptOutcome, GiveUpReason, LeaveOutReason};
use domain::{Outcome, RunId};
use sqlx::PgConnection;
use uuid::Uuid;

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

/// Recipients of a batch who get no letter, or no further one.
pub(crate) struct LeftOut<'e> {
    pub(crate) run: RunId,
    pub(crate) batch: u32,
    pub(crate) places: &'e [u16],
    pub(crate) reason: LeaveOutReason,
}

/// Some get no letter, or no further one. Nobody is among them twice.
pub(crate) async fn leave_out(connection: &mut PgConnection, left_out: &[LeftOut<'_>]) -> Result<(), FoldError> {
    let all = || left_out.iter().flat_map(|one| one.places.iter().map(move |place| (one, *place)));
    let runs: Vec<Uuid> = all().map(|(one, _)| one.run.0).collect();
    let ordinals: Vec<i32> = all().map(|(one, place)| ordinal(one.batch, place)).collect();
    let reasons: Vec<&str> = all().map(|(one, _)| Suppressed::from(one.reason).word()).collect();
    sqlx::query_file!("src/leave_out.sql", &runs, &ordinals, &reasons as &[&str]).execute(connection).await?;
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
             insert into deliveries (run_id, ordinal, attempts, outcome, suppression)
             select $1, ordinal, 0, case was when 'pending' then $3 else 'expired' end,
                    case when was = 'pending' and $3::text = 'suppressed' then $4::text end
               from waiting
                 on conflict (run_id, ordinal) do update
                set outcome = case when deliveries.doubt is null then excluded.outcome else 'unknown' end,
                    doubt = case deliveries.doubt when 'again' then 'open' else deliveries.doubt end,
                    suppression = excluded.suppression,
                    -- The last attempt keeps its own outcome.
                    attempt = coalesce(deliveries.attempt, nullif(deliveries.outcome, 'pending'))
         ), numbers as (
             select count(*) filter (where was = 'pending') as pending,
                    count(*) filter (where was = 'deferred') as deferred from waiting
         ), counted as (
             insert into suppression_counts (run_id, reason, deliveries)
             select $1, $4::text, pending from numbers where pending > 0 and $3::text = 'suppressed'
                 on conflict (run_id, reason) do update set deliveries = suppression_counts.deliveries + excluded.deliveries
         )
         update runs r set pending = r.pending - n.pending, deferred = r.deferred - n.deferred,
                suppressed = r.suppressed + case $3 when 'suppressed' then n.pending else 0 end,
                expired = r.expired + n.deferred + case $3 when 'expired' then n.pending else 0 end
           from numbers n where r.id = $1",
        run.0,
        i32::try_from(batch).unwrap_or(i32::MAX),
        never_tried.name(),
        Suppressed::Cancelled.word(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
