//! Wiring: settings to pools, to event store, to projections, to services and engine.

pub use projections::MIGRATIONS;

use crate::clock::{Rules, Timekeeper};
use crate::config::Config;
use crate::database::{self, Purpose, Shares, patiently};
use crate::serving::{self, Limits};
use crate::{master_key, postgres};
use acts::audit::letter::{Archive, SentLetter};
use acts::blog::Views;
use acts::intake::Ways;
use acts::refusal::{Fault, Refused};
use acts::senders::{Dns, Senders, Unopened, note_fingerprints, unopened};
use acts::who::Hashing;
use acts::{Health, Quotas, Services};
use api::Lanes;
use dkim::MasterKey;
use domain::letter::ReturnPaths;
use eventstore::{Clock, EventStore};
use projections::{LinkKeys, Projector, sealed_keys};
use scheduler::smtp::Relay;
use scheduler::{Engine, EngineError, Records, Relays, Settings};
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection, PgPool};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long a command waits for the read models before it says so.
const UNTOLD: Duration = Duration::from_secs(2);

/// How long a command that ends waits for its answers to be on their way.
const CLOSE: Duration = Duration::from_secs(5);

/// A process's share of the service: its database, read models and way to the events. [`Node::close`] ends it.
pub struct Node {
    /// What the engine and commands work with.
    pub services: Services,
    /// What requests work with.
    pub lanes: Lanes,
    /// What those work with who look on, such as the metrics.
    pub onlooker: Services,
    /// What comes in by mail is taken with these.
    pub intake: Services,
    pools: Vec<PgPool>,
    server: Option<postgres::Server>,
    tasks: Vec<JoinHandle<()>>,
}

/// What a process does with a node, which decides who gets how many connections.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// Where requests are answered, if they are.
    pub requests: Option<&'a Handle>,
    /// Whether letters are sent.
    pub engine: bool,
    /// Where what comes in by mail is taken, if it is.
    pub intake: Option<&'a Handle>,
    /// Whether the process stays, as a service does; a command ends.
    pub stays: bool,
}

impl Use<'_> {
    /// A command that does its work and ends.
    pub const COMMAND: Self = Self { requests: None, engine: true, intake: None, stays: false };
}

/// The connections of a process.
struct Pools {
    work: PgPool,
    read_models: PgPool,
    /// None if it is taken over the connections for work.
    intake: Option<PgPool>,
    lanes: Vec<PgPool>,
}

/// This machine's clock. The one place that reads it; the service itself goes by PostgreSQL's, see [`crate::clock`].
#[must_use]
pub fn wall_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "the composition root owns the clock")]
    Clock::new(chrono::Utc::now)
}

impl Node {
    /// A node for a command: see [`Node::start_for`].
    pub async fn start(config: &Config, stop: &CancellationToken) -> anyhow::Result<Self> {
        Self::start_for(config, Use::COMMAND, stop).await
    }

    /// Connects to the database, starting the private PostgreSQL if there is no `DATABASE_URL`, migrates it, and
    /// keeps the read models. Waits for a PostgreSQL that is away, until `stop` is cancelled.
    pub async fn start_for(config: &Config, what_for: Use<'_>, stop: &CancellationToken) -> anyhow::Result<Self> {
        let (url, server) = if let Some(url) = config.database_url.get() {
            (url.expose_secret().to_owned(), None)
        } else {
            let server = postgres::start(&config.private_postgres()).await?;
            (server.url().to_owned(), Some(server))
        };
        Self::connect(config, &url, server, what_for, stop).await
    }

    /// A node on a database of its own in the private PostgreSQL, whatever `DATABASE_URL` says: what it does must not
    /// touch anybody's real data.
    pub async fn start_apart(config: &Config, name: &str, stop: &CancellationToken) -> anyhow::Result<Self> {
        let server = postgres::start(&config.private_postgres()).await?;
        let options = database::options(server.url(), Purpose::Once)?;
        let mut connection = PgConnection::connect_with(&options).await?;
        let exists = sqlx::query_scalar::<_, bool>("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            // A name cannot be bound; this one is our own constant.
            sqlx::query(&format!("create database {name}")).execute(&mut connection).await?;
        }
        connection.close().await?;
        let mut url = Url::parse(server.url())?;
        url.set_path(name);
        Self::connect(config, url.as_str(), Some(server), Use::COMMAND, stop).await
    }

