//! What an engine has in hand, over all its relays.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How long others' leases are left alone after PostgreSQL was away.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an engine has in hand, over all its relays.
#[derive(Debug, Default)]
pub(crate) struct InHand(Mutex<Hands>);

#[derive(Debug, Default)]
pub(super) struct Hands {
    pub(super) batches: HashSet<Uuid>,
    /// Until when others' leases that have run out are left alone.
    patient_until: Option<Instant>,
}

impl InHand {
    pub(super) fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// PostgreSQL is away, perhaps for all workers: when it is back their leases may have run out while their letters are
    /// still in hand. They get the time to renew them.
    pub(crate) fn cut_off(&self) {
        self.hands().patient_until = Some(Instant::now() + PATIENCE);
    }

    pub(crate) fn is_patient(&self) -> bool {
        self.hands().patient_until.is_some_and(|until| Instant::now() < until)
    }
}
