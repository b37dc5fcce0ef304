//! The line of those for whom a password is to be hashed or judged.
//!
//! A hash takes 19 MiB and a core for tens of milliseconds. So few are worked out at once, and few wait: whoever would wait
//! for longer than a second or two is told so at once. Who sends hundreds of tries may fill the line, but not keep others
//! out of it: in a full line the address with the most places gives one up to whoever has fewer. Those whom the service knows
//! have a line of their own, which takes turns with that of the strangers, so that neither keeps the other waiting for long.
//!
//! Whoever wants a password looked at joins the line before anything else is done for them: a flood meets the line, and not the
//! database behind it.

use crate::allowance::neighbourhood;
use crate::refused::{Problem, Refused};
use domain::Said;
use eventstore::StoreError;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// How many are worked out at once.
const AT_ONCE: usize = 2;

/// How many wait for their turn, strangers as well as known ones.
const PLACES: usize = 32;

/// For how many it is looked up at once whether they are known. All others have the database to themselves.
const LOOKED_UP: usize = 4;

/// After how many seconds somebody may try again who found the line full.
const AGAIN: u32 = 2;

/// The lines of a process. Clones are the same ones.
#[derive(Clone)]
pub struct Hashing {
    lines: Arc<Mutex<Lines>>,
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
}

struct Waiting {
    asker: Asker,
    called: oneshot::Sender<Turn>,
}

/// Who wants a password hashed or judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    address: Option<IpAddr>,
    known: bool,
}

impl Asker {
    /// Somebody from there of whom nothing else is known.
    pub(crate) fn stranger(address: Option<IpAddr>) -> Self {
        Self { address: address.map(neighbourhood), known: false }
    }

    /// Somebody from there who is signed in, has logged in from there before, or follows a link that works.
    pub(crate) fn known(address: Option<IpAddr>) -> Self {
        Self { known: true, ..Self::stranger(address) }
    }
}

/// The right to work on a password. It goes to the thread that works: somebody who gives up makes room only when their hash is
/// done.
#[derive(Debug)]
pub(crate) struct Turn(Option<Hashing>);

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

impl Hashing {
    fn new(at_once: usize, places: usize) -> Self {
        Self { lines: Arc::default(), looking_up: Arc::new(Semaphore::new(LOOKED_UP)), at_once, places }
    }

    /// Waits for the asker's turn.
    pub(crate) async fn turn(&self, asker: Asker) -> Result<Turn, Refused> {
        Ok(match self.join(asker).ok_or_else(full)? {
            Place::Now(turn) => turn,
            // Whoever is sent away hears no call.
            Place::Later(call) => call.await.map_err(|_| full())?,
        })
    }

    /// Finds out who somebody is before they join the line, a few at a time.
    pub(crate) async fn look_up<T>(&self, who: impl Future<Output = T> + Send) -> T {
        // The semaphore is never closed.
        let _permit = self.looking_up.acquire().await;
        who.await
    }

