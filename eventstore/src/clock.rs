//! The clock, handed down from the composition root.

use chrono::{DateTime, SubsecRound, Utc};
use std::fmt;
use std::sync::Arc;

/// Tells the time, and whether it is to be believed. Tests turn it by hand.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    doubt: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl Clock {
    /// A clock that asks `now` and is always right.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), doubt: Arc::new(|| None) }
    }

    /// The same clock, which asks `doubt` whether it may be wrong, and why.
    #[must_use]
    pub fn doubted_by(self, doubt: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { doubt: Arc::new(doubt), ..self }
    }

    /// The present moment, to the microsecond, which is what PostgreSQL keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.now)().trunc_subsecs(6)
    }

    /// Why the time may be wrong, as a sentence. What cannot be undone waits until it is not.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        (self.doubt)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
