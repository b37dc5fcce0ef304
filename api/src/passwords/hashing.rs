//! The lines of those for whom a password is to be hashed or judged.
//!
//! A hash takes 19 MiB and a core for tens of milliseconds. So few are worked out at once, and few wait: whoever would wait
//! for longer than a few seconds is told so. Who sends hundreds of tries may fill a line, but not keep others out of it:
//! nobody has more than a few tries inside, in a full line the address with the most places gives one up to whoever has
//! fewer, and those are called first for whose address least was done lately. Those whom the service knows have a line of
//! their own, which takes turns with that of the strangers.
//!
//! Whoever wants a password looked at joins a line before anything else is done for them: a flood meets the line, and not the
//! database behind it.

use crate::allowance::neighbourhood;
use crate::refused::{Problem, Refused};
use domain::Said;
use eventstore::StoreError;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// How many are worked out at once.
const AT_ONCE: usize = 2;

/// How many wait for their turn, strangers as well as known ones.
const PLACES: usize = 32;

/// How many from one address are inside: looked up, waiting, or at work.
const INSIDE: usize = 8;

/// For how many it is looked up at once whether they are known. All others have the database to themselves.
const LOOKED_UP: usize = 4;

/// How many turns back it counts for whom they were.
const LATELY: usize = 64;

/// The longest that anybody waits for a turn.
const PATIENCE: Duration = Duration::from_secs(4);

/// After how many seconds somebody may try again for whom there was no room.
const AGAIN: u32 = 2;

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

    /// Finds out who somebody is before they join a line, a few at a time.
    pub(crate) async fn look_up<T>(&self, who: impl Future<Output = T> + Send) -> T {
        // The semaphore is never closed.
        let _permit = self.looking_up.acquire().await;
        who.await
    }

    /// Waits for the asker's turn.
    pub(crate) async fn turn(&self, asker: Asker) -> Result<Turn, Refused> {
        let call = match self.join(asker).ok_or_else(full)? {
            Place::Now(turn) => return Ok(turn),
            Place::Later(call) => call,
        };
        match tokio::time::timeout(PATIENCE, call).await {
            Ok(Ok(turn)) => Ok(turn),
            // Whoever is sent away hears no call.
            Ok(Err(_)) | Err(_) => Err(full().into()),
        }
    }

    fn join(&self, asker: Asker) -> Option<Place> {
        let mut lines = self.lock();
        if lines.working < self.at_once {
            lines.working += 1;
            lines.served(asker.address);
            return Some(Place::Now(Turn(Some((self.clone(), asker)))));
        }
        let line = if asker.known { &mut lines.known } else { &mut lines.strangers };
        line.retain(|waiting| !waiting.called.is_closed());
        if line.len() >= self.places {
            let place = who_gives_way_to(&asker, line)?;
            line.remove(place);
        }
        let (called, call) = oneshot::channel();
        line.push(Waiting { asker, called });
        Some(Place::Later(call))
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Nothing in here can leave a line half changed.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the last one who came from the address that has the most, if the newcomer's has fewer even with that place.
fn who_gives_way_to(newcomer: &Asker, line: &[Waiting]) -> Option<usize> {
    let places = |of: &Asker| line.iter().filter(|waiting| waiting.asker.address == of.address).count();
    let all = line.iter().enumerate().map(|(place, waiting)| (places(&waiting.asker), place));
    let (most, place) = all.max()?;
    (most > places(newcomer) + 1).then_some(place)
}

impl Lines {
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
    ) -> Result<(Self, T), StoreError> {
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            (self, done)
        });
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
    let said = Said::filled(
        format!("too many passwords are being checked right now: try again in {AGAIN} s"),
        format!("сейчас проверяется слишком много паролей: попробуйте снова через {AGAIN} с"),
    );
    Problem::new("RATE_LIMITED", &[], said).in_seconds(AGAIN)
}

#[cfg(test)]
mod tests;
