//! One batch in a worker's hands: what an earlier worker left is settled, what there is to do is done, and it is given back.

use crate::context::Context;
use crate::error::EngineError;
use crate::relays::Route;
use crate::send::dispatch::Dispatch;
use crate::send::hold::Held;
use crate::send::lease::{Lease, Task};
use crate::send::marks::Sheet;
use crate::smtp::Permission;
use crate::stream::End;
use domain::batch::{Batch, Command, Slice};
use domain::mailing::InDoubt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Context {
    /// Does what a lease asks for. `stop` ends it early: nothing new is intended, what is in flight is still recorded. A batch
    /// whose mailing or run does not read is given back as it is.
    pub(crate) async fn work(
        self: &Arc<Self>,
        lease: Lease,
        route: &Route,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        let (batch, run, small) = (lease.batch, lease.run, lease.small);
        match self.bring_further(lease, route, stop).await {
            Err(EngineError::Unreadable(error)) => {
                self.leave_alone(error.id.parse().unwrap_or(run.0), &error);
                self.release(batch, small).await
            }
            done => done,
        }
    }

    async fn bring_further(
        self: &Arc<Self>,
        lease: Lease,
        route: &Route,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        let Lease { batch, task, small, .. } = lease;
        let mut held = Held::open(self, lease, route, stop).await?;
        // Whoever had it before is gone, or is fenced by this very append. It can mark nothing more when its marks are taken.
        let left = held.stream.state.slice().is_some_and(|slice| slice.in_flight().next().is_some());
        let marks = if left { self.take_marks(batch).await? } else { None };
        let at = self.clock.now();
        let again = (held.in_doubt == InDoubt::Resend && task == Task::Send).then_some(at);
        if held.commit(Command::Recover { at, again, marks }).await? == End::Fenced {
            return Ok(());
        }
        let end = match task {
            Task::GiveUp(_) if !self.knows_the_time() => End::Done,
            Task::GiveUp(reason) => held.commit(Command::GiveUp { reason, at: self.clock.now() }).await?,
            Task::Send => send(&mut held, stop).await?,
        };
        if end == End::Fenced {
            tracing::warn!(%batch, "another worker has taken over the batch");
            return Ok(());
        }
        let (now, turn) = (self.clock.now(), held.stream.state.slice().and_then(Slice::next_turn));
        let told = self.untold.pause(batch).filter(|_| task == Task::Send).map(|pause| now + pause);
        match (&held.stream.state, turn.max(told)) {
            (Batch::Open(_), Some(until)) if until > now => self.park(batch, until).await,
            (Batch::Open(_), _) => self.release(batch, small).await,
            // Until the read models show that it is completed, the lease keeps others from looking at it again.
            (Batch::Absent | Batch::Completed(_), _) => {
                let position = match held.stream.position {
                    0 => self.store.last_position::<Batch>(batch.0).await?,
                    position => position,
                };
                self.shown(position).await;
                self.release(batch, small).await
            }
        }
    }
}

/// Sends what there is, each letter after its mark on the sheet.
async fn send(held: &mut Held<'_>, stop: &CancellationToken) -> Result<End, EngineError> {
    let wanted = stop.child_token();
    // However this ends, what is still queued is not wanted any more: a worker that has taken over decides about it.
    let _withdraw = wanted.clone().drop_guard();
    let permission = Permission::until(wanted.clone(), Arc::clone(&held.lease.until));
    let sheet = Sheet::new(held.lease.batch, permission, wanted.clone());
    held.context.lay(&sheet, held.lease.small).await?;
    let end = match Dispatch::of(held, &sheet, &wanted, stop).await? {
        Some(dispatch) => dispatch.run().await?,
        None => End::Done,
    };
    held.context.clear(&sheet, held.lease.small).await;
    sheet.rest().await;
    Ok(end)
}
