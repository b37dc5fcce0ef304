//! What all parts of the engine share.

use crate::company::Errands;
use crate::held::InHand;
use crate::plan::overtaken::Overtaken;
use crate::plan::stuck::Stuck;
use crate::plan::turns::Turns;
use crate::send::alarms::Alarms;
use crate::send::letters::Letters;
use crate::send::untold::Untold;
use crate::settings::Settings;
use crate::told::Told;
use domain::Actor;
use eventstore::{Clock, EventStore, Metadata};
use projections::Reached;
use projections::suppressions::sieve::Sieve;
use sqlx::PgPool;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// How long a step waits for the read models to show what it wrote, before the next one may look at older rows.
const SHOWN: Duration = Duration::from_secs(10);

/// The way to the events, to the tables and to the time. Each step of a letter's way is a file of its own
/// that adds its methods here.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: EventStore,
    pub(crate) reached: Reached,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) letters: Arc<Letters>,
    pub(crate) errands: Errands,
    pub(crate) alarms: Alarms,
    /// Names this engine in its leases.
    pub(crate) worker: Uuid,
    pub(crate) in_hand: InHand,
    pub(crate) stuck: Stuck,
    pub(crate) overtaken: Overtaken,
    /// The turns of those who plan the first pages of large audiences.
    pub(crate) first_pages: Turns,
    /// The turns of those who plan all other pages.
    pub(crate) pages: Turns,
    /// What those who freeze large audiences know of who is suppressed.
    pub(crate) sieve: Sieve,
    pub(crate) told: Told,
    pub(crate) untold: Untold,
    /// Whether the log has been told that the time is in doubt.
    pub(crate) doubted: AtomicBool,
}

impl Context {
    pub(crate) fn pool(&self) -> &PgPool {
        self.store.pool()
    }

    /// For events that the engine causes by itself.
    #[expect(clippy::unused_self, reason = "who acts is the engine's to say")]
    pub(crate) fn metadata(&self) -> Metadata {
        Metadata::new(Actor::System("scheduler".to_owned()), Uuid::new_v4())
    }

    /// Whether what depends on the time may be done: starting, completing, giving up. Says once when it may not, and once
    /// when it may again.
    pub(crate) fn knows_the_time(&self) -> bool {
        let doubt = self.clock.doubt();
        match (&doubt, self.doubted.swap(doubt.is_some(), Ordering::Relaxed)) {
            (Some(why), false) => tracing::warn!(why, "nothing is started, completed or given up for now"),
            (None, true) => tracing::info!("the time is known again"),
            _ => {}
        }
        doubt.is_none()
    }

    /// Waits until the read models show `position`, so that the next look at them does not repeat a step. `false`: they
    /// do not.
    pub(crate) async fn shown(&self, position: i64) -> bool {
        let shown = self.reached.wait_for_event(self.pool(), position, SHOWN).await;
        if !shown {
            tracing::warn!(position, reached = self.reached.position(), "the read models are behind");
        }
        shown
    }
}
