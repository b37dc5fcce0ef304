//! Turns of those who plan pages: so many at the same time, and owners take turns, however many runs each of them has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use uuid::Uuid;

/// The turns that there are.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    /// How many turns there were.
    given: u64,
    /// The number of each owner's latest turn, while anybody waits.
    latest: HashMap<Uuid, u64>,
    /// Owners, in the order in which they came.
    waiting: Vec<(Uuid, oneshot::Sender<Turn>)>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Turns);

impl Turns {
    /// So many at the same time.
    pub(crate) fn new(count: usize) -> Self {
        let (latest, waiting) = (HashMap::new(), Vec::new());
        Self(Arc::new(Mutex::new(State { free: count, given: 0, latest, waiting })))
    }

    /// Waits for a turn of this owner's.
    pub(super) async fn take(&self, owner: Uuid) -> Option<Turn> {
        let turn = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                state.gives(owner);
                return Some(Turn(self.clone()));
            }
            let (give, turn) = oneshot::channel();
            state.waiting.push((owner, give));
            turn
        };
        turn.await.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn gives(&mut self, owner: Uuid) {
        self.given += 1;
        self.latest.insert(owner, self.given);
    }

    /// Who is next: the first one of the owner whose turn is the longest ago.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let ago = |place: &usize| self.waiting.get(*place).map(|(owner, _)| self.latest.get(owner).copied());
        let Some(place) = (0..self.waiting.len()).min_by_key(ago) else {
            self.free += 1;
            self.latest.clear();
            return None;
        };
        let (owner, give) = self.waiting.remove(place);
        self.gives(owner);
        Some(give)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = self.0.state().next();
        if let Some(give) = next {
            // Whoever does not wait any more drops it, and the next one has it.
            drop(give.send(Self(self.0.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;

    const ANN: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);

    type Waiting<'a> = Pin<Box<dyn Future<Output = Option<Turn>> + 'a>>;

    /// Their turn, if it has come.
    async fn come(waiting: &mut Waiting<'_>) -> Option<Turn> {
        tokio::select! {
            biased;
            turn = waiting => turn,
            () = std::future::ready(()) => None,
        }
    }

    #[tokio::test]
    async fn owners_take_turns_however_many_runs_each_has() {
        let turns = Turns::new(1);
        let first = turns.take(ANN).await.expect("it is free");
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        for owner in [ANN, ANN, ANN, BOB] {
            let mut next: Waiting<'_> = Box::pin(turns.take(owner));
            assert!(come(&mut next).await.is_none(), "there is one turn only");
            waiting.push(next);
        }

        drop(first);
        let mut bob = waiting.pop().expect("he waits");
        let bobs = come(&mut bob).await.expect("it is his turn, although he came last");
        assert!(come(&mut waiting[0]).await.is_none());
        drop(bobs);
        let anns = come(&mut waiting[0]).await.expect("and hers again");
        // Whoever does not wait any more keeps nobody waiting.
        drop(waiting.remove(1));
        drop(anns);
        let anns = come(&mut waiting[1]).await.expect("her last one has it");
        drop(anns);
        assert!(turns.take(BOB).await.is_some(), "it is free");
    }
}
