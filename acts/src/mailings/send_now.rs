//! "Send now".

use super::about_the_mailing;
use super::plan::too_large;
use crate::refusal::{Problem, Refused, input};
use crate::who::rights::Owner;
use crate::{Services, senders};
use chrono::{DateTime, Utc};
use domain::mailing::{Command, Error, Mailing};
use domain::run::{self, Run, Trigger};
use domain::{Code, MailingId, RunId, UserId};
use eventstore::{ExecuteError, Metadata, Receipt};
use projections::runs::{self, Status};
use projections::{Access, mailings};

/// "Send now": starts a run, or finds the one that the same request started before.
///
/// The same key is the same press. Without a key a run that is under way is the answer, then an occurrence that is due
/// and that the scheduler is about to start, else a fresh run. That one's key is derived from the run before it, so
/// that of two presses at the same time the second one gets the first one's answer.
pub async fn send_now(
    services: &Services,
    by: Owner,
    mailing: MailingId,
    key: Option<String>,
    metadata: &Metadata,
) -> Result<(RunId, Receipt), Refused> {
    let by = by.id();
    let key = input::key(key)?;
    if let Some(key) = &key {
        let id = Trigger::SendNow(key.clone()).run_of(mailing);
        if let Some(receipt) = started_before(services, by, id).await? {
            return Ok((id, receipt));
        }
    }
    let now = services.now();
    let may = services.store.execute::<Mailing>(mailing.0, Command::CheckSendable { by, now }, metadata).await;
    may.map_err(|error| about_the_mailing(error.into()))?;

    // In this order: if the occurrence is not due any more because somebody has just started it, its run shows below.
    let due = if key.is_none() { due(services, by, mailing, now).await? } else { None };
    let latest = runs::page(services.pool(), Access::Owner(by), mailing, None, 1).await?.pop();
    let latest = latest.map(|(_, run)| run).transpose()?;
    if key.is_none()
        && let Some(run) = latest.as_ref().filter(|run| matches!(run.status, Status::Planning | Status::Sending))
        && let Some(receipt) = started_before(services, by, RunId(run.id)).await?
    {
        return Ok((RunId(run.id), receipt));
    }
    let trigger = match (key, due) {
        (Some(key), _) => Trigger::SendNow(key),
        (None, Some(occurrence)) => Trigger::Occurrence(occurrence),
        (None, None) => Trigger::SendNow(latest.map_or_else(|| "first".to_owned(), |run| format!("after {}", run.id))),
    };
    let origin = origin(services, by, mailing).await?;
    let id = trigger.run_of(mailing);
    let command =
        run::Command::Start { origin, trigger, at: now, message_id_domain: services.message_id_domain.clone() };
    let metadata = metadata.clone().caused_by(services.store.last_of::<Mailing>(mailing.0).await?);
    let receipt = services.store.execute::<Run>(id.0, command, &metadata).await?;
    Ok((id, receipt))
}

/// The receipt of a run that exists and is `by`'s.
pub(crate) async fn started_before(services: &Services, by: UserId, id: RunId) -> Result<Option<Receipt>, Refused> {
    let loaded = services.store.load::<Run>(id.0).await?;
    match loaded.state {
        Run::Started { origin, .. } | Run::Sending { origin, .. } | Run::Finished { origin, .. }
            if origin.owner == by =>
        {
            let position = services.store.last_position::<Run>(id.0).await?;
            Ok(Some(Receipt { position, version: loaded.version }))
        }
        _ => Ok(None),
    }
}

/// The occurrence that the scheduler is about to start, unless it has missed ones to record first.
async fn due(
    services: &Services,
    by: UserId,
    id: MailingId,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Refused> {
    let Some(row) = mailings::get(services.pool(), Access::Owner(by), id).await? else { return Ok(None) };
    let Some(due) = row.due_at(now) else { return Ok(None) };
    Ok(due.run.filter(|_| due.missed.is_none()))
}

/// What a run would start with: a letter that exists, and somebody to send it to.
async fn origin(services: &Services, by: UserId, id: MailingId) -> Result<run::Origin, Refused> {
    let origin = letter(services, by, id).await?;
    if !mailings::gone(services.pool(), &[id.0]).await?.is_empty() {
        let said = words::mailings::Problem::AudiencePartDeleted;
        return Err(Problem::new(Code::AudiencePartDeleted, &["id"], said).into());
    }
    let audience = mailings::audience_of(services.pool(), id).await?;
    if mailings::is_audience_empty(services.pool(), Access::Owner(by), &audience, services.now()).await? {
        return Err(Problem::of(&Error::AudienceEmpty).at(&["id"]).into());
    }
    Ok(origin)
}

/// The letter that a run would start with.
pub(crate) async fn letter(services: &Services, by: UserId, id: MailingId) -> Result<run::Origin, Refused> {
    let Some(origin) = mailings::origin(services.pool(), id).await? else {
        if mailings::get(services.pool(), Access::Owner(by), id).await?.is_none() {
            // It exists, as its stream told; the tables do not show it yet.
            return Err(ExecuteError::<Error>::Conflict.into());
        }
        return Err(Problem::new(Code::MessageDeleted, &["id"], words::mailings::Problem::MessageDeleted).into());
    };
    let revision = i32::try_from(origin.revision).unwrap_or(i32::MAX);
    if let Some(problem) = too_large(services, origin.message, revision).await? {
        return Err(problem.at(&["id"]).into());
    }
    if let Some(pinned) = origin.sender {
        let usable = senders::usable(services, by, &pinned.sender.to_string()).await?;
        usable.map_err(|problem| problem.at(&["id"]))?;
    }
    let sender = origin.sender.map(|pinned| pinned.sender);
    if let Some(problem) = senders::required(services, by, sender).await? {
        return Err(problem.at(&["id"]).into());
    }
    Ok(origin.where_transactional_is(services.quotas.bounds().transactional))
}
