//! One batch: intend, send, record.
//!
//! The order is what makes the engine honest. An intent names the recipients that are about to be sent to, and is
//! committed before the first byte goes out. A mark is made before the text goes out. Outcomes are gathered and committed
//! together with the next intent. So whenever the process dies, exactly those letters are in doubt that an intent names and
//! no outcome does, and of these only the marked ones as long as there are marks.

use crate::context::Context;
use crate::error::EngineError;
use crate::relays::Route;
use crate::send::judge;
use crate::send::lease::{Lease, Task};
use crate::send::letters::RunLetter;
use crate::send::marks::{Mark, Sheet};
use crate::send::pace::{Share, Taken};
use crate::smtp::{BreakerStatus, Judgement, Outbox, Permission, Scope};
use crate::stream::{End, Stream};
use domain::batch::{Attempt, Batch, Command, Event, Slice};
use domain::letter::Recipient;
use domain::mailing::{self, InDoubt, Mailing};
use domain::{Decide, MailingId};
use eventstore::{Cause, ExecuteError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Outcomes wait for company this long at most.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// So many outcomes are enough to be recorded.
const FLUSH_AT: usize = 200;

/// After so many answers that put the blame elsewhere, a recipient that always meets them is deferred like any other.
const BLAMELESS: u32 = 3;

/// A batch in a worker's hands.
struct Held<'a> {
    context: &'a Arc<Context>,
    route: &'a Route,
    lease: Lease,
    /// What to do with letters in doubt.
    in_doubt: InDoubt,
    /// How many events of the mailing were known when this worker got the batch.
    mailing_version: i64,
    stream: Stream<'a, Batch>,
}

/// A batch's turn at promising letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Unasked,
    /// It stands in line.
    Awaited,
    /// It may be its turn.
    Come,
}

/// What came back from a connection.
type Answer = (u16, Judgement);

impl Context {
    /// Does what a lease asks for. `stop` ends it early: nothing new is intended, what is in flight is still recorded.
    pub(crate) async fn work(
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

    /// One letter, which is written only when it has its place in the queue.
    async fn deliver(
        &self,
        letter: Arc<RunLetter>,
        person: Recipient,
        (batch, place): (u32, u16),
        outbox: &Outbox,
        permission: &Permission,
    ) -> Judgement {
        let queued = match outbox.place(permission).await {
            Ok(queued) => queued,
            Err(judgement) => return judgement,
        };
        let bytes = letter.bytes(&person);
        match self.letters.desk().write(bytes, move || letter.to(&person, batch, place)).await {
            Ok((letter, _space)) => queued.deliver(letter, permission).await,
            Err(error) => unbuildable(&error.to_string()),
        }
    }

    /// What a mailing does with letters in doubt, and how many events it has as far as the read models know.
    async fn mailing(&self, id: MailingId) -> Result<(InDoubt, i64), EngineError> {
        let row = sqlx::query!("select in_doubt, version from mailings where id = $1", id.0)
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else { return Ok((InDoubt::default(), 0)) };
        Ok((InDoubt::from_name(&row.in_doubt).unwrap_or_default(), row.version))
    }
}

impl Held<'_> {
    async fn send(&mut self, stop: &CancellationToken) -> Result<End, EngineError> {
        let wanted = stop.child_token();
        // However this ends, what is still queued is not wanted any more: a worker that has taken over decides about it.
        let _withdraw = wanted.clone().drop_guard();
        let permission = Permission::until(wanted.clone(), Arc::clone(&self.lease.until));
        let sheet = Sheet::new(self.lease.batch, permission.clone(), wanted.clone());
        self.context.lay(&sheet).await?;
        let end = self.send_marked(&sheet, &permission, &wanted, stop).await?;
        self.context.clear(&sheet).await;
        sheet.rest().await;
        Ok(end)
    }

