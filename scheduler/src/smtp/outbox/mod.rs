//! The pool: a few connections to one relay, a bounded queue before them, and a circuit breaker.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, oneshot, watch},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    breaker::{Breaker, BreakerStatus, OpenElsewhere},
    connector::Connector,
    judge::{Judgement, Scope},
    letter::Letter,
    permission::Permission,
    places::Places,
    rate::{OwnTokens, Pacing, Tokens},
    relay::Relay,
    throttle::Throttle,
};

mod attend;
mod fate;
mod job;
mod limits;
mod pacing;
mod queue;

pub use limits::Limits;

use job::{Claim, Job, Line};
use queue::Queue;

/// Letters waiting per connection: enough that a connection never waits for its next letter.
const QUEUED_PER_CONNECTION: usize = 4;

/// How long closing waits for transactions in flight before it cuts them off.
const CLOSE_WITHIN: Duration = Duration::from_secs(30);

/// How long closing then waits for what was cut off.
const CUT_WITHIN: Duration = Duration::from_secs(5);

/// Delivers letters over pooled connections to one relay. Cheap to clone; all clones are the same pool, which ends when
/// the last of them is dropped.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Handle>);

/// The connections' tasks hold [`Shared`]; only outboxes hold this.
#[derive(Debug)]
struct Handle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connector: Connector,
    state: Mutex<State>,
    status: watch::Sender<BreakerStatus>,
    /// A permit is a place in the queue.
    room: Semaphore,
    /// Letters wait for tokens.
    demand: Notify,
    /// Nothing new is taken.
    closing: CancellationToken,
    /// What is in flight is cut off.
    cut: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    /// Connections without work, the one that was busy last on top: few letters use few connections.
    idle: Vec<Idle>,
    in_flight: usize,
    breaker: Breaker,
    /// How many connections the relay allows.
    places: Places,
    /// How fast it takes letters.
    throttle: Throttle,
    /// Where the relay has a rate, by the settings or because it was found.
    pacing: Option<Pacing>,
    /// Letters accepted.
    taken: u64,
    counts: Counts,
    /// Of these, those that went first.
    counts_first: Counts,
}

/// A connection's task without work.
#[derive(Debug)]
struct Idle {
    /// It has its connection.
    connected: bool,
    wake: oneshot::Sender<()>,
}

/// What became of the letters so far, of those that were tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken.
    pub accepted: u64,
    /// Refused for good.
    pub rejected: u64,
    /// Put off.
    pub deferred: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Certainly not at the relay, and not their recipients' fault.
    pub not_tried: u64,
}

impl Counts {
    fn add(&mut self, judgement: &Judgement) {
        let count = match judgement {
            Judgement::Accepted { .. } => &mut self.accepted,
            Judgement::Rejected { .. } => &mut self.rejected,
            Judgement::Deferred { .. } => &mut self.deferred,
            Judgement::Unknown { .. } => &mut self.unknown,
            Judgement::NotTried { .. } => &mut self.not_tried,
        };
        *count += 1;
    }
}

/// Withdraws the job when the caller goes away.
struct WithdrawOnDrop<'a>(&'a Claim);

impl Drop for WithdrawOnDrop<'_> {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

impl Outbox {
    /// Starts the pool's tasks on the current tokio runtime. Connections are opened when there is something to send. If the
    /// relay has a rate, this process counts for itself.
    #[must_use]
    pub fn start(relay: Relay) -> Self {
        Self::start_with(relay, Arc::new(OwnTokens::default()))
    }

