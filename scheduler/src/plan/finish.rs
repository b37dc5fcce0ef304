//! Runs whose deliveries all have their outcome are finished; mailings whose window has ended are completed.

use crate::context::Context;
use crate::error::EngineError;
use domain::RunId;
use domain::batch::Batch;
use domain::mailing::{self, Mailing};
use domain::run::{Command, Run};
use eventstore::ExecuteError;
use projections::{deliveries, mailings, runs};

/// How many runs are looked at in one go.
const RUNS: i64 = 100;

/// How many mailings are looked at in one go: few, as those that are due wait meanwhile.
const MAILINGS: i64 = 20;

impl Context {
    /// Writes the last event of every run that is done. The read model's numbers are those of the log up to the
    /// run's last completed batch, because rows and checkpoint move together.
    pub(crate) async fn finish_runs(&self) -> Result<(), EngineError> {
        let done = runs::done(self.pool(), &self.stuck.now(), RUNS).await?;
        for run in self.readable(done) {
            // A finished run keeps its numbers for ever, so they must be those of its deliveries.
            if let Some(error) = deliveries::unreadable(self.pool(), RunId(run.id)).await? {
                self.leave_alone(run.id, &error);
                continue;
            }
            let totals = run.totals();
            let command = Command::Finish { totals, at: self.clock.now() };
            // The numbers are those of this version. If letters in doubt are being sent again, it is another one.
            let seen = Some(run.version);
            // It follows from the end of its last batch; a run that has none, from its own last event.
            let last = runs::last_completed(self.pool(), RunId(run.id)).await?;
            let cause = match last {
                Some(batch) => self.store.last_of::<Batch>(batch.0).await?,
                None => None,
            };
            let metadata = self.metadata().caused_by(cause);
            let finished = self.store.execute_expecting::<Run>(run.id, seen, command, &metadata).await;
            if let Err(ExecuteError::StaleVersion { .. }) = finished {
                continue;
            }
            match finished.map_err(EngineError::from_execute) {
                Ok(receipt) => {
                    tracing::info!(run = %run.id, ?totals, "the run is finished");
                    self.shown(receipt.position).await;
                }
                Err(error) if error.stops_all() => return Err(error),
                Err(error) => {
                    tracing::error!(run = %run.id, %error, "a run cannot be finished");
                    self.stuck.add(run.id);
                }
            }
        }
        Ok(())
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
