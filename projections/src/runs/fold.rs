//! What events make of runs and their batches.

use super::Trigger;
use crate::columns::Word;
use crate::deliveries::{Doubt, fold as deliveries};
use crate::{Event, FoldError, touched};
use domain::{BatchId, Fact, MailingId, Missed, RunId, UserId, batch, run};
use sqlx::PgConnection;
use uuid::Uuid;

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
                run::Trigger::Occurrence(at) => (Trigger::Occurrence, Some(*at), None),
                run::Trigger::SendNow(_) => (Trigger::SendNow, None, None),
                run::Trigger::ResendFailed(run) => (Trigger::ResendFailed, None, Some(run.0)),
            };
            sqlx::query!(
                "insert into runs (id, mailing_id, owner_id, status, trigger, occurrence, message_id, message_revision,
                                   started_at, version, resend_of)
                 values ($1, $2, $3, 'planning', $4, $5, $6, $7, $8, $9, $10)",
                id.0,
                origin.mailing.0,
                origin.owner.0,
                trigger.word(),
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
        // It stands among the others where it should have been, whenever that is found out.
        missed.last,
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
            deliveries::decide(connection, run, number, recipients, Doubt::Again).await
        }
        batch::Event::DoubtAccepted { recipients } => {
            let (run, number) = place_of(connection, id).await?;
            deliveries::decide(connection, run, number, recipients, Doubt::Accepted).await
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