    async fn connect(
        config: &Config,
        url: &str,
        server: Option<postgres::Server>,
        what_for: Use<'_>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let (requests, intake) = (what_for.requests.is_some(), what_for.intake.is_some());
        let shares = Shares::of(config.database_connections, requests, what_for.engine, intake);
        let lanes = || database::lanes(url, config.request_statement_timeout, shares.lanes);
        let work = if what_for.stays { Purpose::Work } else { Purpose::Command };
        let pools = Pools {
            work: database::pool(url, work, shares.work)?,
            read_models: database::pool(url, Purpose::ReadModels, shares.read_models)?,
            intake: match what_for.intake {
                Some(intake) if shares.intake > 0 => {
                    let _inside = intake.enter();
                    Some(database::pool(url, Purpose::Intake, shares.intake)?)
                }
                Some(_) | None => None,
            },
            lanes: match what_for.requests {
                Some(requests) => {
                    // A pool keeps itself in order with a task, which belongs where its connections are used.
                    let _inside = requests.enter();
                    lanes()?
                }
                None => lanes()?,
            },
        };
        tokio::select! {
            migrated = database::migrate(&pools.work) => migrated?,
            () = stop.cancelled() => anyhow::bail!("stopped while waiting for PostgreSQL"),
        }
        let master_key = match (config.master_key.get(), &server) {
            (Some(key), _) => Some(key.clone()),
            (None, Some(_)) => {
                let sealed = patiently(async || sealed_keys::fingerprints(&pools.work).await);
                let sealed = tokio::select! {
                    sealed = sealed => sealed?,
                    () = stop.cancelled() => anyhow::bail!("stopped while waiting for PostgreSQL"),
                };
                Some(master_key::in_use(&config.data_dir, &sealed)?)
            }
            (None, None) => None,
        };
        // Whoever comes first makes the key of the links in letters, before anybody needs it.
        let asked = async {
            patiently(async || LinkKeys::default().newest(&pools.work).await.map(drop)).await?;
            if let Some(master_key) = &master_key {
                patiently(async || note_fingerprints(&pools.work, master_key).await).await?;
            }
            patiently(async || unopened(&pools.work, master_key.as_ref()).await).await
        };
        let closed = tokio::select! {
            closed = asked => closed?,
            () = stop.cancelled() => anyhow::bail!("stopped while waiting for PostgreSQL"),
        };
        let rules = Rules::with_tolerance(config.clock_tolerance);
        let timekeeper = Timekeeper::start(pools.work.clone(), wall_clock(), rules).await;
        let own = master_key.as_ref().map(MasterKey::fingerprint);
        for key in closed {
            let broken = key.is_broken(master_key.as_ref());
            let Unopened { domain, selector, under } = key;
            if broken {
                tracing::error!(domain, selector, "a key does not open: letters of the domain are not sent");
            } else {
                tracing::error!(
                    domain,
                    selector,
                    sealed_under = under,
                    fingerprint = own,
                    "a key is sealed under another MASTER_KEY than this process has: letters of the domain are left to other \
                     processes; give this one the same, and start it anew"
                );
            }
        }
        let mut node = Self::on(
            pools,
            timekeeper.clock(),
            server,
            Quotas::new(config.bounds()),
            Some(config.mail_from.domain()),
            master_key,
            config.senders(),
            Some(letters(Settings {
                returns: config.returns.paths(),
                ..Settings::new(config.mail_from.clone(), config.public_url())
            })),
            config.returns.paths(),
        );
        node.tasks.push(tokio::spawn(timekeeper.keep()));
        // Whoever is asked needs them, and has the time: a command ends before they are made.
        if what_for.requests.is_some() {
            node.tasks.push(tokio::spawn(projections::clients::keep_indexes(node.services.pool().clone())));
        }
        Ok(node)
    }

    /// A node over a migrated database, with the same connections for everything.
    #[must_use]
    pub fn over(pool: PgPool, clock: Clock, server: Option<postgres::Server>) -> Self {
        let pools = Pools { work: pool.clone(), read_models: pool, intake: None, lanes: Vec::new() };
        Self::on(pools, clock, server, Quotas::default(), None, None, Senders::default(), None, None)
    }

    #[expect(clippy::too_many_arguments, reason = "each is another part of a node, which is put together here alone")]
    fn on(
        Pools { work, read_models, intake, lanes }: Pools,
        clock: Clock,
        server: Option<postgres::Server>,
        quotas: Quotas,
        message_id_domain: Option<String>,
        master_key: Option<MasterKey>,
        senders: Senders,
        letters: Option<Archive>,
        returns: Option<ReturnPaths>,
    ) -> Self {
        let pools = [&work, &read_models].into_iter().chain(&intake).chain(&lanes).cloned().collect();
        let store = EventStore::new(work);
        let (projector, reached) = Projector::new(store.through(read_models.clone()));
        let (health, watching) = Health::watch(read_models.connect_options().as_ref().clone(), reached.clone());
        let (wake, views, ways) = (store.wake().clone(), Views::default(), Ways::default());
        let hashing = Hashing::default();
        let services = Services {
            store,
            reached,
            clock,
            views: views.clone(),
            health,
            hashing,
            quotas,
            message_id_domain,
            master_key,
            senders,
            letters,
            returns,
            ways: ways.clone(),
        };
        let onlooker = services.through(read_models.clone());
        let intake = intake.map_or_else(|| services.clone(), |pool| services.through(pool));
        let mut tasks = vec![
            tokio::spawn(projector.run()),
            tokio::spawn(views.keep(read_models.clone())),
            tokio::spawn(ways.keep(read_models.clone())),
            tokio::spawn(async move { wake.relay(read_models).await }),
            tokio::spawn(watching),
        ];
        tasks.extend(server.as_ref().map(|server| tokio::spawn(server.keep_alive())));
        let mut lanes = lanes.into_iter().map(|pool| services.through(pool));
        let lanes = match lanes.next() {
            Some(first) => Lanes::new(first, lanes),
            None => services.clone().into(),
        };
        Self { services, lanes, onlooker, intake, pools, server, tasks }
    }

