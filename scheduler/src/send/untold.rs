//! Batches of which nobody can tell who is written to, or who signs their letters: nothing is promised to anybody in them meanwhile.
//!
//! An intent that cannot be kept costs two events, so a cause that lasts must not make one every time. Whoever met it waits before the
//! batch is taken up again, longer each time, and then looks first and promises afterwards.

use domain::BatchId;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long such a batch is left alone first, and at most.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(1);

/// So long after its pause a batch is forgotten that this engine has not had again: another one has brought it further.
const FORGOTTEN: Duration = Duration::from_mins(10);

/// So many causes are kept in mind; beyond that all are forgotten, and told once more.
const SAID: usize = 100;

/// The batches of which this engine met that.
#[derive(Debug, Default)]
pub(crate) struct Untold(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    batches: HashMap<BatchId, Wait>,
    /// What the log was told since there are some.
    said: HashSet<String>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    pause: Duration,
    since: Instant,
}

impl Untold {
    /// It could not be told of this batch, for the first time or once more. Whatever lasts is told the log once.
    pub(crate) fn met(&self, batch: BatchId, what: &str, error: &str) {
        if self.add(batch, format!("{what}: {error}")) {
            tracing::warn!(%batch, error, what, "letters wait");
        } else {
            tracing::debug!(%batch, error, what, "letters wait still");
        }
    }

    /// Whether the log is to be told.
    fn add(&self, batch: BatchId, why: String) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        state.batches.retain(|_, wait| now < wait.since + wait.pause + FORGOTTEN);
        if state.batches.is_empty() || state.said.len() >= SAID {
            state.said.clear();
        }
        let longer = |wait: &Wait| (wait.pause * 2).min(LONGEST);
        let pause = state.batches.get(&batch).map_or(FIRST, longer);
        state.batches.insert(batch, Wait { pause, since: now });
        state.said.insert(why)
    }

    /// Whether it has to be looked before anything is promised to anybody in this batch.
    pub(crate) fn is_waiting(&self, batch: BatchId) -> bool {
        self.state().batches.contains_key(&batch)
    }

    /// How long the batch is to be left alone, if it could not be told when it was looked last.
    pub(crate) fn pause(&self, batch: BatchId) -> Option<Duration> {
        self.state().batches.get(&batch).map(|wait| wait.pause)
    }

    /// It can be told again.
    pub(crate) fn told(&self, batch: BatchId) {
        let mut state = self.state();
        if state.batches.remove(&batch).is_some() {
            tracing::info!(%batch, "its letters go on");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here leaves it half changed when it panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ONE: BatchId = BatchId(Uuid::from_u128(1));
    const OTHER: BatchId = BatchId(Uuid::from_u128(2));

    #[tokio::test(start_paused = true)]
    async fn a_batch_waits_longer_each_time_and_from_the_beginning_once_it_was_told() {
        let untold = Untold::default();
        assert!(!untold.is_waiting(ONE));
        assert_eq!(untold.pause(ONE), None);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            untold.met(ONE, "nobody can tell", "no such reason");
            pauses.extend(untold.pause(ONE));
        }
        let expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
        assert_eq!(pauses, expected.map(Duration::from_millis));
        assert!(untold.is_waiting(ONE) && !untold.is_waiting(OTHER));

        untold.told(ONE);
        assert!(!untold.is_waiting(ONE));
        untold.met(ONE, "nobody can tell", "no such reason");
        assert_eq!(untold.pause(ONE), Some(FIRST));
    }

    #[tokio::test(start_paused = true)]
    async fn what_lasts_is_told_once_however_many_batches_meet_it_and_once_more_when_it_comes_back() {
        let untold = Untold::default();
        assert!(untold.add(ONE, "away".to_owned()));
        assert!(!untold.add(ONE, "away".to_owned()));
        assert!(!untold.add(OTHER, "away".to_owned()));
        assert!(untold.add(OTHER, "another cause".to_owned()));
        assert!(!untold.add(ONE, "away".to_owned()));
        untold.told(ONE);
        untold.told(OTHER);
        assert!(untold.add(ONE, "another cause".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_another_engine_has_brought_further_is_forgotten() {
        let untold = Untold::default();
        untold.met(ONE, "nobody can tell", "away");
        tokio::time::advance(FIRST + FORGOTTEN).await;
        untold.met(OTHER, "nobody can tell", "away");
        assert!(!untold.is_waiting(ONE));
    }
}
