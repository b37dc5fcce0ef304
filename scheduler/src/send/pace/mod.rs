//! How far ahead of the wire letters are promised.
//!
//! An intent is committed before a letter's first byte goes out, and whatever is promised and has not begun when a process
//! dies has to be sent by another one; when the marks are lost, too (see `marks`), it is in doubt. Hence all batches that go
//! through a relay share one allowance: its connections, and beyond them only what it takes while the next intent is being
//! committed. Batches take turns at it, and each turn is large enough for intents to cost little.
//!
//! With `r` letters a second and a commit that takes `c` seconds, a connection never waits when `r * c` letters are promised
//! and have not begun. Intents of [`ROUND`] seconds' letters make `1 / ROUND` commits a second, however fast the relay is; only
//! one that is so fast that it keeps the machine busy gets longer ones, and fewer commits. A relay that takes a letter now and then
//! gets one letter ahead.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// An intent names the letters of so many seconds.
const ROUND: f64 = 0.016;

/// A relay that takes more letters a second than this keeps the machine busy, and each commit takes processor time from letters.
/// The faster it is, the longer its intents are.
const BUSY: f64 = 2_500.0;

/// They become no longer than so many times the usual.
const LONGEST_ROUND: f64 = 3.0;

/// So much more than expected is promised, because commits do not all take the same time.
const SLACK: f64 = 1.25;

/// No more than this is promised beyond the connections, however slow commits are: memory stays flat.
const MOST: usize = 400;

/// The relay's speed is measured over at least this long.
const MEASURE: Duration = Duration::from_millis(20);

/// A commit that takes longer than this says nothing about the next one: PostgreSQL was away.
const LONGEST: Duration = Duration::from_millis(250);

/// The allowance of a relay in this process.
#[derive(Debug)]
pub(crate) struct Pace {
    /// How many letters the relay can have in hand at once.
    wire: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Letters that are promised, or about to be, and have no answer.
    open: usize,
    shares: Vec<Holder>,
    /// Who wants to promise more, in the order of asking.
    line: VecDeque<Asking>,
    next: u64,
    /// Letters a second.
    rate: f64,
    /// Answers since `since`.
    answers: u32,
    since: Instant,
    /// How long the commit of an intent takes, in seconds.
    commit: f64,
}

/// A batch that shares the allowance.
#[derive(Debug)]
struct Holder {
    id: u64,
    open: usize,
    /// It may have more to promise. One that has not, because all its letters are promised or wait for a later moment, keeps what it
    /// has open and leaves the rest to the others.
    wants: bool,
}

#[derive(Debug)]
struct Asking {
    id: u64,
    wanted: usize,
    turn: Arc<Notify>,
}

impl Pace {
    pub(crate) fn new(wire: usize) -> Self {
        let state = State {
            open: 0,
            shares: Vec::new(),
            line: VecDeque::new(),
            next: 0,
            rate: 0.0,
            answers: 0,
            since: Instant::now(),
            commit: 0.005,
        };
        Self { wire: wire.max(1), state: Mutex::new(state) }
    }

    /// A batch's share of the allowance, until it is dropped.
    pub(crate) fn share(self: &Arc<Self>) -> Share {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.shares.push(Holder { id, open: 0, wants: true });
        Share { pace: Arc::clone(self), id, turn: Arc::default() }
    }

    /// How many letters a second the relay takes.
    pub(crate) fn rate(&self) -> f64 {
        self.state().rate
    }

