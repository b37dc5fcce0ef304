//! One batch in a worker's hands: what an earlier worker left is settled, what there is to do is done, and it is given back.

use crate::context::Context;
use crate::error::EngineError;
use crate::relays::Route;
use crate::send::dispatch::Dispatch;
use crate::send::judge;
use crate::send::lease::{Lease, Task};
use crate::send::marks::Sheet;
use crate::smtp::{Judgement, Permission};
use crate::stream::{End, Stream};
use domain::batch::{Attempt, Batch, Command, Event, Slice};
use domain::mailing::{self, InDoubt, Mailing};
use domain::{Decide, MailingId};
use eventstore::{Cause, ExecuteError};
use projections::columns;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A batch in a worker's hands.
pub(super) struct Held<'a> {
    pub(super) context: &'a Arc<Context>,
    pub(super) route: &'a Route,
    pub(super) lease: Lease,
    /// What to do with letters in doubt.
    in_doubt: InDoubt,
    /// How many events of the mailing were known when this worker got the batch.
    mailing_version: i64,
    pub(super) stream: Stream<'a, Batch>,
}

impl Context {
    /// Does what a lease asks for. `stop` ends it early: nothing new is intended, what is in flight is still recorded. A batch
    /// whose mailing or run does not read is given back as it is.
    pub(crate) async fn work(
        self: &Arc<Self>,
        lease: Lease,
        route: &Route,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        let (batch, run) = (lease.batch, lease.run);
        match self.bring_further(lease, route, stop).await {
            Err(EngineError::Unreadable(error)) => {
                self.leave_alone(error.id.parse().unwrap_or(run.0), &error);
                self.release(batch).await
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
        let stream = Stream::open(self, lease.batch.0, stop).await?;
        let (in_doubt, mailing_version) = self.mailing(lease.mailing).await?;
        let Lease { batch, task, .. } = lease;
        let mut held = Held { context: self, route, lease, in_doubt, mailing_version, stream };
        // Whoever had it before is gone, or is fenced by this very append. It can mark nothing more when its marks are taken.
        let left = held.stream.state.slice().is_some_and(|slice| slice.in_flight().next().is_some());
        let marks = if left { self.take_marks(batch).await? } else { None };
        let at = self.clock.now();
        let again = (in_doubt == InDoubt::Resend && task == Task::Send).then_some(at);
        if held.commit(Command::Recover { at, again, marks }).await? == End::Fenced {
            return Ok(());
        }
        let end = match task {
            Task::GiveUp(_) if !self.knows_the_time() => End::Done,
            Task::GiveUp(reason) => held.commit(Command::GiveUp { reason, at: self.clock.now() }).await?,
            Task::Send => held.send(stop).await?,
        };
        if end == End::Fenced {
            tracing::warn!(%batch, "another worker has taken over the batch");
            return Ok(());
        }
        match (&held.stream.state, held.stream.state.slice().and_then(Slice::next_turn)) {
            (Batch::Open(_), Some(turn)) if turn > self.clock.now() => self.park(batch, turn).await,
            (Batch::Open(_), _) => self.release(batch).await,
            // Until the read models show that it is completed, the lease keeps others from looking at it again.
            (Batch::Absent | Batch::Completed(_), _) => {
                let position = self.store.last_position::<Batch>(batch.0).await?;
                self.shown(position).await;
                self.release(batch).await
            }
        }
    }
}

impl Context {
    /// Stops a mailing of which every letter would meet the same refusal: only a person can help. A person who has resumed
    /// it since `version` knows of the refusals that came before, and wants to see how it goes now. What it follows from is
    /// `cause`, the last outcomes.
    async fn suspend(
        &self,
        id: MailingId,
        version: i64,
        reason: String,
        cause: Option<Cause>,
    ) -> Result<(), EngineError> {
        let metadata = self.metadata().caused_by(cause);
        let receipt = loop {
            let since = self.store.events_after::<Mailing>(id.0, version).await?;
            if since.iter().any(|event| matches!(event, mailing::Event::Resumed)) {
                tracing::info!(mailing = %id, reason, "the mailing goes on: it was resumed after these refusals");
                return Ok(());
            }
            // Only on top of what was looked at: somebody may resume it at this very moment.
            let expected = version + i64::try_from(since.len()).unwrap_or(i64::MAX);
            let command = mailing::Command::Suspend { reason: reason.clone() };
            let done = self.store.execute_expecting::<Mailing>(id.0, Some(expected), command, &metadata).await;
            match done {
                Err(ExecuteError::StaleVersion { .. }) => {}
                done => break done.map_err(EngineError::from_execute)?,
            }
        };
        tracing::warn!(mailing = %id, reason, "the mailing is paused");
        self.shown(receipt.position).await;
        Ok(())
    }

    /// The events after a version of a batch, if there are any and all are a person's orders about letters in doubt.
    async fn orders_since(&self, lease: &Lease, version: i64) -> Result<Option<Vec<Event>>, EngineError> {
        let events = self.store.events_after::<Batch>(lease.batch.0, version).await?;
        let order = |event: &Event| matches!(event, Event::ResendOrdered { .. } | Event::DoubtAccepted { .. });
        Ok(Some(events).filter(|events| !events.is_empty() && events.iter().all(order)))
    }

    /// What a mailing does with letters in doubt, and how many events it has as far as the read models know.
    async fn mailing(&self, id: MailingId) -> Result<(InDoubt, i64), EngineError> {
        let row = sqlx::query!("select in_doubt, version from mailings where id = $1", id.0)
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else { return Ok((InDoubt::default(), 0)) };
        Ok((columns::read("mailings", "in_doubt", id, row.in_doubt)?, row.version))
    }
}

impl Held<'_> {
    /// Sends what there is, each letter after its mark on the sheet.
    async fn send(&mut self, stop: &CancellationToken) -> Result<End, EngineError> {
        let wanted = stop.child_token();
        // However this ends, what is still queued is not wanted any more: a worker that has taken over decides about it.
        let _withdraw = wanted.clone().drop_guard();
        let permission = Permission::until(wanted.clone(), Arc::clone(&self.lease.until));
        let sheet = Sheet::new(self.lease.batch, permission, wanted.clone());
        self.context.lay(&sheet).await?;
        let end = match Dispatch::of(self, &sheet, &wanted, stop).await? {
            Some(dispatch) => dispatch.run().await?,
            None => End::Done,
        };
        self.context.clear(&sheet).await;
        sheet.rest().await;
        Ok(end)
    }

    /// The next recipients whose turn it is.
    pub(super) fn next(&self, room: usize) -> Vec<u16> {
        let now = self.context.clock.now();
        self.stream.state.slice().map_or_else(Vec::new, |slice| slice.sendable(now).take(room).collect())
    }

    /// What is recorded of an answer.
    pub(super) fn attempt(&self, place: u16, judgement: Judgement) -> Attempt {
        let delivery = self.stream.state.slice().and_then(|slice| slice.deliveries.get(usize::from(place)));
        let attempts = delivery.map_or(0, |delivery| delivery.attempts);
        let (now, pauses) = (self.context.clock.now(), &self.context.settings.retry_pauses);
        judge::attempt(place, now, judgement, attempts, self.in_doubt, pauses)
    }

    /// Stops the mailing of which every letter would be refused for this reason.
    pub(super) async fn suspend(&self, reason: String) -> Result<(), EngineError> {
        self.context.suspend(self.lease.mailing, self.mailing_version, reason, self.stream.last).await
    }

    /// Decides and appends. A person who decided about letters in doubt in the meantime is no successor: their orders are
    /// taken in, and it is decided again.
    pub(super) async fn commit(&mut self, command: Command) -> Result<End, EngineError> {
        loop {
            match self.stream.commit(command.clone()).await? {
                End::Fenced if self.takes_in_orders().await? => {}
                end => return Ok(end),
            }
        }
    }

    /// Whether all that came since are a person's orders. Then they are taken in.
    async fn takes_in_orders(&mut self) -> Result<bool, EngineError> {
        let Some(orders) = self.context.orders_since(&self.lease, self.stream.version).await? else { return Ok(false) };
        self.stream.version += i64::try_from(orders.len()).unwrap_or(i64::MAX);
        for order in orders {
            self.stream.state.evolve(order);
        }
        self.stream.last = self.context.store.last_of::<Batch>(self.lease.batch.0).await?;
        Ok(true)
    }
}
