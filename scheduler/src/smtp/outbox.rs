//! The pool: a few connections to one relay, a bounded queue before them, and a circuit breaker.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{breaker::BreakerStatus, judge::Judgement, letter::Letter, relay::Relay};

/// Delivers letters over pooled connections to one relay. Cheap to clone; all clones are the same pool.
#[derive(Debug, Clone)]
pub struct Outbox(());

impl Outbox {
    /// Starts the pool's tasks on the current tokio runtime. Connections are opened when there is something to send.
    #[must_use]
    pub fn start(relay: Relay) -> Self { let _ = relay; unimplemented!() }

    /// Sends one letter and says what became of it.
    ///
    /// Waits for room in the queue. Comes back at once with [`Judgement::NotTried`] while the breaker is open, and as
    /// soon as `wanted` is cancelled if nothing of the letter has been written by then. Dropping the future withdraws
    /// the letter in the same way; a transaction that has begun is always brought to its end.
    pub async fn deliver(&self, letter: Letter, wanted: &CancellationToken) -> Judgement { let _ = (letter, wanted); unimplemented!() }

    /// Waits until sending makes sense: until the breaker is closed.
    pub async fn ready(&self) { unimplemented!() }

    /// The breaker's state.
    #[must_use]
    pub fn status(&self) -> BreakerStatus { unimplemented!() }

    /// The breaker's state as a channel.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<BreakerStatus> { unimplemented!() }

    /// Stops taking letters, gives back those that were not begun, waits for transactions in flight and says QUIT.
    pub async fn close(self) { unimplemented!() }
}
