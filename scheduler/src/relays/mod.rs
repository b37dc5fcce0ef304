//! The relays of an engine.
//!
//! | file | what all engines share about a relay |
//! | --- | --- |
//! | `shared` | its circuit breaker: who finds it away tells the others, and one of them probes |
//! | `rate` | its rate: tokens, taken in blocks |
//! | `limits` | what was found out about it: how fast it takes letters, how many connections it allows |
//!
//! Without PostgreSQL each engine's breakers work for themselves, and relays with a rate get nothing: the others may be
//! using it up.

mod limits;
mod rate;
mod shared;

use crate::send::marks::Clerk;
use crate::send::pace::Pace;
use crate::smtp::{Outbox, Relay};
use rate::SharedTokens;
use sqlx::PgPool;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The relays of an engine, each with its own connections. Cheap to clone; all clones are the same connections.
#[derive(Clone, Debug)]
pub struct Relays(Arc<[Arc<Route>]>);

/// The way to one relay.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) outbox: Outbox,
    /// There are others that could take its letters.
    pub(crate) replaceable: bool,
    /// How many letters are promised ahead of it.
    pub(crate) pace: Arc<Pace>,
    /// Who marks which of them have begun.
    pub(crate) clerk: Arc<Clerk>,
}

impl Relays {
    /// Starts their connections' tasks on the current tokio runtime. Their names differ.
    #[must_use]
    pub fn start(relays: impl IntoIterator<Item = Relay>, pool: &PgPool) -> Self {
        let relays: Vec<Relay> = relays.into_iter().collect();
        let replaceable = relays.len() > 1;
        let route = |relay: Relay| {
            let tokens = Arc::new(SharedTokens::new(pool.clone(), relay.name()));
            let pace = Arc::new(Pace::new(appetite(&relay)));
            let clerk = Clerk::start(&pace, pool.clone());
            Arc::new(Route { outbox: Outbox::start_with(relay, tokens), replaceable, pace, clerk })
        };
        Self(relays.into_iter().map(route).collect())
    }

    /// Their connections, for those who watch over them.
    pub fn outboxes(&self) -> impl Iterator<Item = &Outbox> {
        self.0.iter().map(|route| &route.outbox)
    }

    pub(crate) fn routes(&self) -> impl Iterator<Item = Arc<Route>> {
        self.0.iter().map(Arc::clone)
    }
}

impl Route {
    pub(crate) fn name(&self) -> &str {
        self.outbox.relay().name()
    }

    /// Shares its breaker with the other engines, as the engine `me`, until `stop` is cancelled.
    pub(crate) async fn share(self: Arc<Self>, pool: PgPool, me: Uuid, stop: CancellationToken) {
        shared::Sharing::new(&self.outbox, pool, me).run(&stop).await;
    }
}

/// How many letters a relay has in hand at once: as many as it has connections, and fewer if it takes less than that in two
/// seconds. What is promised and waits is in doubt after a crash.
fn appetite(relay: &Relay) -> usize {
    let Some(rate) = relay.rate() else { return relay.connections() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most twice a million")]
    let letters = (2.0 * rate.per_second()).ceil() as usize;
    letters.clamp(1, relay.connections())
}
