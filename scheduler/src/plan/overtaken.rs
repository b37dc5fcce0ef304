//! Large runs that another engine plans.
//!
//! Of two engines that ask for the same page one has asked for nothing, and while both go on, each is in the other's way. So whoever
//! was overtaken looks first whether the other one goes on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How long a run is left alone that another engine goes on with: longer than a page takes.
pub(super) const LEFT_ALONE: Duration = Duration::from_secs(1);

/// For so long it is remembered where a run was: much longer than it is left alone.
const REMEMBERED: Duration = Duration::from_mins(1);

/// Runs with which another engine was faster, each with the last batch that was shown when it was looked at, and until when that
/// says anything.
#[derive(Debug, Default)]
pub(crate) struct Overtaken(Mutex<HashMap<Uuid, (Option<u32>, Instant)>>);

impl Overtaken {
    /// Another engine was faster with what comes after this batch.
    pub(super) fn add(&self, run: Uuid, last: Option<u32>) {
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, until)| *until > now);
        all.insert(run, (last, now + REMEMBERED));
    }

    /// Whether the other engine has gone on since the run was looked at. If it has not, it is one's own turn to try.
    pub(super) fn goes_on(&self, run: Uuid, last: Option<u32>) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.remove(&run) {
            Some((before, until)) if last > before && until > Instant::now() => {
                all.insert(run, (last, Instant::now() + REMEMBERED));
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_left_to_another_engine_for_as_long_as_that_goes_on() {
        let (overtaken, run) = (Overtaken::default(), Uuid::now_v7());
        assert!(!overtaken.goes_on(run, Some(1)), "nobody was faster");
        overtaken.add(run, None);
        assert!(overtaken.goes_on(run, Some(1)));
        assert!(overtaken.goes_on(run, Some(11)));
        assert!(!overtaken.goes_on(run, Some(11)), "it has not gone on");
        assert!(!overtaken.goes_on(run, Some(21)), "nobody was faster since");
        overtaken.add(run, Some(21));
        assert!(!overtaken.goes_on(Uuid::now_v7(), Some(31)), "that is another run");
        assert!(overtaken.goes_on(run, Some(31)));
    }
}
