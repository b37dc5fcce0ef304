//! Waiting for the server without leaving the person in the dark.

use std::time::{Duration, Instant};

/// How often somebody who waits is told why.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How long a server that is alive may leave us without any answer.
pub(super) const ANSWER_AT_LAST: Duration = Duration::from_secs(30);

/// Tells somebody who waits that it goes on, but not all the time.
pub(super) struct Patience {
    began: Instant,
    told: Instant,
}

impl Patience {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { began: now, told: now }
    }

    pub(super) fn is_over(&self) -> bool {
        self.began.elapsed() > ANSWER_AT_LAST
    }

    pub(super) fn tell(&mut self, what: &str) {
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            tracing::info!(seconds = self.began.elapsed().as_secs(), postgresql = what, "waiting for PostgreSQL");
        }
    }
}
