//! Connections to PostgreSQL: how each is set up, and who may use how many.
//!
//! ```text
//! DATABASE_CONNECTIONS = health 1 + read models 3 + intake 2 + lanes of 2 for requests + the rest for the delivery engine
//! ```
//!
//! The shares are apart, so that requests that wait for connections, or keep them with long statements, take none from
//! who sends letters, keeps the read models, or tells how the process is. So it is with what comes in by mail, where that is taken.

use anyhow::Context as _;
use domain::EmailAddress;
use eventstore::{Blame, EventStore, StoreError};
use projections::MIGRATIONS;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a request waits for a connection before it fails with a clear error.
const ACQUIRE: Duration = Duration::from_secs(3);

/// After so long a connection is asked whether it is still there, before somebody uses it.
const IDLE: Duration = Duration::from_secs(1);

/// How many prepared statements a connection keeps. The service has several hundred different ones, of which sqlx would keep a hundred for
/// each connection; whoever has one more in turn than are kept has all of them parsed and planned again and again.
pub const STATEMENTS: usize = 400;

/// How long to wait between two looks for PostgreSQL.
const RETRY: Duration = Duration::from_secs(1);

/// The fold, hearing of other processes' events, and whatever lasts a moment: telling of events, metrics, views.
const READ_MODELS: u32 = 3;

/// The one that the health check opens for itself.
const HEALTH: u32 = 1;

/// A request works over few connections, however much it asks for, and its neighbours have others.
const LANE: u32 = 2;

/// What comes in by mail: thousands of reports may come at once, when a mailing goes to old addresses.
const INTAKE: u32 = 2;

/// How long a statement of what comes in by mail may take. Whoever sent the message comes again.
const INTAKE_STATEMENT: Duration = Duration::from_secs(30);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The delivery engine of a service: planning, leasing, recording.
    Work,
    /// Whatever a command does, which ends.
    Command,
    /// Following the log.
    ReadModels,
    /// Requests, with the longest that a statement of theirs may take. It counts waiting for locks.
    Requests(Duration),
    /// Taking in what comes by mail.
    Intake,
    /// Looking, making, asking: a connection for a moment.
    Once,
}

impl Purpose {
    /// As an operator sees it in `pg_stat_activity`.
    fn name(self) -> &'static str {
        match self {
            Self::Work | Self::Command => "skymailing work",
            Self::ReadModels => "skymailing read models",
            Self::Requests(_) => "skymailing requests",
            Self::Intake => "skymailing intake",
            Self::Once => "skymailing",
        }
    }

    /// The longest that a statement may take, for those that strangers can cause.
    fn limit(self) -> Option<Duration> {
        match self {
            Self::Requests(limit) => Some(limit),
            Self::Intake => Some(INTAKE_STATEMENT),
            Self::Work | Self::Command | Self::ReadModels | Self::Once => None,
        }
    }

    /// What PostgreSQL is told when the connection is opened.
    fn settings(self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            // Our statements are short, and their cost is overestimated: compiling one took 310 ms of a run's 322.
            ("jit", "off".to_owned()),
            // A machine that vanishes in the middle of an append must not hold its lock, and with it all readers of the log,
            // until TCP gives up hours later.
            ("idle_in_transaction_session_timeout", "30s".to_owned()),
        ];
        if self == Self::Work {
            // The engine asks the same few things thousands of times, each by keys and in an order that no estimate changes: making a
            // plan for each time took a third of what PostgreSQL did for a run. What depends on how many there are says so itself.
            settings.push(("plan_cache_mode", "force_generic_plan".to_owned()));
            // A plan may be made while a table is empty, and is kept while it grows.
            settings.push(("enable_seqscan", "off".to_owned()));
        }
        if let Some(limit) = self.limit() {
            settings.push(("statement_timeout", format!("{}ms", limit.as_millis())));
        }
        if self == Self::Work || self.limit().is_some() {
            // A search that looks through everything takes one processor and not all of them; and a small table that has to be read
            // as a whole would seem to be worth several, where that is off.
            settings.push(("max_parallel_workers_per_gather", "0".to_owned()));
        }
        settings
    }
}

/// How to connect. Every connection of the program is opened with these.
pub fn options(url: &str, purpose: Purpose) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name(purpose.name()),
    };
    Ok(options.options(purpose.settings()).statement_cache_capacity(STATEMENTS))
}

