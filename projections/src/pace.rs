//! How much is folded in one transaction, and how long PostgreSQL waits for us in the middle of it.
//!
//! Whoever leads holds the checkpoints, and with them all read models. A process that stands still there (SIGSTOP, swapping,
//! a network that swallows everything) is ended by PostgreSQL after a fraction of a second, and another one leads. One that
//! is merely slow is ended, too: it folds less the next time and is given more time, until it gets through.

use eventstore::limited;
use std::time::Duration;

/// How many events make a page: enough to fold in sets, few enough to be read from memory.
const PAGE: i64 = 1_000;

/// The smallest page.
const LEAST: i64 = 10;

/// The longest that PostgreSQL waits for a process that was too slow again and again.
const LONGEST: Duration = Duration::from_secs(8);

/// After so many pages without trouble the next one is a step bolder.
const CALM: u32 = 20;

#[derive(Debug)]
pub(crate) struct Pace {
    /// The most events of the next page.
    pub(crate) events: i64,
    patience: Duration,
    calm: u32,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { events: PAGE, patience: eventstore::PATIENCE, calm: 0 }
    }

    /// The transaction did not get through.
    pub(crate) fn stumbled(&mut self) {
        self.events = (self.events / 2).max(LEAST);
        self.patience = (self.patience * 2).min(LONGEST);
        self.calm = 0;
    }

    /// It did.
    pub(crate) fn went_well(&mut self) {
        self.calm += 1;
        if self.calm >= CALM {
            self.events = (self.events * 2).min(PAGE);
            self.patience = (self.patience / 2).max(eventstore::PATIENCE);
            self.calm = 0;
        }
    }

    /// Begins a transaction at this pace. A page may be larger than what the network holds for a process that does not read
    /// it, and then PostgreSQL is not idle but stuck in sending: `tcp` ends that, where PostgreSQL's system has it.
    ///
    /// A lost transaction is simply projected again, so PostgreSQL need not wait for its disk. And all that is folded is looked up by
    /// keys, however many there are: a plan for just these would be the same, and takes longer to make than to run. One that is made
    /// while a table is empty is kept while it grows, and a table that has to be read as a whole is worth no second processor.
    pub(crate) fn begin(&self, tcp: bool) -> String {
        let begin = format!(
            "{}; set local synchronous_commit = off; set local plan_cache_mode = force_generic_plan; \
             set local enable_seqscan = off; set local max_parallel_workers_per_gather = 0",
            limited(self.patience)
        );
        if tcp {
            // A packet that gets lost is sent again after 200 ms and then 400 ms, so this bears two lost ones.
            let stuck = 2 * self.patience.as_millis();
            format!("{begin}; set local tcp_user_timeout = {stuck}")
        } else {
            begin
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_too_slow_folds_less_and_is_given_more_time_until_it_gets_through() {
        let mut pace = Pace::new();
        assert_eq!(pace.events, PAGE);
        assert!(pace.begin(true).contains("idle_in_transaction_session_timeout = 500;"), "{}", pace.begin(true));
        for _ in 0..20 {
            pace.stumbled();
        }
        assert_eq!((pace.events, pace.patience), (LEAST, LONGEST));

        (1..CALM).for_each(|_| pace.went_well());
        assert_eq!((pace.events, pace.patience), (LEAST, LONGEST), "one page that went well proves little");
        (0..20 * CALM).for_each(|_| pace.went_well());
        assert_eq!((pace.events, pace.patience), (PAGE, eventstore::PATIENCE));
    }

    #[test]
    fn the_network_is_limited_only_where_it_can_be() {
        assert!(Pace::new().begin(true).contains("tcp_user_timeout = 1000"));
        assert!(!Pace::new().begin(false).contains("tcp_user_timeout"));
    }

    #[test]
    fn plans_are_made_once_wherever_it_runs() {
        for tcp in [true, false] {
            assert!(Pace::new().begin(tcp).contains("plan_cache_mode = force_generic_plan"));
        }
    }
}