    /// The same, with tokens for the relay's rate from somebody who counts for all processes.
    #[must_use]
    pub fn start_with(relay: Relay, tokens: Arc<dyn Tokens>) -> Self {
        let connections = relay.connections();
        // Differs between processes, so that they do not probe in step.
        let seed = RandomState::new().hash_one(connections);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                queue: Queue::default(),
                idle: Vec::new(),
                in_flight: 0,
                breaker: Breaker::new(relay.pauses, connections, seed),
                places: Places::new(connections),
                throttle: Throttle::new(relay.pauses.first),
                pacing: relay.rate().map(Pacing::new),
                taken: 0,
                counts: Counts::default(),
                counts_first: Counts::default(),
            }),
            connector: Connector::new(relay),
            status: watch::Sender::new(BreakerStatus::Closed),
            room: Semaphore::new(connections * QUEUED_PER_CONNECTION),
            demand: Notify::new(),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        for _ in 0..connections {
            shared.tasks.spawn(Arc::clone(&shared).work());
        }
        shared.tasks.spawn(Arc::clone(&shared).pace(tokens));
        Self(Arc::new(Handle(shared)))
    }

    /// Sends one letter and says what became of it.
    ///
    /// Waits for room in the queue. Comes back at once with [`Judgement::NotTried`] while the breaker is open, and as
    /// soon as the permission is withdrawn if nothing of the letter has been written by then. Dropping the future
    /// withdraws the letter in the same way; a transaction that has begun is always brought to its end. A permission that
    /// has run out is noticed when the letter's turn comes.
    pub async fn deliver(&self, letter: Letter, permission: impl Into<Permission>) -> Judgement {
        let permission = permission.into();
        match self.place(&permission).await {
            Ok(place) => place.deliver(letter, permission).await,
            Err(judgement) => judgement,
        }
    }

    /// Waits for a place in the queue, for those who write the letter only when it has one. Otherwise what became of the
    /// letter: the breaker is open, the permission withdrawn, or the outbox closing.
    pub async fn place(&self, permission: &Permission) -> Result<Place, Judgement> {
        let shared = &self.0.0;
        if let Some(refusal) = shared.state().breaker.refusal() {
            return Err(refusal);
        }
        tokio::select! {
            biased;
            () = permission.withdrawn() => Err(withdrawn("the letter is no longer wanted")),
            room = shared.room.acquire() => match room {
                Ok(room) => {
                    room.forget();
                    Ok(Place { outbox: self.clone(), empty: true })
                }
                Err(_) => Err(withdrawn("the outbox is closing")),
            },
        }
    }

    /// The same for a letter for which a person waits: it goes before all that wait for a connection, also before those
    /// that still wait for room. Whoever calls this sees to it that there are few of them.
    pub async fn deliver_first(&self, letter: Letter, permission: impl Into<Permission>) -> Judgement {
        self.deliver_in(Line::First, letter, permission.into()).await
    }

    /// A letter that has its place, if it needs one.
    async fn deliver_in(&self, line: Line, letter: Letter, permission: Permission) -> Judgement {
        let shared = &self.0.0;
        let claim = Arc::new(Claim::default());
        let (answer, mut outcome) = oneshot::channel();
        let job = Job {
            line,
            letter,
            claim: Arc::clone(&claim),
            permission: permission.clone(),
            answer,
            places: line.places(),
            returned: 0,
            refusals: 0,
            refused_at: None,
        };
        if let Err(refusal) = shared.enqueue(job) {
            shared.room.add_permits(line.places());
            return refusal;
        }
        let _withdraw = WithdrawOnDrop(&claim);
        let judgement = tokio::select! {
            biased;
            judgement = &mut outcome => judgement,
            () = permission.withdrawn() => {
                if claim.withdraw() {
                    return withdrawn("the letter is no longer wanted");
                }
                outcome.await
            }
        };
        judgement.unwrap_or_else(|_| {
            if permission.has_run_out() && claim.withdraw() {
                return withdrawn("the permission to send it has run out");
            }
            // The task is gone, which only a bug or the end of the runtime explains.
            if claim.withdraw() || claim.is_withdrawn() {
                withdrawn("the outbox is gone")
            } else {
                Judgement::Unknown { why: "the connection's task ended before its letter was judged".to_owned() }
            }
        })
    }

    /// Waits until sending makes sense: until the breaker is closed. Comes back at once when the outbox is closing.
    pub async fn ready(&self) {
        let mut status = self.watch();
        tokio::select! {
            _ = status.wait_for(|status| *status == BreakerStatus::Closed) => {}
            () = self.0.0.closing.cancelled() => {}
        }
    }

    /// The breaker's state.
    #[must_use]
    pub fn status(&self) -> BreakerStatus {
        self.0.0.status.borrow().clone()
    }

    /// The breaker's state as a channel.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<BreakerStatus> {
        self.0.0.status.subscribe()
    }

    /// Takes over that the relay is away from another process that found out.
    pub fn adopt_open(&self, open: OpenElsewhere) {
        self.0.0.adopt(|breaker| breaker.adopt_open(open));
    }

    /// Takes over that the relay is back: one letter at a time from here. Does nothing if this process itself has found
    /// it away.
    pub fn adopt_close(&self) {
        self.0.0.adopt(Breaker::adopt_close);
    }

    /// What became of the letters so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.0.state().counts
    }

    /// The same of [`Outbox::deliver_first`] alone.
    #[must_use]
    pub fn counts_first(&self) -> Counts {
        self.0.0.state().counts_first
    }

    /// How many letters are on their way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.0.state().in_flight
    }

    /// How many letters wait for a connection, or for their turn.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.0.0.state().queue.len()
    }

    /// The relay behind it.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        self.0.0.connector.relay()
    }

    /// Stops taking letters, gives back those that were not begun, waits for transactions in flight (at most 30 s, then
    /// they are cut off and judged by how far they were) and says QUIT. Ends the pool for all clones.
    pub async fn close(self) {
        self.close_within(CLOSE_WITHIN).await;
    }

    /// The same with another limit than 30 s.
    pub async fn close_within(self, limit: Duration) {
        let shared = &self.0.0;
        shared.stop_taking();
        if timeout(limit, shared.tasks.wait()).await.is_err() {
            shared.cut.cancel();
            // Whoever does not even end now holds nothing that could be saved.
            let _ = timeout(CUT_WITHIN, shared.tasks.wait()).await;
        }
    }
}

