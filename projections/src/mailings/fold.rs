//! What events make of mailings.

use super::Stored;
use crate::{Event, FoldError, touched};
use chrono::{DateTime, Utc};
use domain::mailing::{Plan, Status};
use domain::{Fact, MailingId, RelayName, mailing, run};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        match &event.fact {
            Fact::Mailing(id, fact) => fold_mailing(connection, *id, fact, event).await?,
            Fact::Run(_, run::Event::Started { origin, trigger, .. }) => {
                let occurrence = match trigger {
                    run::Trigger::Occurrence(at) => Some(*at),
                    run::Trigger::SendNow(_) | run::Trigger::ResendFailed(_) => None,
                };
                sqlx::query!("update mailings set sent = true where id = $1 and not sent", origin.mailing.0)
                    .execute(&mut *connection)
                    .await?;
                occurred(connection, origin.mailing, occurrence).await?;
            }
            Fact::Run(_, run::Event::OccurrencesMissed { mailing, missed, .. }) => {
                occurred(connection, *mailing, Some(missed.last)).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn fold_mailing(
    connection: &mut PgConnection,
    id: MailingId,
    fact: &mailing::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        mailing::Event::Created { owner, plan, since } => {
            sqlx::query!(
                "insert into mailings (id, owner_id, name, message_id, starts_at, ends_at, periodicity, time_zone,
                                       status, next_run_at, sent, created_at, version, in_doubt, relay, planned_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, false, $10, $11, $12, $13, $14)",
                id.0,
                owner.0,
                plan.name.as_str(),
                plan.message.0,
                plan.window.start(),
                plan.window.end(),
                Json(&plan.periodicity) as _,
                plan.time_zone.name(),
                plan.periodicity.next(&plan.window, plan.time_zone, None),
                event.at,
                event.version,
                plan.sending.in_doubt.name(),
                plan.sending.relay.as_ref().map(RelayName::as_str),
                *since,
            )
            .execute(&mut *connection)
            .await?;
            keep_audience(connection, id, plan).await?;
        }
        mailing::Event::Changed { plan, since } => {
            let row = load(connection, id).await?;
            let status = row.followed_by(Status::prolonged);
            let done = sqlx::query!(
                "update mailings set name = $2, message_id = $3, starts_at = $4, ends_at = $5, periodicity = $6,
                        time_zone = $7, status = $8, next_run_at = $9, version = $10, in_doubt = $11, relay = $12,
                        planned_at = coalesce($13, planned_at)
                  where id = $1",
                id.0,
                plan.name.as_str(),
                plan.message.0,
                plan.window.start(),
                plan.window.end(),
                Json(&plan.periodicity) as _,
                plan.time_zone.name(),
                status,
                plan.periodicity.next(&plan.window, plan.time_zone, row.last_occurrence),
                event.version,
                plan.sending.in_doubt.name(),
                plan.sending.relay.as_ref().map(RelayName::as_str),
                *since,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
            sqlx::query!("delete from mailing_clients where mailing_id = $1", id.0).execute(&mut *connection).await?;
            sqlx::query!("delete from mailing_groups where mailing_id = $1", id.0).execute(&mut *connection).await?;
            keep_audience(connection, id, plan).await?;
        }
        mailing::Event::Deleted => {
            let done = sqlx::query!(
                "update mailings set deleted_at = $2, version = $3 where id = $1",
                id.0,
                event.at,
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
        }
        mailing::Event::Paused
        | mailing::Event::Suspended { .. }
        | mailing::Event::Resumed
        | mailing::Event::Disabled { .. }
        | mailing::Event::Enabled { .. }
        | mailing::Event::Cancelled
        | mailing::Event::Completed => {
            let status = load(connection, id).await?.followed_by(|status| status.after(fact));
            let reason = match fact {
                mailing::Event::Disabled { reason } | mailing::Event::Suspended { reason } => Some(reason.as_str()),
                _ => None,
            };
            // The window's end undoes neither pause nor disabling, so their reason stays.
            let keeps_reason = matches!(fact, mailing::Event::Completed);
            let done = sqlx::query!(
                "update mailings set status = $2, reason = case when $5 then reason else $3 end, version = $4 where id = $1",
                id.0,
                status,
                reason,
                event.version,
                keeps_reason,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
        }
    }
    Ok(())
}

/// An occurrence was run or missed: the next one follows it.
async fn occurred(
    connection: &mut PgConnection,
    id: MailingId,
    occurrence: Option<DateTime<Utc>>,
) -> Result<(), FoldError> {
    let Some(occurrence) = occurrence else { return Ok(()) };
    let row = load(connection, id).await?;
    let last = row.last_occurrence.max(Some(occurrence));
    // Whoever reads the row finds that it does not read, and nobody goes by the moment that stays.
    let next = match (row.next_run_at, row.read()) {
        (_, Ok(mailing)) => mailing.next_after(last)?,
        (next, Err(_)) => next,
    };
    let done =
        sqlx::query!("update mailings set last_occurrence = $2, next_run_at = $3 where id = $1", id.0, last, next,)
            .execute(connection)
            .await?;
    touched(&done, "mailings", id.0)?;
    Ok(())
}

async fn keep_audience(connection: &mut PgConnection, id: MailingId, plan: &Plan) -> Result<(), FoldError> {
    let clients: Vec<Uuid> = plan.audience.clients.iter().map(|client| client.0).collect();
    let groups: Vec<Uuid> = plan.audience.groups.iter().map(|group| group.0).collect();
    sqlx::query!(
        "insert into mailing_clients (mailing_id, client_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &clients,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into mailing_groups (mailing_id, group_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &groups,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn load(connection: &mut PgConnection, id: MailingId) -> Result<Stored, FoldError> {
    sqlx::query_as!(
        Stored,
        r#"select id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                  time_zone, in_doubt, relay, status, reason, last_occurrence, next_run_at, sent, created_at,
                  deleted_at, version, planned_at, false as "owner_blocked!"
             from mailings where id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| FoldError::Inconsistent(format!("there is no mailing {id}")))
}