    /// How many letters the relay can have in hand at once.
    pub(crate) fn wire(&self) -> usize {
        self.wire
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here leaves the state half changed when it panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How many letters make an intent.
    fn quantum(&self) -> usize {
        let longer = (self.rate / BUSY).clamp(1.0, LONGEST_ROUND);
        whole(self.rate * ROUND * longer).clamp(1, MOST / 2)
    }

    /// How many letters may be open in all.
    fn limit(&self, wire: usize) -> usize {
        let lead = whole(self.rate * self.commit * SLACK);
        wire + (lead + self.quantum()).min(MOST)
    }

    /// Who may promise how many now: the first in line who does not hold its fair part already, as soon as there is room
    /// for an intent that is worth a commit.
    fn turn(&self, wire: usize) -> Option<(u64, usize)> {
        let (limit, quantum) = (self.limit(wire), self.quantum());
        let room = limit.saturating_sub(self.open);
        let (want, content): (Vec<&Holder>, Vec<&Holder>) = self.shares.iter().partition(|share| share.wants);
        let to_share = limit.saturating_sub(content.iter().map(|share| share.open).sum());
        let fair = to_share.div_ceil(want.len().max(1)).max(quantum);
        let first = self.line.iter().find_map(|asking| {
            let own = self.shares.iter().find(|share| share.id == asking.id)?.open;
            let (needed, most) = (asking.wanted.min(quantum), fair.saturating_sub(own).min(asking.wanted));
            (most >= needed).then_some((asking.id, needed, most))
        });
        first.filter(|(_, needed, _)| room >= *needed).map(|(id, _, most)| (id, most.min(room)))
    }

    fn wake(&self, wire: usize) {
        let Some((id, _)) = self.turn(wire) else { return };
        if let Some(asking) = self.line.iter().find(|asking| asking.id == id) {
            asking.turn.notify_one();
        }
    }

    fn close(&mut self, id: u64, letters: usize) {
        self.open = self.open.saturating_sub(letters);
        if let Some(share) = self.shares.iter_mut().find(|share| share.id == id) {
            share.open = share.open.saturating_sub(letters);
        }
    }

    fn answered(&mut self, now: Instant) {
        self.answers += 1;
        let took = now.saturating_duration_since(self.since);
        if took < MEASURE {
            return;
        }
        let rate = f64::from(self.answers) / took.as_secs_f64();
        // Up quickly, or a fast relay has to wait; down slowly, as a pause is no speed.
        let weight = if rate > self.rate { 0.5 } else { 0.25 };
        self.rate += (rate - self.rate) * weight;
        (self.answers, self.since) = (0, now);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither negative nor large")]
fn whole(number: f64) -> usize {
    number as usize
}

/// What a batch may promise. It gives everything back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    pace: Arc<Pace>,
    id: u64,
    turn: Arc<Notify>,
}

impl Share {
    /// Room for up to `wanted` letters, if it is this batch's turn and there is enough of it. Otherwise the batch stands in
    /// line, see [`Self::turn`]. It leaves the line when it wants none.
    pub(crate) fn take(&self, wanted: usize) -> Option<Taken> {
        let mut state = self.pace.state();
        if let Some(share) = state.shares.iter_mut().find(|share| share.id == self.id) {
            share.wants = wanted > 0;
        }
        match state.line.iter_mut().find(|asking| asking.id == self.id) {
            _ if wanted == 0 => state.line.retain(|asking| asking.id != self.id),
            Some(asking) => asking.wanted = wanted,
            None => state.line.push_back(Asking { id: self.id, wanted, turn: Arc::clone(&self.turn) }),
        }
        let turn = state.turn(self.pace.wire);
        let Some((_, letters)) = turn.filter(|(id, _)| *id == self.id && wanted > 0) else {
            state.wake(self.pace.wire);
            return None;
        };
        state.line.retain(|asking| asking.id != self.id);
        if state.open == 0 {
            // What was measured over a pause is no speed.
            (state.answers, state.since) = (0, Instant::now());
        }
        state.open += letters;
        if let Some(share) = state.shares.iter_mut().find(|share| share.id == self.id) {
            share.open += letters;
        }
        state.wake(self.pace.wire);
        Some(Taken { pace: Arc::clone(&self.pace), id: self.id, letters })
    }

    /// Comes back when it may be this batch's turn.
    pub(crate) async fn turn(&self) {
        self.turn.notified().await;
    }

    /// How long the commit of an intent took.
    pub(crate) fn committed(&self, took: Duration) {
        let mut state = self.pace.state();
        let took = took.min(LONGEST).as_secs_f64();
        state.commit += (took - state.commit) * 0.2;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.shares.retain(|share| share.id != self.id);
        state.line.retain(|asking| asking.id != self.id);
        state.wake(self.pace.wire);
    }
}

/// Room for letters that are about to be promised.
#[derive(Debug)]
pub(crate) struct Taken {
    pace: Arc<Pace>,
    id: u64,
    letters: usize,
}

impl Taken {
    pub(crate) fn letters(&self) -> usize {
        self.letters
    }

    /// One of them.
    pub(crate) fn letter(&mut self) -> OpenLetter {
        self.letters = self.letters.saturating_sub(1);
        OpenLetter { pace: Arc::clone(&self.pace), id: self.id, judged: false }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.letters > 0 {
            let mut state = self.pace.state();
            state.close(self.id, self.letters);
            state.wake(self.pace.wire);
        }
    }
}

/// A letter that is promised and has no answer yet.
#[derive(Debug)]
pub(crate) struct OpenLetter {
    pace: Arc<Pace>,
    id: u64,
    judged: bool,
}

impl OpenLetter {
    /// There is an answer. One that says nothing about the relay's speed is not `judged`.
    pub(crate) fn answered(mut self, judged: bool) {
        self.judged = judged;
    }
}

impl Drop for OpenLetter {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        if self.judged {
            state.answered(Instant::now());
        }
        state.close(self.id, 1);
        state.wake(self.pace.wire);
    }
}

#[cfg(test)]
mod tests;
