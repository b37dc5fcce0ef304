//! What events make of runs and their batches.
//!
//! Most of what happens are the steps that every run takes once ([`Steps`]), many of them for many runs at the same time: these are
//! gathered and written with a statement for each kind. Whatever else happens is written by itself, after what was gathered.

use super::steps::Steps;
use crate::deliveries::{Doubt, fold as deliveries};
use crate::{Event, FoldError, touched};
use domain::{BatchId, Fact, MailingId, Missed, RunId, UserId, batch, run};
use sqlx::PgConnection;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    let mut steps = Steps::default();
    for event in events {
        if steps.overtakes(event) {
            std::mem::take(&mut steps).write(connection).await?;
        }
        if steps.take(event) {
            continue;
        }
        std::mem::take(&mut steps).write(connection).await?;
        match &event.fact {
            Fact::Run(id, fact) => fold_run(connection, *id, fact, event).await?,
            Fact::Batch(id, fact) => fold_batch(connection, *id, fact).await?,
            _ => {}
        }
    }
    steps.write(connection).await
}

async fn fold_run(connection: &mut PgConnection, id: RunId, fact: &run::Event, event: &Event) -> Result<(), FoldError> {
    match fact {
        run::Event::OccurrencesMissed { mailing, owner, missed } => {
            miss(connection, id, (*mailing, *owner), missed, event).await?;
        }
        run::Event::ResendOrdered { .. } => {
            let done = sqlx::query!(
                // Letters may be in doubt, and be sent again, while the audience is still being frozen.
                "update runs set status = case status when 'planning' then status else 'sending' end, finished_at = null,
                        version = $2
                  where id = $1",
                id.0,
                event.version,
            )
            .execute(connection)
            .await?;
            touched(&done, "runs", id.0)?;
        }
        // Steps.
        run::Event::Started { .. } | run::Event::AudienceFrozen { .. } | run::Event::Finished { .. } => {}
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

async fn fold_batch(connection: &mut PgConnection, id: BatchId, fact: &batch::Event) -> Result<(), FoldError> {
    match fact {
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
        // Steps, and who is in flight, which is the batch's own business: a delivery is pending until it has an outcome.
        batch::Event::Planned { .. }
        | batch::Event::LeftOut { .. }
        | batch::Event::SendingStarted { .. }
        | batch::Event::AttemptRecorded { .. }
        | batch::Event::Completed => Ok(()),
    }
}

async fn place_of(connection: &mut PgConnection, id: BatchId) -> Result<(RunId, u32), FoldError> {
    let row = sqlx::query!("select run_id, number from batches where id = $1", id.0)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| FoldError::Inconsistent(format!("there is no batch {id}")))?;
    Ok((RunId(row.run_id), u32::try_from(row.number).unwrap_or(0)))
}