    /// Sends what there is, each letter after its mark on the sheet.
    async fn send_marked(
        &mut self,
        sheet: &Arc<Sheet>,
        permission: &Permission,
        wanted: &CancellationToken,
        stop: &CancellationToken,
    ) -> Result<End, EngineError> {
        let Some(slice) = self.stream.state.slice() else { return Ok(End::Done) };
        let letter = self.context.letters.of(slice.run).await?;
        let people = self.context.letters.people(slice).await?;
        let mut status = self.route.outbox.watch();
        let (answers, mut incoming) = mpsc::unbounded_channel::<Answer>();
        let share = self.route.pace.share();
        let mut turn = Turn::Unasked;
        let mut gathered: Vec<Attempt> = Vec::new();
        let mut in_flight: usize = 0;
        let mut since = Instant::now();
        // How often a server's answer about this recipient was put down to the relay.
        let mut blameless: HashMap<u16, u32> = HashMap::new();
        // Why every other letter of the mailing would be refused, too.
        let mut refused: Option<String> = None;
        loop {
            if refused.is_some() {
                wanted.cancel();
            }
            // Also when the lease has run out: what is in hand is recorded if nobody else has the batch, and no more begins.
            let stopping = permission.has_ended();
            // An intent is a promise to send: not while the relay is known to be away.
            let promises = !stopping && self.route.outbox.status() == BreakerStatus::Closed;
            let taken = self.take(&share, promises, &mut turn);
            let due =
                gathered.len() >= FLUSH_AT || since.elapsed() >= FLUSH_AFTER || in_flight == 0 && turn != Turn::Awaited;
            if taken.is_some() || (!gathered.is_empty() && due) {
                let (next, taken) = taken.unzip();
                let next = next.unwrap_or_default();
                (since, in_flight) = (Instant::now(), in_flight + next.len());
                let attempts = std::mem::take(&mut gathered);
                let recorded: Vec<u16> = attempts.iter().map(|attempt| attempt.recipient).collect();
                let command = Command::Record { attempts, next: next.clone(), hold: Some(sheet.hold) };
                if self.commit(command).await? == End::Fenced {
                    return Ok(End::Fenced);
                }
                sheet.recorded(recorded);
                if let Some(taken) = taken {
                    share.committed(since.elapsed());
                    self.dispatch(&next, taken, &letter, &people, &answers, sheet);
                }
                continue;
            }
            if in_flight == 0 && turn != Turn::Awaited {
                if let Some(why) = refused {
                    self.context.suspend(self.lease.mailing, self.mailing_version, why, self.stream.last).await?;
                    return Ok(End::Done);
                }
                if stopping || self.next(1).is_empty() {
                    return Ok(End::Done);
                }
                // Something waits and the relay is away.
                if self.route.replaceable && !self.lease.pinned {
                    return Ok(End::Done);
                }
                tokio::select! {
                    () = self.route.outbox.ready() => {}
                    () = stop.cancelled() => {}
                }
                continue;
            }
            tokio::select! {
                answer = incoming.recv() => {
                    let Some(answer) = answer else { return Ok(End::Done) };
                    if gathered.is_empty() {
                        since = Instant::now();
                    }
                    let mut next = Some(answer);
                    while let Some((place, judgement)) = next {
                        if let Judgement::NotTried { scope: Scope::Sender, why, .. } = &judgement {
                            refused = Some(format!("the mail server refuses the sender: {why}"));
                        }
                        if let Some(reason) = self.context.alarms.hears(self.lease.run, &judgement) {
                            refused = Some(reason);
                        }
                        let judgement = blame(judgement, &mut blameless, place);
                        gathered.push(self.attempt(place, judgement));
                        in_flight -= 1;
                        next = if gathered.len() < FLUSH_AT { incoming.try_recv().ok() } else { None };
                    }
                }
                () = share.turn(), if turn == Turn::Awaited => turn = Turn::Come,
                () = tokio::time::sleep_until(since + FLUSH_AFTER), if !gathered.is_empty() => {}
                () = stop.cancelled(), if !stopping => {}
                _ = status.changed() => {}
            }
        }
    }