    fn join(&self, asker: Asker) -> Option<Place> {
        let mut lines = self.lock();
        if lines.working < self.at_once {
            lines.working += 1;
            return Some(Place::Now(Turn(Some(self.clone()))));
        }
        let line = if asker.known { &mut lines.known } else { &mut lines.strangers };
        line.retain(|waiting| !waiting.called.is_closed());
        if line.len() >= self.places {
            let place = who_gives_way_to(asker, line)?;
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
fn who_gives_way_to(newcomer: Asker, line: &[Waiting]) -> Option<usize> {
    let places = |of: Asker| line.iter().filter(|waiting| waiting.asker.address == of.address).count();
    let all = line.iter().enumerate().map(|(place, waiting)| (places(waiting.asker), place));
    let (most, place) = all.max()?;
    (most > places(newcomer) + 1).then_some(place)
}

impl Lines {
    fn next(&mut self) -> Option<Waiting> {
        self.known_before = !self.known.is_empty() && (self.strangers.is_empty() || !self.known_before);
        let line = if self.known_before { &mut self.known } else { &mut self.strangers };
        (!line.is_empty()).then(|| line.remove(0))
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
        let Some(hashing) = self.0.take() else { return };
        let mut lines = hashing.lock();
        while let Some(next) = lines.next() {
            match next.called.send(Self(Some(hashing.clone()))) {
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
mod tests {
    use super::*;
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    /// Work that goes on until it is let go, and is counted meanwhile.
    #[derive(Default)]
    struct Gate {
        open: Mutex<bool>,
        opened: Condvar,
        at_work: AtomicUsize,
        most: AtomicUsize,
    }

    impl Gate {
        fn work(self: &Arc<Self>) -> impl FnOnce() + Send + use<> {
            let gate = self.clone();
            move || {
                let at_work = gate.at_work.fetch_add(1, Ordering::SeqCst) + 1;
                gate.most.fetch_max(at_work, Ordering::SeqCst);
                let open = gate.open.lock().expect("nobody panics");
                drop(gate.opened.wait_while(open, |open| !*open).expect("nobody panics"));
                gate.at_work.fetch_sub(1, Ordering::SeqCst);
            }
        }

        fn open(&self) {
            *self.open.lock().expect("nobody panics") = true;
            self.opened.notify_all();
        }
    }

    async fn until(what: &str, condition: impl Fn() -> bool) {
        let waiting = async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("in vain: {what}"));
    }

    #[tokio::test]
    async fn somebody_who_hangs_up_makes_no_room_before_their_hash_is_done() {
        let (hashing, gate) = (Hashing::new(2, 8), Arc::new(Gate::default()));
        let ask = |number: u8| {
            let (hashing, work) = (hashing.clone(), gate.work());
            tokio::spawn(async move {
                let turn = hashing.turn(Asker::stranger(address(number))).await?;
                Ok(turn.work(work).await.map(drop)?)
            })
        };
        let first: Vec<_> = (0..8).map(ask).collect();
        until("two are at work", || gate.at_work.load(Ordering::SeqCst) == 2).await;
        for asked in &first {
            asked.abort();
        }
        for asked in first {
            assert!(asked.await.expect_err("it hung up").is_cancelled());
        }

        let second: Vec<_> = (100..108).map(ask).collect();
        until("all the others wait", || hashing.lock().strangers.len() == 8).await;
        assert_eq!(gate.at_work.load(Ordering::SeqCst), 2);
        gate.open();

        for asked in second {
            let asked: Result<(), Refused> = asked.await.expect("nobody hung up");
            asked.expect("there was room");
        }
        assert_eq!(gate.most.load(Ordering::SeqCst), 2);
        until("all turns are over", || hashing.lock().working == 0).await;
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_turn_to_the_next() {
        let hashing = Hashing::new(1, 1);
        let asker = Asker::stranger(None);
        let turn = hashing.turn(asker).await.expect("there is room");
        let failed = turn.work(|| panic!("as tests do")).await.map(|(_, ())| ());
        assert!(matches!(failed, Err(StoreError::Task(_))), "{failed:?}");
        let turn = hashing.turn(asker).await.expect("there is room");
        assert_eq!(turn.work(|| 7).await.expect("it works").1, 7);
    }

    /// A line whose one turn is taken, and what those get who join it one after another.
    fn joined(places: usize, askers: &[Asker]) -> (Turn, Vec<Option<oneshot::Receiver<Turn>>>) {
        let hashing = Hashing::new(1, places);
        let Some(Place::Now(turn)) = hashing.join(Asker::stranger(None)) else { panic!("nobody was before") };
        let join = |asker: &Asker| {
            hashing.join(*asker).map(|place| match place {
                Place::Later(call) => call,
                Place::Now(_) => panic!("the turn is taken"),
            })
        };
        (turn, askers.iter().map(join).collect())
    }

    /// In which order they are called; those who are not, were sent away.
    fn order(turn: Turn, mut calls: Vec<Option<oneshot::Receiver<Turn>>>) -> Vec<usize> {
        let mut order = Vec::new();
        let mut turn = Some(turn);
        while turn.take().is_some() {
            for (number, call) in calls.iter_mut().enumerate() {
                let called = call.as_mut().and_then(|call| call.try_recv().ok());
                if called.is_some() {
                    order.push(number);
                    turn = called;
                }
            }
        }
        order
    }

    #[test]
    fn a_full_line_is_shared_between_addresses_and_known_ones_have_their_own() {
        let [flood, other, third] = [1, 2, 3].map(|last| Asker::stranger(address(last)));
        let [owner, friend] = [4, 5].map(|last| Asker::known(address(last)));
        for (what, askers, served) in [
            ("first come, first served", vec![flood, other, third], vec![0, 1, 2]),
            ("one address has its own line", vec![flood, flood, flood, flood], vec![0, 1, 2]),
            ("somebody who has fewer places gets one", vec![flood, flood, flood, other], vec![0, 1, 3]),
            ("but not more than the other has", vec![flood, flood, flood, other, other], vec![0, 1, 3]),
            ("among equals who was first", vec![flood, other, third, Asker::stranger(address(9))], vec![0, 1, 2]),
            ("a known one need not wait for strangers", vec![flood, other, owner], vec![2, 0, 1]),
            ("nor do strangers for all of them", vec![owner, owner, flood, flood], vec![0, 2, 1, 3]),
            ("neither keep the others out", vec![flood, other, third, owner, owner, owner], vec![3, 0, 4, 1, 5, 2]),
            ("they share as strangers do", vec![owner, owner, owner, friend], vec![0, 1, 3]),
        ] {
            let (turn, calls) = joined(3, &askers);
            assert_eq!(order(turn, calls), served, "{what}");
        }
    }

    #[test]
    fn whoever_hangs_up_while_waiting_leaves_the_place_to_others() {
        let stranger = Asker::stranger(address(1));
        let (turn, mut calls) = joined(3, &[stranger; 3]);
        calls[0] = None;
        let hashing = turn.0.clone().expect("it is not over");
        let Some(Place::Later(call)) = hashing.join(stranger) else { panic!("there is a place") };
        calls.push(Some(call));
        assert_eq!(order(turn, calls), [1, 2, 3]);
        let lines = hashing.lock();
        assert_eq!((lines.working, lines.strangers.len()), (0, 0));
    }

    #[test]
    fn somebody_who_finds_the_line_full_learns_when_to_try_again() {
        let problem = full();
        assert_eq!((problem.code, problem.retry_after), ("RATE_LIMITED", Some(AGAIN)));
    }
}
