//! How long PostgreSQL lets somebody hold a transaction open and say nothing.

use std::time::Duration;

/// An append that was given up because this process was too slow is given so much time at last.
pub(crate) const LONGEST: Duration = Duration::from_secs(8);

/// How long PostgreSQL lets somebody hold a transaction open and say nothing, before it ends their session.
///
/// A transaction that appends holds up all readers of the log until it ends, and a process can stand still at any moment
/// (SIGSTOP, swapping, a network that swallows everything). Who is merely slow is ended, too, and begins again.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// Begins a transaction that PostgreSQL ends when nothing is said in it for so long. One round trip for all of it.
#[must_use]
pub fn limited(patience: Duration) -> String {
    format!("begin; set local idle_in_transaction_session_timeout = {}", patience.as_millis().max(1))
}