/// Who gets how many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    pub(crate) work: u32,
    pub(crate) read_models: u32,
    /// None where no mail is taken, and where there are so few connections that it has to be taken over those for work.
    pub(crate) intake: u32,
    /// Each has two.
    pub(crate) lanes: u32,
}

impl Shares {
    /// Of a process that may open so many connections. Half of what is left by the read models and the intake is for requests if
    /// it answers any and sends letters too, nearly all if it does nothing else.
    pub(crate) fn of(connections: u32, requests: bool, engine: bool, intake: bool) -> Self {
        let rest = connections.saturating_sub(READ_MODELS + HEALTH).max(2 * LANE);
        let intake = if intake && rest >= 2 * LANE + INTAKE { INTAKE } else { 0 };
        let rest = rest - intake;
        let lanes = match (requests, engine) {
            (false, _) => 0,
            (true, true) => (rest / 2 / LANE).max(1),
            (true, false) => (rest / LANE - 1).max(1),
        };
        Self { work: rest - lanes * LANE, read_models: READ_MODELS, intake, lanes }
    }
}

/// A pool; its connections are opened when they are needed, by whoever needs them.
pub(crate) fn pool(url: &str, purpose: Purpose, connections: u32) -> anyhow::Result<PgPool> {
    let options = options(url, purpose)
        .context("DATABASE_URL is wrong; example: DATABASE_URL=postgres://user:password@localhost/skymailing")?;
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
    Ok(asked_when_idle(pool).connect_lazy_with(options))
}

/// A pool that asks a connection whether it is still there only after it was idle for a while. sqlx asks each time when somebody gives a
/// connection back, and by default each time when somebody takes one, too: a third of all round trips for whoever has one statement.
#[must_use]
pub fn asked_when_idle(pool: PgPoolOptions) -> PgPoolOptions {
    pool.test_before_acquire(false).before_acquire(|connection, told| {
        Box::pin(async move {
            if told.idle_for < IDLE {
                return Ok(true);
            }
            // What is gone is replaced by a new one.
            Ok(connection.ping().await.is_ok())
        })
    })
}

/// The pools for requests, each with few connections.
pub(crate) fn lanes(url: &str, statement_timeout: Duration, lanes: u32) -> anyhow::Result<Vec<PgPool>> {
    (0..lanes).map(|_| pool(url, Purpose::Requests(statement_timeout), LANE)).collect()
}