    /// The delivery engine with its own connections to the relays of the settings. The links in its letters lead to
    /// `public_url`.
    pub fn engine(&self, config: &Config, public_url: Url) -> anyhow::Result<Engine> {
        let mut settings = Settings::new(config.mail_from.clone(), public_url);
        settings.lease = config.lease;
        settings.drain = config.shutdown_timeout;
        settings.retry_pauses = config.retry_pauses.to_vec();
        settings.master_key.clone_from(&self.services.master_key);
        settings.transactional = config.bounds().transactional;
        settings.returns = config.returns.paths();
        settings.guard = config.returns.guard();
        settings.soft_bounces = config.returns.soft_bounces;
        settings.soft_bounces_within = config.returns.soft_bounces_within;
        let senders = &self.services.senders;
        settings.records = senders.required.then(|| records(senders.dns.clone()));
        Ok(self.engine_with(config.relays()?, settings))
    }

    /// The delivery engine with its own connections to these relays.
    #[must_use]
    pub fn engine_with(&self, relays: impl IntoIterator<Item = Relay>, settings: Settings) -> Engine {
        let Services { store, reached, clock, .. } = self.services.clone();
        let relays = Relays::start(relays, store.pool());
        Engine::new(store, reached, clock, relays, settings)
    }

    /// Waits until the read models show all that the log holds now, for commands that look something up before they
    /// act: the process before may have ended before its events were projected.
    pub async fn caught_up(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let head = EventStore::head(self.services.pool()).await?;
        let catching_up = async {
            let reached = &self.services.reached;
            if !reached.wait_for(head, UNTOLD).await {
                tracing::info!("the read models catch up with the log");
                reached.wait_for(head, Duration::MAX).await;
            }
        };
        tokio::select! {
            () = catching_up => Ok(()),
            () = stop.cancelled() => anyhow::bail!("stopped while the read models caught up with the log"),
        }
    }

    /// Stops following the log and, if this process is the last one that uses it, the private PostgreSQL.
    pub async fn close(self) -> anyhow::Result<()> {
        for task in &self.tasks {
            task.abort();
        }
        for task in self.tasks {
            let _ = task.await;
        }
        // What this process said of the ways on which others delivered to it is of no interest any more.
        let (views, ways, pool) = (&self.services.views, &self.services.ways, self.onlooker.pool());
        let last = async { tokio::join!(views.flush(pool), ways.leave(pool)) };
        if !matches!(tokio::time::timeout(CLOSE, last).await, Ok((Ok(()), _))) {
            tracing::warn!("the last views of articles could not be written");
        }
        let closing = futures::future::join_all(self.pools.iter().map(PgPool::close));
        let _ = tokio::time::timeout(CLOSE, closing).await;
        if let Some(server) = self.server {
            server.stop().await?;
        }
        Ok(())
    }
}

/// The letters of runs as an engine with these settings writes them, for whoever asks afterwards.
#[must_use]
pub fn letters(settings: Settings) -> Archive {
    let settings = Arc::new(settings);
    Archive::new(move |pool, run, ordinal| {
        let settings = Arc::clone(&settings);
        async move {
            let letter = scheduler::sent_letter(&pool, &settings, run, ordinal).await.map_err(refused)?;
            Ok(letter.map(|letter| {
                let scheduler::SentLetter { subject, text, html, headers } = letter;
                SentLetter { subject, text, html, headers }
            }))
        }
    })
}

fn refused(error: EngineError) -> Refused {
    match error {
        EngineError::Database(error) => error.into(),
        EngineError::Store(error) => error.into(),
        EngineError::Unreadable(error) => error.into(),
        error => Fault::Letter(error.to_string()).into(),
    }
}

/// What the name service says, for an engine that does not wait for it.
#[must_use]
pub fn records(dns: Dns) -> Records {
    Records::new(move |sender| dns.known(sender))
}

/// Serves HTTP with the usual limits, see [`serving::serve`].
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    serving::serve(listener, router, Limits::default(), stop).await
}
