//! Whether a letter may still begin.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::gate::Gate;

/// A letter may begin as long as nobody has withdrawn it and its deadline has not passed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Permission {
    wanted: CancellationToken,
    deadline: Option<Arc<Deadline>>,
    gate: Option<Arc<dyn Gate>>,
}

impl Permission {
    /// Until `wanted` is cancelled or the deadline has passed.
    #[must_use]
    pub fn until(wanted: CancellationToken, deadline: Arc<Deadline>) -> Self {
        Self { wanted, deadline: Some(deadline), gate: None }
    }

    /// The same for one letter, whose text leaves only when the gate has opened.
    #[must_use]
    pub fn through(&self, gate: Arc<dyn Gate>) -> Self {
        Self { gate: Some(gate), ..self.clone() }
    }

    pub(super) fn gate(&self) -> Option<&Arc<dyn Gate>> {
        self.gate.as_ref()
    }

    /// Whether nothing more may begin.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.wanted.is_cancelled() || self.has_run_out()
    }

    pub(super) async fn withdrawn(&self) {
        self.wanted.cancelled().await;
    }

    /// Whether the deadline has passed: also a letter whose envelope has begun goes no further.
    #[must_use]
    pub fn has_run_out(&self) -> bool {
        self.deadline.as_ref().is_some_and(|deadline| deadline.has_passed())
    }
}

/// Until the token is cancelled.
impl From<&CancellationToken> for Permission {
    fn from(wanted: &CancellationToken) -> Self {
        Self { wanted: wanted.clone(), deadline: None, gate: None }
    }
}

impl From<&Permission> for Permission {
    fn from(permission: &Permission) -> Self {
        permission.clone()
    }
}

/// A moment of this machine's monotonic clock that can be put off: the end of a lease.
///
/// The monotonic clock is not moved by anybody who sets the time, and goes on while the process is stopped (SIGSTOP, a
/// debugger, swapping). On Linux it does stand still while the whole machine is suspended; a worker that wakes up from
/// that believes in its lease until its next renewal, and only the batch's stream keeps it from recording.
#[derive(Debug)]
pub struct Deadline {
    base: Instant,
    /// Nanoseconds after `base`.
    after: AtomicU64,
}

impl Deadline {
    /// At this moment.
    #[must_use]
    pub fn at(moment: Instant) -> Self {
        let base = Instant::now();
        Self { base, after: AtomicU64::new(nanoseconds(moment.saturating_duration_since(base))) }
    }

    /// Puts it off until `moment`; never brings it forward.
    pub fn extend(&self, moment: Instant) {
        self.after.fetch_max(nanoseconds(moment.saturating_duration_since(self.base)), Ordering::AcqRel);
    }

    /// Whether it has passed.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.has_passed_by(Instant::now())
    }

    fn has_passed_by(&self, now: Instant) -> bool {
        nanoseconds(now.saturating_duration_since(self.base)) >= self.after.load(Ordering::Acquire)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_can_be_put_off_and_not_brought_forward() {
        let start = Instant::now();
        let seconds = |seconds| start + Duration::from_secs(seconds);
        let deadline = Deadline::at(seconds(20));
        assert!(!deadline.has_passed_by(seconds(19)) && deadline.has_passed_by(seconds(20)));
        deadline.extend(seconds(30));
        deadline.extend(seconds(10));
        assert!(!deadline.has_passed_by(seconds(29)) && deadline.has_passed_by(seconds(30)));
    }

    #[test]
    fn nothing_begins_after_the_deadline() {
        let permission = Permission::until(CancellationToken::new(), Arc::new(Deadline::at(Instant::now())));
        assert!(permission.has_ended());
    }

    #[test]
    fn a_permission_ends_when_the_letter_is_withdrawn() {
        let wanted = CancellationToken::new();
        let permission = Permission::from(&wanted);
        assert!(!permission.has_ended());
        wanted.cancel();
        assert!(permission.has_ended());
    }
}
