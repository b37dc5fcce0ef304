//! The audience of a run that does not fit into one batch, or that a planner before has begun with, is frozen into batches.
//!
//! Letters of the batches that are there may go out meanwhile; `AudienceFrozen` comes last and tells the final numbers.

use crate::context::Context;
use crate::error::EngineError;
use domain::batch::{self, Batch, LeaveOutReason, Recipient};
use domain::run::Run;
use domain::suppression::Reason;
use domain::{Decide, MailingId, RunId, UserId};
use eventstore::Loaded;
use projections::runs;

/// How many batches are appended in one go.
pub(super) const BATCHES: usize = 10;

/// A recipient, and why they get no letter all the same: another one of the run has the same mailbox and comes first, or their address
/// is not written to any more.
pub(super) type Invited = (Recipient, Option<LeaveOutReason>);

impl Context {
    /// Freezes the audience of a run. Waits until the read models show it; `false`: they do not, or it was not this engine that
    /// froze it. A run that cannot be planned is left alone for a while.
    pub(super) async fn freeze(&self, run: &runs::Run) -> Result<bool, EngineError> {
        match self.plan(run).await {
            Ok(Some(frozen)) => return Ok(self.shown(frozen).await),
            Ok(None) => {}
            Err(error) if error.stops_all() => return Err(error),
            Err(EngineError::Unreadable(error)) => self.leave_alone(run.id, &error),
            Err(error) => {
                tracing::error!(run = %run.id, %error, "a run cannot be planned");
                self.stuck.add(run.id);
            }
        }
        Ok(false)
    }

    /// Where the run's event landed, if it was this engine that froze it.
    async fn plan(&self, run: &runs::Run) -> Result<Option<i64>, EngineError> {
        let id = RunId(run.id);
        // The read model may be behind: what counts is the stream.
        let Loaded { state, last, .. } = self.store.load::<Run>(id.0).await?;
        if !matches!(state, Run::Started { .. }) {
            self.forget_audience(id).await?;
            return Ok(None);
        }
        let metadata = self.metadata().caused_by(last);
        let frozen = if run.resend_of.is_some() || self.is_staged(id).await? || self.is_by_filter(run).await? {
            self.plan_staged(run, &metadata).await?
        } else {
            self.plan_in_pages(run, &metadata).await?
        };
        if frozen.is_some() {
            self.forget_audience(id).await?;
        }
        Ok(frozen)
    }

    /// Removes the scratch paper of a run whose audience is frozen.
    pub(super) async fn forget_audience(&self, run: RunId) -> Result<(), EngineError> {
        sqlx::query!("delete from run_audience where run_id = $1", run.0).execute(self.pool()).await?;
        sqlx::query!("delete from runs_in_pages where run_id = $1", run.0).execute(self.pool()).await?;
        Ok(())
    }
}

/// What plans a batch.
pub(super) fn plan(run: &runs::Run, number: u32, invited: &[Invited]) -> (u32, Vec<batch::Command>) {
    let recipients = invited.iter().map(|(recipient, _)| *recipient).collect();
    let (run, mailing, owner) = (RunId(run.id), MailingId(run.mailing_id), UserId(run.owner_id));
    let mut commands = vec![batch::Command::Plan { run, mailing, owner, number, recipients }];
    commands.extend(leaving_out(invited));
    (number, commands)
}

/// What leaves out those who get no letter: one command for each reason.
fn leaving_out(invited: &[Invited]) -> impl Iterator<Item = batch::Command> {
    let suppressed = Reason::ALL.map(LeaveOutReason::Suppressed);
    std::iter::once(LeaveOutReason::SameMailbox).chain(suppressed).filter_map(move |reason| {
        let left_out = (0..).zip(invited).filter(|(_, (_, why))| *why == Some(reason));
        let recipients: Vec<u16> = left_out.map(|(place, _)| place).collect();
        (!recipients.is_empty()).then_some(batch::Command::LeaveOut { recipients, reason })
    })
}

/// Why somebody gets no letter of a run: whoever has the mailbox of another one gets none whatever else there is.
pub(super) fn why_left_out(is_double: bool, suppression: Option<Reason>) -> Option<LeaveOutReason> {
    if is_double { Some(LeaveOutReason::SameMailbox) } else { suppression.map(LeaveOutReason::Suppressed) }
}

/// What a batch that nobody has planned does with the commands.
pub(super) fn planned(commands: &[batch::Command]) -> Result<Vec<batch::Event>, EngineError> {
    let (mut batch, mut events) = (Batch::default(), Vec::new());
    for command in commands {
        for event in batch.decide(command.clone()).map_err(|error| EngineError::refused(&error))? {
            batch.evolve(event.clone());
            events.push(event);
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ClientId;
    use uuid::Uuid;

    fn invited(reasons: &[Option<LeaveOutReason>]) -> Vec<Invited> {
        (0..).zip(reasons).map(|(id, why)| (Recipient(ClientId(Uuid::from_u128(id)), 1), *why)).collect()
    }

    #[test]
    fn whoever_has_the_mailbox_of_another_one_is_left_out_for_that_whatever_else_there_is() {
        let dead = LeaveOutReason::Suppressed(Reason::Dead);
        for (is_double, suppression, why) in [
            (false, None, None),
            (false, Some(Reason::Dead), Some(dead)),
            (true, None, Some(LeaveOutReason::SameMailbox)),
            (true, Some(Reason::Dead), Some(LeaveOutReason::SameMailbox)),
        ] {
            assert_eq!(why_left_out(is_double, suppression), why);
        }
    }

    #[test]
    fn those_who_get_no_letter_are_left_out_with_one_event_for_each_reason() {
        let [left, dead] = [Reason::Unsubscribed, Reason::Dead].map(|why| Some(LeaveOutReason::Suppressed(why)));
        let double = Some(LeaveOutReason::SameMailbox);
        let reasons = [dead, None, double, left, dead];
        let told: Vec<(Vec<u16>, LeaveOutReason)> = leaving_out(&invited(&reasons))
            .map(|command| match command {
                batch::Command::LeaveOut { recipients, reason } => (recipients, reason),
                other => panic!("{other:?}"),
            })
            .collect();
        let suppressed = LeaveOutReason::Suppressed;
        assert_eq!(
            told,
            [
                (vec![2], LeaveOutReason::SameMailbox),
                (vec![3], suppressed(Reason::Unsubscribed)),
                (vec![0, 4], suppressed(Reason::Dead)),
            ]
        );
        assert_eq!(leaving_out(&invited(&[None, None])).count(), 0);
    }
}
