//! What an outbox has found out about its relay's limits, for those who share it between processes.

use tokio::time::Instant;

use super::{super::breaker::BreakerStatus, Outbox, Scope};

/// What this process knows of a relay's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Letters per second, over all processes, if the relay takes no more than that.
    pub rate: Option<f64>,
    /// How often this process has found another rate.
    pub rate_changes: u64,
    /// How many connections this process may have, if that is fewer than its settings say.
    pub connections: Option<usize>,
    /// How often this process has found a number, be it the same.
    pub connections_changes: u64,
    /// How many it has.
    pub open: usize,
    /// It sends, or would if it could.
    pub busy: bool,
}

impl Outbox {
    /// What was found out so far.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let state = self.0.0.state();
        let shut_out = matches!(state.breaker.status(), BreakerStatus::Open { scope: Scope::Connections, .. });
        Limits {
            rate: state.throttle.rate(),
            rate_changes: state.throttle.changes(),
            connections: state.places.allowed(),
            connections_changes: state.places.changes(),
            open: state.places.open(),
            busy: shut_out || state.in_flight > 0 || !state.queue.is_empty(),
        }
    }

    /// Takes over the rate that another process has found, or that it is forgotten.
    pub fn adopt_rate(&self, rate: Option<f64>) {
        let mut state = self.0.0.state();
        state.throttle.adopt(rate);
        state.retune(self.relay().rate());
        self.0.0.demand.notify_one();
    }

    /// Takes over this process's share of the connections that the relay allows to all.
    pub fn adopt_connections(&self, connections: Option<usize>) {
        let mut state = self.0.0.state();
        state.places.adopt(connections, Instant::now());
        // Those that are too many go, and those for which there is room come.
        state.wake_all();
    }

    /// So many processes use the relay at the moment.
    pub fn shared_by(&self, processes: u32) {
        self.0.0.state().throttle.shared_by(processes);
    }
}
