//! What an engine has in hand, of all kinds of work and over all its relays.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How long others' leases are left alone after PostgreSQL was away.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an engine has in hand. Cheap to clone; all clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct InHand(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What is leased and has a task.
    ids: HashSet<Uuid>,
    /// Until when others' leases that have run out are left alone.
    patient_until: Option<Instant>,
}

impl InHand {
    /// It is in hand now, and not claimed again: while PostgreSQL was away its lease may have run out.
    pub(super) fn take(&self, id: Uuid) {
        self.state().ids.insert(id);
    }

    /// It is in hand no longer.
    pub(super) fn let_go(&self, id: Uuid) {
        self.state().ids.remove(&id);
    }

    /// All that is in hand.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.state().ids.iter().copied().collect()
    }

    /// PostgreSQL is away, perhaps for all workers: when it is back their leases may have run out while their letters are
    /// still in hand. They get the time to renew them.
    pub(super) fn cut_off(&self) {
        self.state().patient_until = Some(Instant::now() + PATIENCE);
    }

    /// Whether others' leases are left alone at this moment.
    pub(super) fn is_patient(&self) -> bool {
        self.state().patient_until.is_some_and(|until| Instant::now() < until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here leaves the state half changed when it panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
