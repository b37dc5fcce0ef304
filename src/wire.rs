//! Wiring: settings to pool, to event store, to projections, to services and engine.

use crate::clock::{Rules, Timekeeper};
use crate::config::Config;
use crate::postgres;
use anyhow::Context as _;
use api::{Services, Views};
use eventstore::{Clock, EventStore};
use projections::Projector;
use scheduler::smtp::Relay;
use scheduler::{Engine, Relays, Settings};
use secrecy::ExposeSecret;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The database's shape; every process that connects applies what is missing, one at a time.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a request waits for a connection before it fails with a clear error.
const ACQUIRE: Duration = Duration::from_secs(3);

/// How long to wait between two looks for PostgreSQL.
const RETRY: Duration = Duration::from_secs(1);

/// How long a command waits for the read models before it says so.
const UNTOLD: Duration = Duration::from_secs(2);

/// How long a command that ends waits for its answers to be on their way.
const CLOSE: Duration = Duration::from_secs(5);

/// How long requests that have begun may take once the service is to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// A process's share of the service: its database, read models and way to the events. [`Node::close`] ends it.
pub struct Node {
    /// What requests and commands work with.
    pub services: Services,
    server: Option<postgres::Server>,
    tasks: Vec<JoinHandle<()>>,
}

/// This machine's clock. The one place that reads it; the service itself goes by PostgreSQL's, see [`crate::clock`].
#[must_use]
pub fn wall_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "the composition root owns the clock")]
    Clock::new(chrono::Utc::now)
}

impl Node {
    /// Connects to the database, starting the private PostgreSQL if there is no `DATABASE_URL`, migrates it, and
    /// keeps the read models. Waits for a PostgreSQL that is away, until `stop` is cancelled.
    pub async fn start(config: &Config, stop: &CancellationToken) -> anyhow::Result<Self> {
        let (url, server) = if let Some(url) = config.database_url.get() {
            (url.expose_secret().to_owned(), None)
        } else {
            let server = postgres::start(&config.private_postgres()).await?;
            (server.url().to_owned(), Some(server))
        };
        Self::connect(config, &url, server, stop).await
    }

    /// A node on a database of its own in the private PostgreSQL, whatever `DATABASE_URL` says: what it does must not
    /// touch anybody's real data.
    pub async fn start_apart(config: &Config, database: &str, stop: &CancellationToken) -> anyhow::Result<Self> {
        let server = postgres::start(&config.private_postgres()).await?;
        let options: PgConnectOptions = server.url().parse()?;
        let mut connection = PgConnection::connect_with(&options).await?;
        let exists = sqlx::query_scalar::<_, bool>("select exists (select from pg_database where datname = $1)")
            .bind(database)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            // A name cannot be bound; this one is our own constant.
            sqlx::query(&format!("create database {database}")).execute(&mut connection).await?;
        }
        connection.close().await?;
        let mut url = url::Url::parse(server.url())?;
        url.set_path(database);
        Self::connect(config, url.as_str(), Some(server), stop).await
    }

    async fn connect(
        config: &Config,
        url: &str,
        server: Option<postgres::Server>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| Box::pin(guard(connection)))
            .connect_lazy(url)
            .context("DATABASE_URL is wrong; example: DATABASE_URL=postgres://user:password@localhost/skymailing")?;
        tokio::select! {
            migrated = migrate(&pool) => migrated?,
            () = stop.cancelled() => anyhow::bail!("stopped while waiting for PostgreSQL"),
        }
        let rules = Rules::with_tolerance(config.clock_tolerance);
        let timekeeper = Timekeeper::start(pool.clone(), wall_clock(), rules).await;
        let mut node = Self::over(pool, timekeeper.clock(), server);
        node.tasks.push(tokio::spawn(timekeeper.keep()));
        Ok(node)
    }

    /// A node over a migrated database.
    #[must_use]
    pub fn over(pool: PgPool, clock: Clock, server: Option<postgres::Server>) -> Self {
        let store = EventStore::new(pool.clone());
        let (projector, reached) = Projector::new(store.clone());
        let wake = store.wake().clone();
        let views = Views::default();
        let tasks = vec![
            tokio::spawn(projector.run()),
            tokio::spawn(views.clone().keep(pool.clone())),
            tokio::spawn(async move { wake.relay(pool).await }),
        ];
        Self { services: Services { store, reached, clock, views }, server, tasks }
    }

    /// The delivery engine with its own connections to the relays of the settings. The links in its letters lead to
    /// `public_url`.
    pub fn engine(&self, config: &Config, public_url: Url) -> anyhow::Result<Engine> {
        let mut settings = Settings::new(config.mail_from.clone(), public_url);
        settings.lease = config.lease;
        settings.retry_pauses = config.retry_pauses.to_vec();
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
        let head = sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "head!" from events"#)
            .fetch_one(self.services.pool())
            .await?;
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
        let flushed = tokio::time::timeout(CLOSE, self.services.views.flush(self.services.pool())).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("the last views of articles could not be written");
        }
        let _ = tokio::time::timeout(CLOSE, self.services.pool().close()).await;
        if let Some(server) = self.server {
            server.stop().await?;
        }
        Ok(())
    }
}

/// A machine that vanishes in the middle of an append must not hold its lock, and with it all readers of the log, until
/// TCP gives up hours later.
async fn guard(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("set idle_in_transaction_session_timeout = '30s'").execute(connection).await?;
    Ok(())
}

/// Migrates, as soon as PostgreSQL is there.
async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    let mut said = false;
    loop {
        let error = match pool.acquire().await {
            Ok(_) => match MIGRATIONS.run(pool).await {
                Ok(()) => break,
                // It went away meanwhile. Each migration is a transaction, so the rest can follow later.
                Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) if is_away(&error) => {
                    error
                }
                Err(error) => return Err(error).context("the database cannot be migrated"),
            },
            Err(error) if is_away(&error) => error,
            Err(error) => return Err(error).context("PostgreSQL refuses the connection; check DATABASE_URL"),
        };
        if !std::mem::replace(&mut said, true) {
            tracing::warn!(%error, "PostgreSQL does not answer; waiting for it (see DATABASE_URL)");
        }
        tokio::time::sleep(RETRY).await;
    }
    if said {
        tracing::info!("PostgreSQL is there");
    }
    Ok(())
}

/// Whether waiting may help: nobody answers, or the server is starting or stopping (class 57) or full (53).
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["57", "53", "08"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// Serves HTTP until `stop` is cancelled, then finishes the requests that have begun, if they do not take long.
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    // Browsers open connections in advance and say nothing on them; nobody can wait for their end.
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = patience => Ok(()),
    }
}
