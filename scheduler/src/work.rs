//! One batch: intend, send, record.
//!
//! The order is what makes the engine honest. An intent names the recipients that are about to be sent to, and is
//! committed before the first byte goes out. Outcomes are gathered and committed together with the next intent. So
//! whenever the process dies, exactly those letters are in doubt that an intent names and no outcome does.

use crate::context::Context;
use crate::error::EngineError;
use crate::judge;
use crate::lease::{Lease, Task};
use crate::letters::{Person, RunLetter};
use crate::relays::Route;
use crate::smtp::{BreakerStatus, Judgement, Permission, Scope};
use domain::batch::{Attempt, Batch, Command, Event, Slice};
use domain::mailing::{self, InDoubt, Mailing};
use domain::{Decide, MailingId};
use eventstore::{Append, AppendError, Metadata, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Outcomes wait for company this long at most.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// So many outcomes are enough to be recorded.
const FLUSH_AT: usize = 100;

/// The most recipients of one batch that are named by intents and have no recorded outcome.
const WINDOW: usize = 200;

/// A relay's rate is measured over at least this long.
const MEASURE: Duration = Duration::from_millis(20);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a process that is asked to end waits for PostgreSQL to take the outcomes in hand.
const FAREWELL: Duration = Duration::from_secs(30);

/// After so many answers that put the blame elsewhere, a recipient that always meets them is deferred like any other.
const BLAMELESS: u32 = 3;

/// How a worker's hold on a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Every delivery has its outcome, or somebody asked to stop: the batch may be given back.
    Done,
    /// Another worker has it.
    Fenced,
}

/// A batch in a worker's hands.
struct Held<'a> {
    context: &'a Arc<Context>,
    route: &'a Route,
    stop: &'a CancellationToken,
    lease: Lease,
    /// What to do with letters in doubt.
    in_doubt: InDoubt,
    state: Batch,
    version: i64,
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
        let loaded = self.store.load::<Batch>(lease.batch.0).await?;
        let in_doubt = self.in_doubt(lease.mailing).await?;
        let Lease { batch, task, .. } = lease;
        let (state, version) = (loaded.state, loaded.version);
        let mut held = Held { context: self, route, stop, lease, in_doubt, state, version };
        // Whoever had it before is gone, or is fenced by this very append.
        let at = self.clock.now();
        let again = (in_doubt == InDoubt::Resend && task == Task::Send).then_some(at);
        if held.commit(Command::Recover { at, again }).await? == End::Fenced {
            return Ok(());
        }
        let end = match task {
            Task::GiveUp(reason) => held.commit(Command::GiveUp { reason, at: self.clock.now() }).await?,
            Task::Send => held.send(stop).await?,
        };
        if end == End::Fenced {
            tracing::warn!(%batch, "another worker has taken over the batch");
            return Ok(());
        }
        match (&held.state, held.state.slice().and_then(Slice::next_turn)) {
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
    /// Stops a mailing of which every letter would meet the same refusal: only a person can help.
    async fn suspend(&self, id: MailingId, reason: String) -> Result<(), EngineError> {
        tracing::warn!(mailing = %id, reason, "the mailing is paused");
        let command = mailing::Command::Suspend { reason };
        let receipt = self.store.execute::<Mailing>(id.0, command, &self.metadata()).await;
        let receipt = receipt.map_err(EngineError::from_execute)?;
        self.shown(receipt.position).await;
        Ok(())
    }

    /// The events after a version of a batch, if there are any and all are a person's orders about letters in doubt.
    async fn orders_since(&self, lease: &Lease, version: i64) -> Result<Option<Vec<Event>>, EngineError> {
        let events = self.store.events_after::<Batch>(lease.batch.0, version).await?;
        let order = |event: &Event| matches!(event, Event::ResendOrdered { .. } | Event::DoubtAccepted { .. });
        Ok(Some(events).filter(|events| !events.is_empty() && events.iter().all(order)))
    }

    async fn in_doubt(&self, id: MailingId) -> Result<InDoubt, EngineError> {
        let name = sqlx::query_scalar!("select in_doubt from mailings where id = $1", id.0)
            .fetch_optional(self.pool())
            .await?;
        Ok(name.and_then(|name| InDoubt::from_name(&name)).unwrap_or_default())
    }
}