/// Migrates, as soon as PostgreSQL is there.
pub(crate) async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    let mut said = false;
    loop {
        let error = match pool.acquire().await {
            Ok(_) => match migrate_once(pool).await {
                Ok(()) => break,
                // It went away meanwhile. Each migration is a transaction, so the rest can follow later.
                Err(error) if is_worth_waiting(error.blame()) => error,
                Err(error) => return Err(error).context("the database cannot be migrated"),
            },
            Err(error) if is_worth_waiting(Blame::of(&error)) => StoreError::from(error).into(),
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

/// Asks what has to be known at the start, once more for as long as PostgreSQL goes away meanwhile: a process that begins while it
/// crashes waits for it, as it did before it migrated.
pub(crate) async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
    let mut said = false;
    loop {
        match ask().await {
            Err(error) if is_worth_waiting(Blame::of(&error)) => {
                if !std::mem::replace(&mut said, true) {
                    tracing::warn!(%error, "PostgreSQL went away at the start; waiting for it");
                }
                tokio::time::sleep(RETRY).await;
            }
            answered => return answered,
        }
    }
}

/// Whether all migrations of this version are applied. Nothing is changed.
pub(crate) async fn is_migrated(pool: &PgPool) -> Result<bool, sqlx::Error> {
    // The table is sqlx's own, so it is not there when our queries are checked.
    let applied = sqlx::query_scalar::<_, i64>("select version from _sqlx_migrations where success");
    let applied: BTreeSet<i64> = applied.fetch_all(pool).await?.into_iter().collect();
    Ok(MIGRATIONS.iter().all(|one| applied.contains(&one.version)))
}

/// The migrations, and what SQL cannot do of them.
async fn migrate_once(pool: &PgPool) -> Result<(), Unmigrated> {
    MIGRATIONS.run(pool).await?;
    Ok(respell_addresses(pool).await?)
}

/// Why the database is not as this version needs it.
#[derive(Debug, thiserror::Error)]
enum Unmigrated {
    #[error(transparent)]
    Migrations(#[from] MigrateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Unmigrated {
    fn blame(&self) -> Blame {
        match self {
            Self::Migrations(error) => Blame::of_migration(error),
            Self::Store(error) => error.blame(),
        }
    }
}

/// Whether the next attempt may find another database. Whoever does not speak as PostgreSQL does when we start is none: the
/// address is wrong, or the settings.
fn is_worth_waiting(blame: Blame) -> bool {
    blame.may_pass() && blame != Blame::Garbled
}

/// Gives what is compared of addresses the spelling that it has by now.
async fn respell_addresses(pool: &PgPool) -> Result<(), StoreError> {
    let respelled = EventStore::new(pool.clone()).respell_addresses(todays_spelling).await?;
    if respelled.moved > 0 {
        tracing::info!(addresses = respelled.moved, "addresses are compared by their mailboxes from now on");
    }
    if respelled.doubles > 0 {
        tracing::warn!(
            addresses = respelled.doubles,
            "some clients or accounts have the same mailbox as another one, spelled otherwise; each mailbox gets one letter"
        );
    }
    projections::mailboxes::respell(pool).await?;
    projections::mailboxes::fill_in_search(pool).await?;
    Ok(())
}

/// An address as it is compared, from the form in which it was or is.
pub(crate) fn todays_spelling(address: &str) -> String {
    EmailAddress::taken(address).key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_without_a_connection_and_all_together_are_as_many_as_allowed() {
        for connections in [8, 9, 10, 16, 17, 100, 1_000] {
            for (requests, engine) in [(true, true), (true, false), (false, true), (false, false)] {
                for intake in [true, false] {
                    let shares = Shares::of(connections, requests, engine, intake);

                    let told = format!("{connections} {requests} {engine} {intake}: {shares:?}");
                    let all = shares.work + shares.read_models + shares.intake + shares.lanes * LANE + HEALTH;
                    assert_eq!(all, connections, "{told}");
                    assert!(shares.work >= 2, "{told}");
                    assert_eq!(shares.lanes > 0, requests, "{told}");
                    assert_eq!(shares.intake > 0, intake && connections >= 10, "{told}");
                }
            }
        }
        assert_eq!(Shares::of(16, true, true, false), Shares { work: 6, read_models: 3, intake: 0, lanes: 3 });
        assert_eq!(Shares::of(16, true, true, true), Shares { work: 6, read_models: 3, intake: 2, lanes: 2 });
    }

    #[tokio::test]
    async fn who_asks_at_the_start_gets_over_postgresql_being_away_and_not_over_being_wrong() {
        let mut asked = 0;
        let answer = patiently(async || {
            asked += 1;
            let away = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            if asked == 1 { Err(sqlx::Error::Io(away)) } else { Ok(asked) }
        });
        assert_eq!(answer.await.expect("it is there again"), 2);

        let mut asked = 0;
        let wrong = patiently(async || {
            asked += 1;
            Err::<(), _>(sqlx::Error::RowNotFound)
        });
        assert!(wrong.await.is_err());
        assert_eq!(asked, 1);
    }

    #[test]
    fn only_statements_that_strangers_can_cause_have_limits_and_none_are_compiled() {
        for (purpose, expected) in [
            (Purpose::Work, None),
            (Purpose::Command, None),
            (Purpose::ReadModels, None),
            (Purpose::Requests(Duration::from_millis(1500)), Some("1500ms")),
            (Purpose::Intake, Some("30000ms")),
            (Purpose::Once, None),
        ] {
            let settings = purpose.settings();
            assert!(settings.contains(&("jit", "off".to_owned())), "{purpose:?}");
            let limit = settings.iter().find(|(name, _)| *name == "statement_timeout").map(|(_, limit)| limit.as_str());
            assert_eq!(limit, expected, "{purpose:?}");
            let alone = settings.contains(&("max_parallel_workers_per_gather", "0".to_owned()));
            assert_eq!(alone, expected.is_some() || purpose == Purpose::Work, "{purpose:?}");
            let planned_once = settings.contains(&("plan_cache_mode", "force_generic_plan".to_owned()));
            let by_keys = settings.contains(&("enable_seqscan", "off".to_owned()));
            assert_eq!((planned_once, by_keys), (purpose == Purpose::Work, purpose == Purpose::Work), "{purpose:?}");
        }
        let own = options("postgres://ann@db/mail?application_name=ours", Purpose::Work).unwrap();
        assert_eq!(own.get_application_name(), Some("ours"));
        assert!(options("postgres://ann@db/mail", Purpose::Once).unwrap().get_options().unwrap().contains("jit=off"));
    }
}
