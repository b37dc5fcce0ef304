//! A clock that was turned back, for what the demo shows as having happened before it began.

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that goes as another one, some time behind it. All clones are the same clock.
#[derive(Clone, Debug)]
pub(super) struct TurnedBack {
    /// The clock that it follows.
    right: Clock,
    /// How far behind it is, in microseconds.
    behind: Arc<AtomicI64>,
}

impl TurnedBack {
    pub(super) fn of(right: Clock) -> Self {
        Self { right, behind: Arc::default() }
    }

    /// Sets the clock, from where it goes on by itself. It is never ahead of the other one.
    pub(super) fn turn_to(&self, moment: DateTime<Utc>) {
        let behind = (self.right.now() - moment).max(TimeDelta::zero());
        self.behind.store(behind.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.right.now() - TimeDelta::microseconds(self.behind.load(Ordering::SeqCst))
    }

    /// The clock for those who work by it.
    pub(super) fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || hands.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_where_it_was_set_and_is_never_ahead() {
        let noon: DateTime<Utc> = "2026-05-04T12:00:00Z".parse().expect("a moment");
        let clock = TurnedBack::of(Clock::new(move || noon));
        assert_eq!(clock.now(), noon);
        clock.turn_to(noon - TimeDelta::days(30));
        assert_eq!(clock.clock().now(), noon - TimeDelta::days(30));
        clock.turn_to(noon + TimeDelta::days(1));
        assert_eq!(clock.now(), noon);
    }
}
