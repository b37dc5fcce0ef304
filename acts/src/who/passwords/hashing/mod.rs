//! The lines of those for whom a password is to be hashed or judged.
//!
//! A hash takes 19 MiB and a core for tens of milliseconds. So few are worked out at once, and few wait: whoever would wait
//! for longer than a few seconds is told so. Who sends hundreds of tries may fill a line, but not keep others out of it:
//! nobody has more than a few tries inside, and those come first for whose address least was done lately; in a full line
//! those give way for whom most was done. Those whom the service knows have a line of their own, which takes turns with that
//! of the strangers.
//!
//! Whoever wants a password looked at joins a line before anything else is done for them: a flood meets the line, and not the
//! database behind it.

use crate::refusal::{Fault, Problem, Refused};
use crate::who::neighbourhood;
use domain::Code;
use eventstore::StoreError;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};

/// How many are worked out at once.
const AT_ONCE: usize = 2;

/// How many wait for their turn, strangers as well as known ones.
const PLACES: usize = 32;

/// How many from one address are inside, waiting or at work.
const INSIDE: usize = 8;

/// For how many who find the line full it is looked up at once whether they are known. All others have the database to
/// themselves.
const LOOKED_UP: usize = 2;

/// How many turns back it counts for whom they were.
const LATELY: usize = 64;

/// The longest that anybody waits for a turn.
const PATIENCE: Duration = Duration::from_secs(4);

/// After how many seconds somebody may try again for whom there was no room.
const AGAIN: u32 = 2;

/// Threads of their own, for the whole process. glibc keeps what a thread has freed for that thread's next need; among the many that
/// block in a service, 19 MiB each would add up.
static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let threads = Builder::new_current_thread().max_blocking_threads(AT_ONCE).thread_name("passwords").build();
    threads.inspect_err(|error| tracing::warn!(%error, "passwords have no threads of their own")).ok()
});

/// The lines of a process. Clones are the same ones.
#[derive(Clone)]
pub struct Hashing {
    lines: Arc<Mutex<Lines>>,
    inside: Arc<Inside>,
    looking_up: Arc<Semaphore>,
    at_once: usize,
    places: usize,
}

/// Those whose turn it is, and those who wait, in the order in which they came.
#[derive(Default)]
struct Lines {
    working: usize,
    strangers: Vec<Waiting>,
    known: Vec<Waiting>,
    /// Whether the last one who was called from a line was a known one.
    known_before: bool,
    /// Where those came from whose turn it was last.
    lately: VecDeque<Option<IpAddr>>,
}

struct Waiting {
    asker: Asker,
    called: oneshot::Sender<Turn>,
}

/// How many are inside, by address.
#[derive(Debug, Default)]
struct Inside(Mutex<HashMap<IpAddr, usize>>);

/// Somebody who wants a password looked at, and is inside for as long as this lives.
#[derive(Debug)]
pub(crate) struct Asker {
    inside: Arc<Inside>,
    address: Option<IpAddr>,
    known: bool,
}

/// The right to work on a password. It goes to the thread that works: somebody who gives up makes room only when their hash is
/// done.
pub(crate) struct Turn(Option<(Hashing, Asker)>);

/// What somebody who joins the line gets.
enum Place {
    Now(Turn),
    Later(oneshot::Receiver<Turn>),
}

impl Default for Hashing {
    fn default() -> Self {
        Self::new(AT_ONCE, PLACES)
    }
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashing").field("at_once", &self.at_once).field("places", &self.places).finish_non_exhaustive()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn(..)")
    }
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Nothing in here can leave a number half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asker {
    /// The same, who is signed in, has logged in from there before, follows a link that works, or has the command line.
    pub(crate) fn known(mut self) -> Self {
        self.known = true;
        self
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut inside = self.inside.lock();
        let left = inside.get(&address).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            inside.remove(&address);
        } else {
            inside.insert(address, left);
        }
    }
}

impl Hashing {
    fn new(at_once: usize, places: usize) -> Self {
        let looking_up = Arc::new(Semaphore::new(LOOKED_UP));
        Self { lines: Arc::default(), inside: Arc::default(), looking_up, at_once, places }
    }

    /// Lets somebody in of whom nothing is known but where they are, if not too many are in from there already.
    pub(crate) fn asker(&self, address: Option<IpAddr>) -> Result<Asker, Refused> {
        let address = address.map(neighbourhood);
        if let Some(address) = address {
            let mut inside = self.inside.lock();
            let count = inside.entry(address).or_default();
            if *count >= INSIDE {
                return Err(full().into());
            }
            *count += 1;
        }
        Ok(Asker { inside: self.inside.clone(), address, known: false })
    }

