//! Letters of the service itself: they are claimed, sent and recorded like those of mailings, one by one.
//!
//! | file | its part of the way of a notice |
//! | --- | --- |
//! | `lease` | an engine claims a notice, keeps it, and gives it back |
//! | `send` | intend, make the link, send, record |
//! | `link` | what proves that somebody has got the letter |
//! | `letter` | what it says, in the words of `words::notices` |
//! | `test_letter` | the words of a message, for whoever wants to see it before clients do |
//!
//! They go through the relays, connections and breakers that mailings go through, but wait for nobody's batch: they have
//! slots of their own, and go before the letters that wait for a connection, as a person waits for them.
//!
//! An engine that has another master key than the one that the keys of their domain are sealed under leaves them to others, as it leaves
//! mailings: it claims none of those that wait, so that none of their attempts is used up.

mod lease;
mod letter;
mod link;
mod send;
mod test_letter;

use crate::context::Context;
use crate::error::EngineError;
use crate::held::{Kept, Rhythm, Work};
use crate::relays::{Relays, Route};
use crate::smtp::BreakerStatus;
use lease::Lease;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many notices of one engine are on their way at the same time.
const AT_ONCE: usize = 16;

/// How often leases are renewed, if that is often enough for them.
const RENEW: Duration = Duration::from_millis(500);

/// How often to look although nothing woke it: for notices whose pause is over, and for leases that have run out.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait when the read models moved before looking for more. They move many times a second while a mailing goes
/// out, and hardly ever because of a notice.
const CALM: Duration = Duration::from_millis(50);

/// The notices that an engine sends.
pub(crate) struct Notices {
    context: Arc<Context>,
    relays: Relays,
}

impl Notices {
    pub(crate) fn new(context: Arc<Context>, relays: Relays) -> Self {
        Self { context, relays }
    }
}

impl Work for Notices {
    type Lease = Lease;

    fn name(&self) -> &'static str {
        "notices"
    }

    fn rhythm(&self) -> Rhythm {
        let lease = self.context.settings.lease;
        Rhythm { at_once: AT_ONCE, lease, renew: RENEW.min(lease / 4), look: LOOK, stir: CALM, calm: CALM }
    }

    async fn claim(&mut self, room: usize, held: &[Uuid]) -> Result<Vec<Lease>, EngineError> {
        // What is too old is claimed to expire, so it must be known what is.
        if !self.context.knows_the_time() {
            return Ok(vec![]);
        }
        let sends = quietest(&self.relays).is_some() && self.context.signs_notices().await;
        self.context.claim_notices(sends, room, held).await
    }

    fn begin(&self, lease: Lease, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let (context, relays) = (Arc::clone(&self.context), self.relays.clone());
        async move {
            let notice = lease.notice;
            if let Err(error) = context.send_notice(lease, &relays, &stop).await {
                tracing::error!(%notice, %error, "a notice has to wait for its lease to run out");
            }
        }
    }

    async fn renew(&self, ids: &[Uuid]) -> Result<Kept, EngineError> {
        self.context.renew_notices(ids).await
    }
}

/// The relay through which a letter leaves soonest: of those that work, the one with the shortest queue.
fn quietest(relays: &Relays) -> Option<Arc<Route>> {
    let closed = relays.routes().filter(|route| route.outbox.status() == BreakerStatus::Closed);
    closed.min_by_key(|route| route.outbox.queued() + route.outbox.in_flight())
}