    /// The recipients to promise next, if the relay's pace leaves room for them.
    fn take(&self, share: &Share, promises: bool, turn: &mut Turn) -> Option<(Vec<u16>, Taken)> {
        // Whoever stands in line is told when to look again.
        if promises && *turn == Turn::Awaited {
            return None;
        }
        let mut next = if promises { self.next(usize::MAX) } else { vec![] };
        let taken = share.take(next.len());
        *turn = if taken.is_some() || next.is_empty() { Turn::Unasked } else { Turn::Awaited };
        let taken = taken?;
        next.truncate(taken.letters());
        Some((next, taken))
    }

    /// The next recipients whose turn it is.
    fn next(&self, room: usize) -> Vec<u16> {
        let now = self.context.clock.now();
        self.stream.state.slice().map_or_else(Vec::new, |slice| slice.sendable(now).take(room).collect())
    }

    fn attempt(&self, place: u16, judgement: Judgement) -> Attempt {
        let delivery = self.stream.state.slice().and_then(|slice| slice.deliveries.get(usize::from(place)));
        let attempts = delivery.map_or(0, |delivery| delivery.attempts);
        let (now, pauses) = (self.context.clock.now(), &self.context.settings.retry_pauses);
        judge::attempt(place, now, judgement, attempts, self.in_doubt, pauses)
    }

    fn dispatch(
        &self,
        places: &[u16],
        mut taken: Taken,
        letter: &Arc<RunLetter>,
        people: &[Option<Recipient>],
        answers: &mpsc::UnboundedSender<Answer>,
        sheet: &Arc<Sheet>,
    ) {
        let Some(number) = self.stream.state.slice().map(|slice| slice.number) else { return };
        for place in places.iter().copied() {
            let person = people.get(usize::from(place)).cloned().flatten();
            let (context, letter, outbox) = (Arc::clone(self.context), Arc::clone(letter), self.route.outbox.clone());
            let permission = sheet.permission.through(Mark::new(sheet, place, &self.route.clerk));
            let (answers, open) = (answers.clone(), taken.letter());
            tokio::spawn(async move {
                let judgement = match person {
                    Some(person) => context.deliver(letter, person, (number, place), &outbox, &permission).await,
                    None => unbuildable("the client is not in the address book"),
                };
                open.answered(!matches!(judgement, Judgement::NotTried { .. }));
                let _ = answers.send((place, judgement));
            });
        }
    }

    /// Decides and appends. A person who decided about letters in doubt in the meantime is no successor: their orders are
    /// taken in, and it is decided again.
    async fn commit(&mut self, command: Command) -> Result<End, EngineError> {
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

/// The letter cannot even be written, so nobody was asked.
pub(crate) fn unbuildable(why: &str) -> Judgement {
    Judgement::Rejected {
        reply: crate::smtp::Reply { code: 550, enhanced: None, text: format!("not sent: {why}") },
        dead: false,
        blame: crate::smtp::Blame::Ourselves,
    }
}

/// A server's answer that speaks of the relay or of our rate, but always at the same recipient, is about the recipient:
/// one address must not stop the relay for everybody. Lost connections and the like are never put down to a recipient.
fn blame(judgement: Judgement, blameless: &mut HashMap<u16, u32>, place: u16) -> Judgement {
    match judgement {
        Judgement::NotTried { scope: Scope::Relay | Scope::Rate | Scope::Credentials, reply: Some(reply), why } => {
            let times = blameless.entry(place).or_default();
            *times += 1;
            if *times >= BLAMELESS {
                Judgement::Deferred { reply }
            } else {
                Judgement::NotTried { scope: Scope::Relay, reply: Some(reply), why }
            }
        }
        judgement => judgement,
    }
}