impl Held<'_> {
    async fn send(&mut self, stop: &CancellationToken) -> Result<End, EngineError> {
        let Some(slice) = self.state.slice() else { return Ok(End::Done) };
        let letter = self.context.letters.of(slice.run).await?;
        let people = self.context.letters.people(slice).await?;
        let (answers, mut incoming) = mpsc::unbounded_channel::<Answer>();
        let wanted = stop.child_token();
        // However this ends, what is still queued is not wanted any more: a worker that has taken over names it as unknown.
        let _withdraw = wanted.clone().drop_guard();
        let permission = Permission::until(wanted.clone(), Arc::clone(&self.lease.until));
        let mut pace = Pace::new(self.route.appetite(), self.context.settings.batches);
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
            let next = if stopping { vec![] } else { self.next(pace.window.saturating_sub(in_flight)) };
            let due = gathered.len() >= FLUSH_AT || in_flight == 0 || since.elapsed() >= FLUSH_AFTER;
            let refill = !next.is_empty() && in_flight * 2 <= pace.window;
            if (!gathered.is_empty() && due) || refill {
                // An intent is a promise to send: not while the relay is known to be away.
                let next = if self.route.outbox.status() == BreakerStatus::Closed { next } else { vec![] };
                if !gathered.is_empty() || !next.is_empty() {
                    pace.flushed(gathered.len());
                    since = Instant::now();
                    let command = Command::Record { attempts: std::mem::take(&mut gathered), next: next.clone() };
                    if self.commit(command).await? == End::Fenced {
                        return Ok(End::Fenced);
                    }
                    in_flight += next.len();
                    self.dispatch(&next, &letter, &people, &answers, &permission);
                    continue;
                }
            }
            if in_flight == 0 {
                if let Some(why) = refused {
                    self.context.suspend(self.lease.mailing, why).await?;
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
                () = tokio::time::sleep_until(since + FLUSH_AFTER), if !gathered.is_empty() => {}
                () = stop.cancelled(), if !stopping => {}
            }
        }
    }

    /// The next recipients whose turn it is.
    fn next(&self, room: usize) -> Vec<u16> {
        let now = self.context.clock.now();
        self.state.slice().map_or_else(Vec::new, |slice| slice.sendable(now).take(room).collect())
    }

    fn attempt(&self, place: u16, judgement: Judgement) -> Attempt {
        let delivery = self.state.slice().and_then(|slice| slice.deliveries.get(usize::from(place)));
        let attempts = delivery.map_or(0, |delivery| delivery.attempts);
        let (now, pauses) = (self.context.clock.now(), &self.context.settings.retry_pauses);
        judge::attempt(place, now, judgement, attempts, self.in_doubt, pauses)
    }

    fn dispatch(
        &self,
        places: &[u16],
        letter: &Arc<RunLetter>,
        people: &[Option<Person>],
        answers: &mpsc::UnboundedSender<Answer>,
        permission: &Permission,
    ) {
        let Some(number) = self.state.slice().map(|slice| slice.number) else { return };
        for place in places.iter().copied() {
            let person = people.get(usize::from(place)).cloned().flatten();
            let (letter, outbox) = (Arc::clone(letter), self.route.outbox.clone());
            let (answers, permission) = (answers.clone(), permission.clone());
            tokio::spawn(async move {
                let judgement = match person.map(|person| letter.to(&person, number, place)) {
                    Some(Ok(letter)) => outbox.deliver(letter, permission).await,
                    Some(Err(error)) => unbuildable(&error.to_string()),
                    None => unbuildable("the client is not in the address book"),
                };
                let _ = answers.send((place, judgement));
            });
        }
    }

    /// Decides and appends. A person who decided about letters in doubt in the meantime is no successor: their orders are
    /// taken in, and it is decided again.
    async fn commit(&mut self, command: Command) -> Result<End, EngineError> {
        loop {
            match self.try_commit(command.clone()).await? {
                End::Fenced if self.takes_in_orders().await? => {}
                end => return Ok(end),
            }
        }
    }

    /// Whether all that came since are a person's orders. Then they are taken in.
    async fn takes_in_orders(&mut self) -> Result<bool, EngineError> {
        let Some(orders) = self.context.orders_since(&self.lease, self.version).await? else { return Ok(false) };
        self.version += i64::try_from(orders.len()).unwrap_or(i64::MAX);
        for order in orders {
            self.state.evolve(order);
        }
        Ok(true)
    }

    /// Waits for PostgreSQL as long as it is away: what is in hand is known nowhere else.
    async fn try_commit(&mut self, command: Command) -> Result<End, EngineError> {
        let events = self.state.decide(command).map_err(|error| EngineError::batch(&error))?;
        if events.is_empty() {
            return Ok(End::Done);
        }
        let metadata = self.context.metadata();
        let append = Append::new(self.lease.batch.0, self.state.clone(), self.version, events.clone())?;
        let mut in_doubt = false;
        let began = Instant::now();
        loop {
            match self.context.store.append(std::slice::from_ref(&append), &metadata).await {
                Ok(receipt) => {
                    self.version = receipt.version;
                    break;
                }
                // The connection was lost around the commit, so the conflict may be with ourselves.
                Err(AppendError::Conflict) if in_doubt => match self.is_written(events.len(), &metadata).await {
                    Ok(Some(version)) => {
                        self.version = version;
                        break;
                    }
                    Ok(None) => return Ok(End::Fenced),
                    Err(error) => self.wait_for_database(error, began).await?,
                },
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {
                    return Ok(End::Fenced);
                }
                Err(AppendError::Store(error)) => {
                    in_doubt = true;
                    self.wait_for_database(error, began).await?;
                }
            }
        }
        for event in events {
            self.state.evolve(event);
        }
        Ok(End::Done)
    }
}