    /// Waits for the asker's turn.
    pub(crate) async fn turn(&self, asker: Asker) -> Result<Turn, Refused> {
        called(self.join(asker).map_err(|_| full())?).await
    }

    /// The same for somebody of whom it can be found out whether they are `known`, which is done only if it matters: if
    /// there is no room among the strangers.
    pub(crate) async fn turn_of_a_stranger(
        &self,
        asker: Asker,
        known: impl Future<Output = Result<bool, StoreError>> + Send,
    ) -> Result<Turn, Refused> {
        let asker = match self.join(asker) {
            Ok(place) => return called(place).await,
            Err(asker) => asker,
        };
        let looking_up = self.looking_up.try_acquire().map_err(|_| full())?;
        let known = known.await?;
        drop(looking_up);
        if known { self.turn(asker.known()).await } else { Err(full().into()) }
    }

    /// Gives somebody a turn or a place in line; or nothing, if they would have to take it from others who have no more.
    fn join(&self, asker: Asker) -> Result<Place, Asker> {
        let mut lines = self.lock();
        if lines.working < self.at_once {
            lines.working += 1;
            lines.served(asker.address);
            return Ok(Place::Now(Turn(Some((self.clone(), asker)))));
        }
        let Some(line) = lines.with_room_for(&asker, self.places) else { return Err(asker) };
        let (called, call) = oneshot::channel();
        line.push(Waiting { asker, called });
        Ok(Place::Later(call))
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Nothing in here can leave a line half changed.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until whoever has this place is called.
async fn called(place: Place) -> Result<Turn, Refused> {
    let call = match place {
        Place::Now(turn) => return Ok(turn),
        Place::Later(call) => call,
    };
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(turn)) => Ok(turn),
        // Whoever is sent away hears no call.
        Ok(Err(_)) | Err(_) => Err(full().into()),
    }
}

impl Lines {
    /// The asker's line, if there is room in it. The last one who came from the address for which most is done or was done lately
    /// gives way, if that is more than for the asker's even with the place.
    fn with_room_for(&mut self, asker: &Asker, places: usize) -> Option<&mut Vec<Waiting>> {
        let line = if asker.known { &mut self.known } else { &mut self.strangers };
        line.retain(|waiting| !waiting.called.is_closed());
        if line.len() >= places {
            let done = |of: &Asker| {
                let waiting = line.iter().filter(|waiting| waiting.asker.address == of.address).count();
                waiting + self.lately.iter().filter(|address| **address == of.address).count()
            };
            let all = line.iter().enumerate().map(|(place, waiting)| (done(&waiting.asker), place));
            let (most, place) = all.max()?;
            if most <= done(asker) + 1 {
                return None;
            }
            line.remove(place);
        }
        Some(line)
    }

    fn next(&mut self) -> Option<Waiting> {
        self.known_before = !self.known.is_empty() && (self.strangers.is_empty() || !self.known_before);
        let line = if self.known_before { &mut self.known } else { &mut self.strangers };
        let turns = |of: &Asker| self.lately.iter().filter(|address| **address == of.address).count();
        let all = line.iter().enumerate().map(|(place, waiting)| (turns(&waiting.asker), place));
        let (_, place) = all.min()?;
        let next = line.remove(place);
        self.served(next.asker.address);
        Some(next)
    }

    fn served(&mut self, address: Option<IpAddr>) {
        if self.lately.len() >= LATELY {
            self.lately.pop_front();
        }
        self.lately.push_back(address);
    }
}

impl Turn {
    /// Does the work off the threads that answer requests, and gives the turn back with what came of it.
    pub(super) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, T), Fault> {
        let work = move || {
            let done = work();
            (self, done)
        };
        let worked = match THREADS.as_ref() {
            Some(threads) => threads.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        };
        Ok(worked.await?)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some((hashing, _)) = self.0.take() else { return };
        let mut lines = hashing.lock();
        while let Some(Waiting { asker, called }) = lines.next() {
            match called.send(Self(Some((hashing.clone(), asker)))) {
                Ok(()) => return,
                // Nobody waits there any more. This turn is no second one that would have to be passed on.
                Err(mut turn) => drop(turn.0.take()),
            }
        }
        lines.working -= 1;
    }
}

fn full() -> Problem {
    Problem::new(Code::RateLimited, &[], words::passwords::Problem::Busy { seconds: AGAIN }).in_seconds(AGAIN)
}

#[cfg(test)]
mod tests;
