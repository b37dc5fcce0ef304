//! Letters of the service itself: they are claimed, sent and recorded like those of mailings, one by one.
//!
//! | file | its part of the way of a notice |
//! | --- | --- |
//! | `lease` | an engine claims a notice, keeps it, and gives it back |
//! | `send` | intend, make the link, send, record |
//! | `link` | what proves that somebody has got the letter |
//! | `letter` | what it says |
//! | `words` | in which words, in each language |
//! | `test_letter` | the words of a message, for whoever wants to see it before clients do |
//!
//! They go through the relays, connections and breakers that mailings go through, but wait for nobody's batch: they have
//! slots of their own, and go before the letters that wait for a connection, as a person waits for them.

mod lease;
mod letter;
mod link;
mod send;
mod test_letter;

use crate::context::Context;
use crate::error::EngineError;
use crate::relays::{Relays, Route};
use crate::smtp::BreakerStatus;
use eventstore::StoreError;
use lease::Lease;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout};
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

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The notices that an engine has in hand.
pub(crate) struct Notices {
    context: Arc<Context>,
    relays: Relays,
    held: HashMap<Id, Holding>,
    tasks: JoinSet<()>,
    renewed: Instant,
}

struct Holding {
    lease: Lease,
    stop: CancellationToken,
}

impl Notices {
    pub(crate) fn new(context: Arc<Context>, relays: Relays) -> Self {
        Self { context, relays, held: HashMap::new(), tasks: JoinSet::new(), renewed: Instant::now() }
    }

    /// Sends what waits until `stop` is cancelled and everything in hand is recorded.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut moved = self.context.reached.subscribe();
        while !stop.is_cancelled() {
            moved.mark_unchanged();
            let claimed = self.claim(&stop).await;
            if let Err(error) = &claimed {
                tracing::debug!(%error, "notices have to wait");
                self.context.in_hand.cut_off();
            }
            let wakes = claimed.is_ok() && self.held.len() < AT_ONCE;
            let wait = if claimed.is_err() { PAUSE } else { LOOK };
            let renewal = self.renewed + self.renewal();
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                _ = moved.changed(), if wakes => tokio::time::sleep(CALM).await,
                () = tokio::time::sleep_until(renewal), if !self.held.is_empty() => {}
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
            self.renew().await;
        }
        self.held.values().for_each(|holding| holding.stop.cancel());
        while !self.tasks.is_empty() {
            let renewal = self.renewed + self.renewal();
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                () = tokio::time::sleep_until(renewal) => self.renew().await,
            }
        }
    }

    async fn claim(&mut self, stop: &CancellationToken) -> Result<(), EngineError> {
        let room = AT_ONCE.saturating_sub(self.held.len());
        if room == 0 || self.context.in_hand.is_patient() || !self.context.knows_the_time() {
            return Ok(());
        }
        let sends = quietest(&self.relays).is_some();
        for lease in self.context.claim_notices(sends, room, &self.in_hand()).await? {
            let (context, relays, held) = (Arc::clone(&self.context), self.relays.clone(), lease.clone());
            let stop = stop.child_token();
            let stopping = stop.clone();
            let task = self.tasks.spawn(async move {
                let notice = held.notice;
                if let Err(error) = context.send_notice(held, &relays, &stopping).await {
                    tracing::error!(%notice, %error, "a notice has to wait for its lease to run out");
                }
            });
            self.held.insert(task.id(), Holding { lease, stop });
        }
        Ok(())
    }

    fn in_hand(&self) -> Vec<Uuid> {
        self.held.values().map(|holding| holding.lease.notice.0).collect()
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "sending a notice ended badly; it waits for its lease to run out");
                error.id()
            }
        };
        self.held.remove(&id);
    }

    fn renewal(&self) -> Duration {
        RENEW.min(self.context.settings.lease / 4)
    }

    /// Renews the leases; a notice that another engine has taken over is not begun any more.
    async fn renew(&mut self) {
        if self.held.is_empty() || self.renewed.elapsed() < self.renewal() {
            return;
        }
        // An answer that comes later than this is of no use: the leases have run out.
        let lease = self.context.settings.lease;
        let renewed = timeout(lease, self.context.renew_notices(&self.in_hand())).await;
        match renewed.unwrap_or_else(|_| Err(StoreError::Silent(lease).into())) {
            Ok(kept) => {
                for holding in self.held.values() {
                    if kept.notices.contains(&holding.lease.notice.0) {
                        holding.lease.until.extend(kept.until);
                    } else {
                        holding.stop.cancel();
                    }
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the leases of notices cannot be renewed");
                self.context.in_hand.cut_off();
            }
        }
        self.renewed = Instant::now();
    }
}

/// The relay through which a letter leaves soonest: of those that work, the one with the shortest queue.
fn quietest(relays: &Relays) -> Option<Arc<Route>> {
    let closed = relays.routes().filter(|route| route.outbox.status() == BreakerStatus::Closed);
    closed.min_by_key(|route| route.outbox.queued() + route.outbox.in_flight())
}
