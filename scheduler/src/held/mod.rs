//! What an engine holds for a while, and the one loop that keeps it: claim, renew, hand back, drain.
//!
//! Everything that is sent is held under a lease first: batches of mailings (`send::batches`), letters of the service itself
//! (`notices`). What is special about each is its [`Work`]; [`Hands`] are the loop that is the same for all:
//!
//! | step | what happens |
//! | --- | --- |
//! | claim | as long as there is room for more: whenever something moved, and now and then although nothing did |
//! | begin | whatever was claimed gets a task of its own, with a token that tells it to stop |
//! | renew | leases are put off; a task whose lease is lost is told to stop |
//! | hand back | a task that is told to stop records what is in flight, gives its lease back by itself, and ends |
//! | drain | when the process is to end, leases are renewed until the last task has ended |
//!
//! A task that ends badly is let go: its lease runs out by itself, and then another engine has it.

mod in_hand;

pub(crate) use in_hand::InHand;

use crate::error::EngineError;
use crate::smtp::Deadline;
use eventstore::StoreError;
use projections::Position;
use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// After a claim the next one waits so many times as long as it took, while something is held: where many wait, looking through all of
/// them for each that ends would cost more than the work.
const REST: u32 = 4;

/// A kind of work that an engine holds under leases.
pub(crate) trait Work: Send + Sync + 'static {
    /// What one task has in hand.
    type Lease: Leased + Clone;

    /// What the log calls it.
    fn name(&self) -> &str;

    /// How much of it is done at once, and how often it is looked at.
    fn rhythm(&self) -> Rhythm;

    /// Leases up to `room` of what waits and is not `held`, and commits before anything is done with it.
    fn claim(
        &mut self,
        room: usize,
        held: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Self::Lease>, EngineError>> + Send;

    /// Does what a lease asks for, and gives the lease back. `stop` ends it early: nothing new begins, what is in flight is
    /// still recorded.
    fn begin(&self, lease: Self::Lease, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static;

    /// Renews the leases and returns those that are still this engine's.
    fn renew(&self, ids: &[Uuid]) -> impl Future<Output = Result<Kept, EngineError>> + Send;

    /// Whether there may be more to claim when the read models have moved.
    fn listens(&self) -> bool {
        true
    }

    /// Comes back when there is a reason to look that the read models do not show.
    fn called(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Which of what is held may not go on. It is asked as often as leases are renewed.
    fn barred(&self, _held: &[&Holding<Self::Lease>]) -> impl Future<Output = Vec<Uuid>> + Send {
        std::future::ready(Vec::new())
    }

    /// There is no room for more: which of what is held is handed back, so that others have their turn.
    fn handed_back(&self, _held: &[&Holding<Self::Lease>]) -> impl Future<Output = Vec<Uuid>> + Send {
        std::future::ready(Vec::new())
    }
}

/// Something that is an engine's for a while.
pub(crate) trait Leased: Send + Sync + 'static {
    /// What is leased.
    fn id(&self) -> Uuid;

    /// Until when letters may begin; put off with every renewal.
    fn until(&self) -> &Deadline;
}

/// The leases that were renewed, and until when letters may begin.
pub(crate) struct Kept {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) until: Instant,
}

/// How much of a kind of work is done at once, and how often it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    /// How many leases are held at the same time.
    pub(crate) at_once: usize,
    /// How long a lease is valid.
    pub(crate) lease: Duration,
    /// How often leases are renewed, and looked through for those that may not go on.
    pub(crate) renew: Duration,
    /// How often to look for more although nothing moved.
    pub(crate) look: Duration,
    /// How long to wait when the read models moved before looking for more, after there was something.
    pub(crate) stir: Duration,
    /// The same after there was nothing: most moves mean nothing to who had nothing to do.
    pub(crate) calm: Duration,
}

/// A lease in hand, and its task.
pub(crate) struct Holding<L> {
    pub(crate) lease: L,
    since: Instant,
    stop: CancellationToken,
}

impl<L> Holding<L> {
    /// How long it has been held.
    pub(crate) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Whether nobody has told its task to stop.
    pub(crate) fn goes_on(&self) -> bool {
        !self.stop.is_cancelled()
    }
}

/// What came of looking for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Something,
    Nothing,
    /// It was looked just now.
    TooSoon,
    /// PostgreSQL failed, so nobody knows.
    Unknown,
}

/// The loop over one kind of work.
pub(crate) struct Hands<W: Work> {
    work: W,
    rhythm: Rhythm,
    in_hand: InHand,
    held: HashMap<Id, Holding<W::Lease>>,
    tasks: JoinSet<()>,
    /// When the leases were renewed last, or asked for where nothing was held.
    renewed: Instant,
    /// When it is looked for more at the earliest, as long as something is held.
    rested: Instant,
}

impl<W: Work> Hands<W> {
    /// Hands that have nothing yet. `in_hand` is the engine's, for all kinds of work.
    pub(crate) fn new(work: W, in_hand: InHand) -> Self {
        let rhythm = work.rhythm();
        let now = Instant::now();
        Self { work, rhythm, in_hand, held: HashMap::new(), tasks: JoinSet::new(), renewed: now, rested: now }
    }

