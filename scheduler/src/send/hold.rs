//! A worker's hold of a batch: what it knows of it, and how it decides and appends.

use crate::context::Context;
use crate::error::EngineError;
use crate::relays::Route;
use crate::send::judge;
use crate::send::lease::Lease;
use crate::send::letters::RunLetter;
use crate::smtp::Judgement;
use crate::stream::{End, Stream};
use domain::batch::{Attempt, Batch, Command, Event, Slice};
use domain::letter::Recipient;
use domain::mailing::{self, InDoubt, Kind, Mailing};
use domain::suppression::Reason;
use domain::{Decide, EmailAddress, MailingId, RunId};
use eventstore::{Cause, ExecuteError};
use projections::columns;
use projections::suppressions::guard::{self, Asked};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a mailing is left to other workers, until it is seen whether it is this one's to send, too.
const TO_OTHERS: Duration = Duration::from_secs(10);

/// A batch in a worker's hands.
pub(super) struct Held<'a> {
    pub(super) context: &'a Arc<Context>,
    pub(super) route: &'a Route,
    pub(super) lease: Lease,
    /// What to do with letters in doubt.
    pub(super) in_doubt: InDoubt,
    /// What the letters are to those who get them.
    kind: Kind,
    pub(super) stream: Stream<'a, Batch>,
}

impl<'a> Held<'a> {
    /// Reads a batch that this worker has got.
    pub(super) async fn open(
        context: &'a Arc<Context>,
        lease: Lease,
        route: &'a Route,
        stop: &'a CancellationToken,
    ) -> Result<Self, EngineError> {
        let in_doubt = columns::read("mailings", "in_doubt", lease.mailing, lease.in_doubt.clone())?;
        let kind = columns::read("runs", "kind", lease.run, lease.kind.clone())?;
        let id = lease.batch.0;
        let together = if lease.small { context.errands.streams.ask(id).await } else { None };
        let stream = match together {
            Some(loaded) => Stream::in_company(context, id, loaded, stop),
            None => Stream::open(context, id, stop).await?,
        };
        Ok(Self { context, route, lease, in_doubt, kind, stream })
    }

    /// What the batch's letters say.
    pub(super) async fn letter(&self, run: RunId) -> Result<Arc<RunLetter>, EngineError> {
        let together = if self.lease.small { self.context.errands.letters.ask(run).await } else { None };
        match together {
            Some(letter) => Ok(letter),
            None => self.context.letters.of(run).await,
        }
    }

    /// To whom.
    pub(super) async fn people(&self, slice: &Slice) -> Result<Vec<Option<Recipient>>, EngineError> {
        let recipients: Vec<_> = slice.deliveries.iter().map(|delivery| delivery.recipient).collect();
        let together = if self.lease.small { self.context.errands.people.ask(recipients.clone()).await } else { None };
        match together {
            Some(people) => Ok(people),
            None => self.context.letters.people(&recipients).await,
        }
    }

    /// Why these people are not written to at this moment, those of them who are not; in their order.
    pub(super) async fn suppressions(
        &self,
        letter: &RunLetter,
        people: &[Option<&Recipient>],
    ) -> Result<Vec<Option<Reason>>, EngineError> {
        // Whoever is not in the address book has no mailbox, and nobody has the empty one.
        let mailbox = |person: Option<&Recipient>| {
            person.map(|person| EmailAddress::taken(&person.email).key()).unwrap_or_default()
        };
        let mailboxes = people.iter().copied().map(mailbox).collect();
        let whose = (self.lease.mailing, self.lease.owner);
        let asked = Asked::of_run(whose, self.kind, letter.groups(), mailboxes);
        let together = if self.lease.small { self.context.errands.suppressions.ask(asked.clone()).await } else { None };
        match together {
            Some(reasons) => Ok(reasons),
            None => Ok(guard::reasons_of(self.context.pool(), &asked).await?),
        }
    }
}

impl Held<'_> {
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
        self.context.suspend(self.lease.mailing, self.lease.mailing_version, reason, self.stream.last).await
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

impl Context {
    /// Leaves a mailing to other workers for a while: it is this process that cannot send its letters. The batches that it has go back at
    /// once, and none is taken meanwhile.
    pub(crate) fn leave_to_others(&self, mailing: MailingId) {
        self.stuck.leave_alone(mailing.0, TO_OTHERS);
        self.told.left_alone().insert(mailing.0);
    }

    /// Stops a mailing of which every letter would meet the same refusal: only a person can help. A person who has resumed
    /// it since `version` knows of the refusals that came before, and wants to see how it goes now. What it follows from is
    /// `cause`, the last outcomes.
    pub(crate) async fn suspend(
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
}
