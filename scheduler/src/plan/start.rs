//! A due mailing becomes a run.
//!
//! What keeps an occurrence from being started twice, or from being both started and recorded as missed, is the stream of a
//! run: everything that follows the last occurrence begins with the same one, be it started, or the first of those that
//! were missed. So of two engines that looked at different moments only one can append, and what one of them starts after a
//! missed occurrence it appends together with it.

use crate::context::Context;
use crate::error::EngineError;
use chrono::{DateTime, Utc};
use domain::mailing::Mailing;
use domain::run::{Command, Origin, Run, Trigger};
use domain::{Decide, MailingId, Missed, UserId};
use eventstore::{Append, AppendError, Cause};
use projections::mailings;
use std::time::Duration;

/// How many mailings are looked at in one go: few, so that whoever becomes due meanwhile is seen soon.
const MAILINGS: i64 = 20;

/// How long a mailing is left alone that another engine was faster with: until the read models show it.
const OVERTAKEN: Duration = Duration::from_secs(1);

impl Context {
    /// Starts a run for the first mailings whose moment has come; owners take turns. Late means once: of several
    /// occurrences that passed, the last one runs and the others are recorded as missed. Says whether to look for more at
    /// once.
    pub(crate) async fn start_due(&self) -> Result<bool, EngineError> {
        let due = mailings::due(self.pool(), self.clock.now(), &self.stuck.now(), MAILINGS).await?;
        let (looked_at, due) = (due.len(), self.readable(due));
        // Stopped since the read models were told: it starts when they show that it goes on.
        let halted = self.halted(&due.iter().map(|mailing| mailing.id).collect::<Vec<_>>()).await?;
        let (mut position, mut done) = (0, halted.is_empty());
        let ids: Vec<_> = due.iter().map(|mailing| mailing.id).collect();
        let causes = self.store.last_of_each::<Mailing>(&ids).await?;
        for mailing in due.iter().filter(|mailing| !halted.contains(&mailing.id)) {
            // One mailing that cannot be started does not keep the others waiting.
            match self.start(mailing, causes.get(&mailing.id).copied()).await {
                Ok(Some(appended)) => position = position.max(appended),
                Ok(None) => {
                    self.stuck.leave_alone(mailing.id, OVERTAKEN);
                    done = false;
                }
                Err(error) if error.stops_all() => return Err(error),
                Err(error) => {
                    tracing::error!(mailing = %mailing.id, %error, "a due mailing cannot be started");
                    self.stuck.add(mailing.id);
                }
            }
        }
        // Looking again makes sense only if there is more, and if the read models show what was done.
        Ok(self.shown(position).await && done && looked_at >= usize::try_from(MAILINGS).unwrap_or(usize::MAX))
    }

    /// Where the events landed, which follow from what happened last to the mailing. `None`: another engine was faster, and the
    /// read models do not show it yet.
    async fn start(&self, mailing: &mailings::Mailing, cause: Option<Cause>) -> Result<Option<i64>, EngineError> {
        let now = self.clock.now();
        let (id, owner) = (MailingId(mailing.id), UserId(mailing.owner_id));
        if let Some(obstacle) = mailing.obstacle() {
            return Err(EngineError::refused(&obstacle));
        }
        let Some(mut due) = mailing.due_at(now) else {
            return Err(EngineError::Inconsistent(format!("the window of mailing {id} does not read")));
        };
        let origin = mailings::origin(self.pool(), id).await?;
        if let (Some(run), None) = (due.run, origin) {
            tracing::warn!(mailing = %id, "the message is deleted or shared no longer, so the occurrence is missed");
            let missed = due.missed.map(|missed| Missed { last: run, count: missed.count + 1, ..missed });
            (due.run, due.missed) = (None, missed.or(Some(Missed::one(run))));
        }
        let mut appends = Vec::with_capacity(2);
        if let Some(missed) = due.missed {
            tracing::info!(mailing = %id, count = missed.count, "occurrences passed unused");
            appends.push(begin(id, Command::Miss { mailing: id, owner, missed }, missed.first)?);
        }
        if let (Some(occurrence), Some(origin)) = (due.run, origin) {
            appends.push(begin(id, start(origin, occurrence, now), occurrence)?);
        }
        if appends.is_empty() {
            return Ok(None);
        }
        match self.store.append(&appends, &self.metadata().caused_by(cause)).await {
            Ok(receipt) => {
                if let Some(occurrence) = due.run {
                    let run = Trigger::Occurrence(occurrence).run_of(id);
                    tracing::info!(mailing = %id, %run, %occurrence, "a run starts");
                }
                Ok(Some(receipt.position))
            }
            Err(AppendError::Store(error)) => Err(error.into()),
            // Another engine, or somebody who pressed "send now", has started it or recorded it as missed.
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => Ok(None),
        }
    }
}

fn start(origin: Origin, occurrence: DateTime<Utc>, at: DateTime<Utc>) -> Command {
    Command::Start { origin, trigger: Trigger::Occurrence(occurrence), at }
}

/// What a run that nobody has begun does with a command.
fn begin(mailing: MailingId, command: Command, occurrence: DateTime<Utc>) -> Result<Append, EngineError> {
    let events = Run::default().decide(command).map_err(|error| EngineError::refused(&error))?;
    Ok(Append::begin::<Run>(Trigger::Occurrence(occurrence).run_of(mailing).0, events)?)
}
