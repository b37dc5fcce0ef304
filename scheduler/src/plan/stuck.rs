//! What cannot be brought further for now.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How long something that cannot be brought further is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// Mailings that could not be started or completed, and runs that could not be planned or finished, each with the moment at
/// which it is tried again: they must not stand in the way of others.
#[derive(Debug, Default)]
pub(crate) struct Stuck(Mutex<HashMap<Uuid, Instant>>);

impl Stuck {
    pub(crate) fn add(&self, id: Uuid) {
        self.leave_alone(id, LEFT_ALONE);
    }

    /// For so long at least.
    pub(crate) fn leave_alone(&self, id: Uuid, pause: Duration) {
        let until = Instant::now() + pause;
        self.all().entry(id).and_modify(|old| *old = until.max(*old)).or_insert(until);
    }

    pub(crate) fn now(&self) -> Vec<Uuid> {
        let now = Instant::now();
        let mut all = self.all();
        all.retain(|_, until| *until > now);
        all.keys().copied().collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