    /// Claims as long as there is room for more, renews the leases, and stops what may not go on, until `stop` is cancelled
    /// and all are given back. `moved` changes when the read models move.
    pub(crate) async fn run(mut self, mut moved: watch::Receiver<Position>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            moved.mark_unchanged();
            let found = self.claim(&stop).await;
            // Full hands look up only to check on what they hold.
            let wakes = found != Found::Unknown && !self.is_full() && self.work.listens();
            let calm =
                if matches!(found, Found::Something | Found::TooSoon) { self.rhythm.stir } else { self.rhythm.calm };
            let wait = if found == Found::Unknown { PAUSE } else { self.rhythm.look };
            let renewal = self.renewed + self.rhythm.renew;
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                () = sleep_until(self.rested), if found == Found::TooSoon => {}
                _ = moved.changed(), if wakes => sleep(calm).await,
                () = self.work.called(), if found != Found::Unknown => {}
                () = sleep_until(renewal), if !self.held.is_empty() => {}
                () = sleep(wait) => {}
                () = stop.cancelled() => {}
            }
            self.check().await;
        }
        // All tasks are told by now, as their tokens are children of `stop`. What is in flight may take as long as the mail
        // server likes; until it is recorded, it is nobody else's.
        while !self.tasks.is_empty() {
            let renewal = self.renewed + self.rhythm.renew;
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                () = sleep_until(renewal) => {
                    self.renew().await;
                    self.renewed = Instant::now();
                }
            }
        }
    }

    fn is_full(&self) -> bool {
        self.held.len() >= self.rhythm.at_once
    }

    /// Claims what there is room for, and begins with it.
    async fn claim(&mut self, stop: &CancellationToken) -> Found {
        let room = self.rhythm.at_once.saturating_sub(self.held.len());
        if room == 0 || self.in_hand.is_patient() {
            return Found::Nothing;
        }
        let asked = Instant::now();
        if !self.held.is_empty() && asked < self.rested {
            return Found::TooSoon;
        }
        let leases = match self.work.claim(room, &self.in_hand.ids()).await {
            Ok(leases) => leases,
            Err(error) => {
                self.cut_off(&error, "claiming");
                return Found::Unknown;
            }
        };
        self.rested = Instant::now() + (asked.elapsed() * REST).min(self.rhythm.look);
        if leases.is_empty() {
            return Found::Nothing;
        }
        if self.held.is_empty() {
            // They are as good as renewed.
            self.renewed = asked;
        }
        for lease in leases {
            self.in_hand.take(lease.id());
            let stop = stop.child_token();
            let task = self.tasks.spawn(self.work.begin(lease.clone(), stop.clone()));
            self.held.insert(task.id(), Holding { lease, since: Instant::now(), stop });
        }
        Found::Something
    }

    /// Lets go what a task had in hand.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let (id, error) = match ended {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        let Some(holding) = self.held.remove(&id) else { return };
        let id = holding.lease.id();
        self.in_hand.let_go(id);
        if let Some(error) = error {
            let of = self.work.name();
            tracing::error!(of, %id, %error, "a task ended badly; what it had in hand waits for its lease to run out");
        }
    }

    /// Renews the leases, stops what may not go on any more, and lets others have their turn, when it is time to.
    async fn check(&mut self) {
        if self.held.is_empty() || self.renewed.elapsed() < self.rhythm.renew {
            return;
        }
        let held: Vec<&Holding<W::Lease>> = self.held.values().collect();
        // Neither waits for the other: letters wait for the first, and people for the second.
        tokio::join!(self.renew(), async { stop(&held, &self.work.barred(&held).await) });
        if self.is_full() {
            stop(&held, &self.work.handed_back(&held).await);
        }
        self.renewed = Instant::now();
    }

    /// Renews the leases, and stops the tasks of those that another engine has got.
    async fn renew(&self) {
        let ids: Vec<Uuid> = self.held.values().map(|holding| holding.lease.id()).collect();
        // An answer that comes later than this is of no use: the leases have run out.
        match timeout(self.rhythm.lease, self.work.renew(&ids)).await {
            Ok(Ok(kept)) => {
                for holding in self.held.values() {
                    if kept.ids.contains(&holding.lease.id()) {
                        holding.lease.until().extend(kept.until);
                    } else {
                        holding.stop.cancel();
                    }
                }
            }
            Ok(Err(error)) => self.cut_off(&error, "renewing leases"),
            Err(_) => self.cut_off(&StoreError::Silent(self.rhythm.lease), "renewing leases"),
        }
    }

    /// PostgreSQL is away, perhaps for all engines.
    fn cut_off(&self, error: &dyn Display, doing: &'static str) {
        tracing::debug!(of = self.work.name(), %error, "{doing} has to wait");
        self.in_hand.cut_off();
    }
}

/// Tells the tasks of these to stop.
fn stop<L: Leased>(held: &[&Holding<L>], ids: &[Uuid]) {
    held.iter().filter(|holding| ids.contains(&holding.lease.id())).for_each(|holding| holding.stop.cancel());
}

#[cfg(test)]
mod tests;
