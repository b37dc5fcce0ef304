//! What a connection is doing, and since when.

use super::Limits;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tokio::time::Instant;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Nothing, since then.
    Waiting,
    /// A request's head is coming.
    Head,
    /// A request is being read and answered.
    Answering,
}

/// What is known of a connection. Its task changes it; whoever needs a seat looks at it.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    doing: Doing,
    since: Instant,
    /// Whether any request was answered.
    proven: bool,
    /// Since when nothing could be written that has to be.
    stuck_since: Option<Instant>,
}

impl Activity {
    /// A connection begins with a request: it has to come as soon as the rest of one that has begun.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { doing: Doing::Head, since: Instant::now(), proven: false, stuck_since: None }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn does(&self, doing: Doing) {
        let mut state = self.state();
        (state.doing, state.since) = (doing, Instant::now());
    }

    /// How much the connection needs its seat; nothing to compare if it has a request in hand.
    pub(super) fn need(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        (state.doing != Doing::Answering).then_some((state.proven, state.since))
    }

    /// A request's head is there.
    pub(super) fn asked(&self) {
        self.does(Doing::Answering);
    }

    pub(super) fn received(&self) {
        if self.state().doing == Doing::Waiting {
            self.does(Doing::Head);
        }
    }

    /// The answer's last part was taken over, or nobody wants it any more.
    pub(super) fn answered(&self) {
        self.does(Doing::Waiting);
        self.state().proven = true;
    }

    pub(super) fn wrote<T>(&self, poll: Poll<T>) -> Poll<T> {
        let mut state = self.state();
        match poll {
            Poll::Ready(_) => state.stuck_since = None,
            Poll::Pending => {
                state.stuck_since.get_or_insert_with(Instant::now);
            }
        }
        poll
    }

    /// Until when the connection is waited for, if it is.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.state();
        let doing = match state.doing {
            Doing::Waiting => Some(state.since + limits.idle),
            Doing::Head => Some(state.since + limits.header),
            Doing::Answering => None,
        };
        let written = state.stuck_since.map(|since| since + limits.write);
        [doing, written].into_iter().flatten().min()
    }
}
