//! What resolvers, uploads and commands of the command line share.

use crate::audit::letter::Archive;
use crate::blog::Views;
use crate::intake::Ways;
use crate::senders::Senders;
use crate::who::passwords::Hashing;
use crate::{Health, Quotas};
use chrono::{DateTime, Utc};
use dkim::MasterKey;
use domain::letter::ReturnPaths;
use eventstore::{Clock, EventStore};
use projections::Reached;
use sqlx::PgPool;
use std::time::Duration;

/// How long an answer waits for the read models to show what was written, before it says that they are behind.
const READ_YOUR_OWN_WRITES: Duration = Duration::from_secs(5);

/// The way to the events, to the tables, and to the time.
#[derive(Clone, Debug)]
pub struct Services {
    /// The event store, to which commands go.
    pub store: EventStore,
    /// How far the read models are, to wait for them.
    pub reached: Reached,
    /// The clock that tells the present moment.
    pub clock: Clock,
    /// The counts of how often articles are read.
    pub views: Views,
    /// The line in which those wait for whom a password is hashed.
    pub hashing: Hashing,
    /// How much an account may have, and do at the same time.
    pub quotas: Quotas,
    /// Whether the service can do its work.
    pub health: Health,
    /// The right side of the `Message-ID`s of letters of runs that start. `None`: whoever freezes a run's audience says it,
    /// and no letter goes out before.
    pub message_id_domain: Option<String>,
    /// The key under which private keys of domains are sealed; `None` if nobody has set one.
    pub master_key: Option<MasterKey>,
    /// Who letters are from, and the way to what the name service says of it.
    pub senders: Senders,
    /// The way to letters that were sent; `None` if nobody has told it, and then none can be shown.
    pub letters: Option<Archive>,
    /// The addresses to which letters come back, and to which recipients write to leave; `None` if letters come back to their senders.
    pub returns: Option<ReturnPaths>,
    /// How it is with the ways on which others deliver to this process what comes back.
    pub ways: Ways,
}

impl Services {
    /// The database, for reading.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        self.store.pool()
    }

    /// The same services over other connections.
    #[must_use]
    pub fn through(&self, pool: PgPool) -> Self {
        Self { store: self.store.through(pool), ..self.clone() }
    }

    /// The present moment, as the services' clock tells it.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Waits until the read models show what was written at `position`; `false` if those that it concerns are behind for
    /// long, or have stopped.
    pub async fn shown(&self, position: i64) -> bool {
        self.reached.wait_for_event(self.pool(), position, READ_YOUR_OWN_WRITES).await
    }
}
