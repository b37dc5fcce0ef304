//! Runs whose deliveries all have their outcome are finished; mailings whose window has ended are completed.

use crate::context::Context;
use crate::error::EngineError;
use domain::Decide;
use domain::batch::Batch;
use domain::mailing::{self, Mailing};
use domain::run::{Command, Run};
use eventstore::{Append, AppendError, Cause, ExecuteError};
use projections::{deliveries, mailings, runs};
use std::collections::HashMap;
use uuid::Uuid;

/// How many runs are finished in one go, with one append.
const RUNS: i64 = 200;

/// How many mailings are looked at in one go: few, as those that are due wait meanwhile.
const MAILINGS: i64 = 20;

impl Context {
    /// Writes the last event of every run that is done. The read model's numbers are those of the log up to the
    /// run's last completed batch, because rows and checkpoint move together.
    pub(crate) async fn finish_runs(&self) -> Result<(), EngineError> {
        let done = runs::done(self.pool(), &self.stuck.now(), RUNS).await?;
        let mut done = self.readable(done);
        if done.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = done.iter().map(|run| run.id).collect();
        // A finished run keeps its numbers for ever, so they must be those of its deliveries.
        for (run, error) in deliveries::unreadable_of(self.pool(), &ids).await? {
            self.leave_alone(run, &error);
            done.retain(|other| other.id != run);
        }
        let causes = self.causes_of_the_end(&done).await?;
        let position = if let Some(position) = self.finish_all(&done, &causes).await? {
            position
        } else {
            // Something is in the way of one of them.
            let mut position = 0;
            for run in &done {
                position = position.max(self.finish(run, causes.get(&run.id).copied()).await?);
            }
            position
        };
        self.shown(position).await;
        Ok(())
    }

    /// What the end of each of these runs follows from: the end of its last batch. A run that has none ends because of its own
    /// last event.
    async fn causes_of_the_end(&self, done: &[runs::Run]) -> Result<HashMap<Uuid, Cause>, EngineError> {
        let ids: Vec<Uuid> = done.iter().map(|run| run.id).collect();
        let last = runs::last_completed(self.pool(), &ids).await?;
        let batches: Vec<Uuid> = last.values().map(|batch| batch.0).collect();
        let ends = self.store.last_of_each::<Batch>(&batches).await?;
        Ok(last.into_iter().filter_map(|(run, batch)| Some((run, *ends.get(&batch.0)?))).collect())
    }

    /// Finishes all of them with one append, and says where it landed. None: that was not to be.
    async fn finish_all(&self, done: &[runs::Run], causes: &HashMap<Uuid, Cause>) -> Result<Option<i64>, EngineError> {
        let ids: Vec<Uuid> = done.iter().map(|run| run.id).collect();
        let (at, streams) = (self.clock.now(), self.store.load_many::<Run>(&ids).await?);
        let mut appends = Vec::with_capacity(done.len());
        let mut told = Vec::with_capacity(done.len());
        for (run, stream) in done.iter().zip(streams) {
            let totals = run.totals();
            // The numbers are those of this version. If letters in doubt are being sent again, it is another one.
            if stream.version != run.version {
                continue;
            }
            let Ok(events) = stream.state.decide(Command::Finish { totals, at }) else { return Ok(None) };
            if !events.is_empty() {
                appends.push(Append::new(run.id, stream, events)?.caused_by(causes.get(&run.id).copied()));
                told.push((run.id, totals));
            }
        }
        if appends.is_empty() {
            return Ok(Some(0));
        }
        match self.store.append(&appends, &self.metadata()).await {
            Ok(receipt) => {
                for (run, totals) in told {
                    tracing::info!(%run, ?totals, "the run is finished");
                }
                Ok(Some(receipt.position))
            }
            Err(AppendError::Store(error)) if error.blame().may_pass() => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Finishes one by itself, and says where that landed: nowhere, if it was not to be.
    async fn finish(&self, run: &runs::Run, cause: Option<Cause>) -> Result<i64, EngineError> {
        let totals = run.totals();
        let command = Command::Finish { totals, at: self.clock.now() };
        let metadata = self.metadata().caused_by(cause);
        let finished = self.store.execute_expecting::<Run>(run.id, Some(run.version), command, &metadata).await;
        if let Err(ExecuteError::StaleVersion { .. }) = finished {
            return Ok(0);
        }
        match finished.map_err(EngineError::from_execute) {
            Ok(receipt) => {
                tracing::info!(run = %run.id, ?totals, "the run is finished");
                Ok(receipt.position)
            }
            Err(error) if error.stops_all() => Err(error),
            Err(error) => {
                tracing::error!(run = %run.id, %error, "a run cannot be finished");
                self.stuck.add(run.id);
                Ok(0)
            }
        }
    }

    /// Completes the first mailings whose window has ended; what that moves wakes whoever looks for more.
    pub(crate) async fn complete_ended(&self) -> Result<(), EngineError> {
        let now = self.clock.now();
        let ended = mailings::ended(self.pool(), now, &self.stuck.now(), MAILINGS).await?;
        let mut position = 0;
        for id in &ended {
            let command = mailing::Command::Complete { now };
            let completed = self.store.execute::<Mailing>(id.0, command, &self.metadata()).await;
            match completed.map_err(EngineError::from_execute) {
                Ok(receipt) => position = position.max(receipt.position),
                Err(error) if error.stops_all() => return Err(error),
                Err(error) => {
                    tracing::error!(mailing = %id, %error, "a mailing cannot be completed");
                    self.stuck.add(id.0);
                }
            }
        }
        self.shown(position).await;
        Ok(())
    }
}