/// A place in an outbox's queue. Another letter gets it when it is dropped unused.
#[derive(Debug)]
pub struct Place {
    outbox: Outbox,
    empty: bool,
}

impl Place {
    /// Sends the letter that the place was kept for, see [`Outbox::deliver`].
    pub async fn deliver(mut self, letter: Letter, permission: impl Into<Permission>) -> Judgement {
        self.empty = false;
        self.outbox.deliver_in(Line::Usual, letter, permission.into()).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.empty {
            self.outbox.0.0.room.add_permits(Line::Usual.places());
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.stop_taking();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here leaves the state half changed when it panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, job: Job) -> Result<(), Judgement> {
        let mut state = self.state();
        if self.closing.is_cancelled() {
            return Err(withdrawn("the outbox is closing"));
        }
        if let Some(refusal) = state.breaker.refusal() {
            return Err(refusal);
        }
        state.queue.push(job);
        if state.pacing.is_some() || state.throttle.held(Instant::now()).is_some() {
            self.demand.notify_one();
        } else if state.in_flight < state.breaker.allowed() {
            state.wake_one();
        }
        Ok(())
    }

    fn adopt(&self, adopt: impl FnOnce(&mut Breaker)) {
        let mut state = self.state();
        let before = state.breaker.status();
        adopt(&mut state.breaker);
        if state.breaker.status() != before {
            self.publish(&mut state);
        }
    }

    fn stop_taking(&self) {
        let mut state = self.state();
        self.closing.cancel();
        self.room.close();
        state.give_back(&withdrawn("the outbox is closing"));
        state.wake_all();
        drop(state);
        self.tasks.close();
    }

    /// Makes a change of the breaker known to everybody who waits: callers, queued letters, connections.
    fn publish(&self, state: &mut State) {
        let status = state.breaker.status();
        if let Some(refusal) = state.breaker.refusal() {
            let returned = state.give_back(&refusal);
            self.room.add_permits(returned);
        }
        self.status.send_if_modified(|last| {
            let changed = *last != status;
            *last = status;
            changed
        });
        state.wake_all();
    }
}

impl State {
    /// One that has its connection, else one that may open one.
    fn wake_one(&mut self) {
        let has_room = self.places.has_room(Instant::now());
        loop {
            let connected = self.idle.iter().rposition(|idle| idle.connected);
            let last = self.idle.len().checked_sub(1).filter(|_| has_room);
            let Some(at) = connected.or(last) else { return };
            // Its timer may have rung first.
            if self.idle.remove(at).wake.send(()).is_ok() {
                return;
            }
        }
    }

    fn wake_all(&mut self) {
        for idle in self.idle.drain(..) {
            // Its timer rang first.
            let _ = idle.wake.send(());
        }
    }

    /// Answers everything in the queue; says how many places that makes.
    fn give_back(&mut self, judgement: &Judgement) -> usize {
        let mut places = 0;
        for job in self.queue.drain() {
            places += job.places;
            let _ = job.answer.send(judgement.clone());
        }
        places
    }
}

fn withdrawn(why: &str) -> Judgement {
    Judgement::NotTried { scope: Scope::Withdrawn, why: why.to_owned(), reply: None }
}
