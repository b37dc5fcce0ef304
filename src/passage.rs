//! The way to the events for a command that a mail server starts for each message that comes in.
//!
//! Many of them may run at a time, beside the service or without it. So it has two connections at the most, keeps no read models, and
//! changes nothing that whoever runs the service looks after: it makes no private PostgreSQL, and applies no migration. It does not
//! wait for a PostgreSQL that is away either, since the mail server comes again.

use crate::clock::{Rules, Timekeeper};
use crate::config::Config;
use crate::database::{self, Purpose};
use crate::postgres;
use crate::wire::wall_clock;
use acts::blog::Views;
use acts::intake::Ways;
use acts::senders::Senders;
use acts::who::Hashing;
use acts::{Health, Quotas, Services};
use anyhow::{Context as _, ensure};
use eventstore::EventStore;
use projections::Projector;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use std::time::Duration;

/// One for what is written, and one to spare.
const CONNECTIONS: u32 = 2;

/// How long its connections may take to be closed.
const CLOSE: Duration = Duration::from_secs(5);

/// The way to the events. [`Passage::close`] ends it.
pub(crate) struct Passage {
    /// What the command works with.
    pub(crate) services: Services,
    pool: PgPool,
    server: Option<postgres::Server>,
}

impl Passage {
    /// Connects to the database, which has to be there and as this version needs it. The private PostgreSQL is started for the while if
    /// nobody else uses it.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let (url, server) = if let Some(url) = config.database_url.get() {
            (url.expose_secret().to_owned(), None)
        } else {
            let options = config.private_postgres();
            ensure!(
                options.has_cluster(),
                "there is no database yet in {}; set DATABASE_URL or DATA_DIR, or start the service once",
                config.data_dir.display()
            );
            let server = postgres::start(&options).await?;
            (server.url().to_owned(), Some(server))
        };
        let pool = database::pool(&url, Purpose::Once, CONNECTIONS)?;
        let is_migrated =
            database::is_migrated(&pool).await.context("the database cannot be used; see DATABASE_URL")?;
        ensure!(is_migrated, "the database has not all migrations yet; start the service, which applies them");
        let rules = Rules::with_tolerance(config.clock_tolerance);
        let clock = Timekeeper::start(pool.clone(), wall_clock(), rules).await.clock();
        let store = EventStore::new(pool.clone());
        // Neither is at work here: nobody asks how far the read models are, or how the service is.
        let (_, reached) = Projector::new(store.clone());
        let (health, _) = Health::watch(pool.connect_options().as_ref().clone(), reached.clone());
        let services = Services {
            store,
            reached,
            clock,
            views: Views::default(),
            hashing: Hashing::default(),
            quotas: Quotas::new(config.bounds()),
            health,
            message_id_domain: None,
            master_key: None,
            senders: Senders::default(),
            letters: None,
            returns: config.returns.paths(),
            // Nobody delivers to a program that a mail server has started for one message.
            ways: Ways::default(),
        };
        Ok(Self { services, pool, server })
    }

    /// Takes leave of PostgreSQL, and stops the private one if nobody else uses it. What was written stays written, however that ends.
    pub(crate) async fn close(self) {
        let _ = tokio::time::timeout(CLOSE, self.pool.close()).await;
        if let Some(server) = self.server
            && let Err(error) = server.stop().await
        {
            tracing::warn!(%error, "the private PostgreSQL does not stop");
        }
    }
}
