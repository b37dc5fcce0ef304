//! A due mailing becomes a run.

use crate::context::Context;
use crate::error::EngineError;
use domain::run::{Command, Event, Run, Trigger};
use domain::{MailingId, UserId};
use eventstore::{Append, AppendError, ExecuteError};
use projections::mailings;

/// How many mailings are looked at in one go.
const MAILINGS: i64 = 100;

/// How many missed occurrences are recorded in one append.
const MISSED: usize = 1_000;

impl Context {
    /// Starts a run for every mailing whose moment has come. Late means once: of several occurrences that passed, the
    /// last one runs and the others are recorded as missed.
    pub(crate) async fn start_due(&self) -> Result<(), EngineError> {
        loop {
            let now = self.clock.now();
            let due = mailings::due(self.pool(), now, MAILINGS).await?;
            let mut shown = true;
            for mailing in &due {
                // One mailing that cannot be started does not keep the others waiting.
                match self.start(mailing).await {
                    Ok(started) => shown &= started,
                    Err(error) if error.is_unavailable() => return Err(error),
                    Err(error) => {
                        tracing::error!(mailing = %mailing.id, %error, "a due mailing cannot be started");
                        shown = false;
                    }
                }
            }
            // Looking again makes sense only if there is more, and if the read models show what was done.
            if !shown || due.len() < usize::try_from(MAILINGS).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }

    /// `false`: the read models do not show it yet.
    async fn start(&self, mailing: &mailings::Mailing) -> Result<bool, EngineError> {
        let now = self.clock.now();
        let (id, owner) = (MailingId(mailing.id), UserId(mailing.owner_id));
        let (Some(window), Some(zone)) = (mailing.window(), mailing.zone()) else {
            return Err(EngineError::Inconsistent(format!("the window or time zone of mailing {id} does not read")));
        };
        let due = mailing.periodicity.due(&window, zone, mailing.last_occurrence, now, MISSED);
        let mut position = 0;
        let mut missed = due.missed;
        let origin = mailings::origin(self.pool(), id).await?;
        if let (Some(run), None) = (due.run, origin) {
            tracing::warn!(mailing = %id, "the message is deleted or shared no longer, so the occurrence is missed");
            missed.push(run);
        }
        if !missed.is_empty() {
            position = self.miss(id, owner, &missed).await?;
        }
        if let (Some(occurrence), Some(origin)) = (due.run, origin) {
            let trigger = Trigger::Occurrence(occurrence);
            let run = trigger.run_of(id);
            let command = Command::Start { origin, trigger, at: now };
            match self.store.execute::<Run>(run.0, command, &self.metadata()).await {
                Ok(receipt) => {
                    tracing::info!(mailing = %id, %run, %occurrence, "a run starts");
                    position = position.max(receipt.position);
                }
                // Recorded as missed by another scheduler, whose clock is ahead.
                Err(ExecuteError::Refused(domain::run::Error::Missed)) => {}
                Err(error) => return Err(EngineError::from_execute(error)),
            }
        }
        Ok(self.shown(position).await)
    }

    async fn miss(
        &self,
        mailing: MailingId,
        owner: UserId,
        occurrences: &[chrono::DateTime<chrono::Utc>],
    ) -> Result<i64, EngineError> {
        tracing::info!(%mailing, count = occurrences.len(), "occurrences passed unused");
        let metadata = self.metadata();
        let appends = occurrences
            .iter()
            .map(|occurrence| {
                let id = Trigger::Occurrence(*occurrence).run_of(mailing);
                let event = Event::OccurrenceMissed { mailing, owner, occurrence: *occurrence };
                Append::begin::<Run>(id.0, vec![event])
            })
            .collect::<Result<Vec<_>, _>>()?;
        match self.store.append(&appends, &metadata).await {
            Ok(receipt) => return Ok(receipt.position),
            Err(AppendError::Store(error)) => return Err(error.into()),
            // Another scheduler has recorded some of them.
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {}
        }
        let mut position = 0;
        for occurrence in occurrences {
            let id = Trigger::Occurrence(*occurrence).run_of(mailing);
            let command = Command::Miss { mailing, owner, occurrence: *occurrence };
            let receipt = self.store.execute::<Run>(id.0, command, &metadata).await;
            position = position.max(receipt.map_err(EngineError::from_execute)?.position);
        }
        Ok(position)
    }
}