impl Held<'_> {
    /// The stream's version after an append of so many events, if that append is its end. Not whether the stream looks as
    /// if: another worker that has taken over begins with the same intent, and both would send.
    async fn is_written(&self, events: usize, metadata: &Metadata) -> Result<Option<i64>, StoreError> {
        let version = self.version + i64::try_from(events).unwrap_or(i64::MAX);
        let ours = self.context.store.ends_with::<Batch>(self.lease.batch.0, version, metadata).await?;
        Ok(ours.then_some(version))
    }

    /// A pause, if waiting may help. A process that has been asked to end does not wait for ever.
    async fn wait_for_database(&self, error: StoreError, since: Instant) -> Result<(), EngineError> {
        let tired = self.stop.is_cancelled() && since.elapsed() > FAREWELL;
        if tired || !error.is_unavailable() {
            return Err(error.into());
        }
        tracing::warn!(batch = %self.lease.batch, %error, "outcomes wait for the database");
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

/// The letter cannot even be written, so nobody was asked.
fn unbuildable(why: &str) -> Judgement {
    Judgement::Rejected {
        reply: crate::smtp::Reply { code: 550, enhanced: None, text: format!("not sent: {why}") },
        dead: false,
        blame: crate::smtp::Blame::Message,
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

/// How many recipients to have in hand: as many as the relay takes in two flush intervals, so that a
/// connection never waits for a commit, and few when the relay is slow, since they are what a crash leaves in doubt.
#[derive(Debug)]
struct Pace {
    window: usize,
    least: usize,
    /// Outcomes since `since`.
    outcomes: usize,
    since: Instant,
}

impl Pace {
    fn new(connections: usize, batches: usize) -> Self {
        let least = (2 * connections).div_ceil(batches.max(1)).max(2);
        Self { window: least, least, outcomes: 0, since: Instant::now() }
    }

    fn flushed(&mut self, outcomes: usize) {
        self.outcomes += outcomes;
        let took = self.since.elapsed();
        if took < MEASURE {
            return;
        }
        let expected = 2 * self.outcomes as u128 * FLUSH_AFTER.as_millis() / took.as_millis().max(1);
        let expected = usize::try_from(expected).unwrap_or(WINDOW);
        // At most four times as many: one fast answer is no rate.
        self.window = expected.clamp(self.least, WINDOW.min(self.window * 4).max(self.least));
        self.outcomes = 0;
        self.since = Instant::now();
    }
}
