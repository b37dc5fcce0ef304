//! How a rebuild begins: the connections that it has, the lock that it holds, and the event that tells of it.

use super::heritage::dependent;
use super::member::Member;
use super::tables::{lock_of, prepare, unlock};
use crate::Projection;
use crate::checkpoint::unknown_migration;
use domain::RebuildId;
use domain::rebuild::{Command, Error, Rebuild as Recorded};
use eventstore::{EventStore, ExecuteError, Metadata};
use sqlx::PgConnection;
use uuid::Uuid;

/// Why a rebuild has not begun. The live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// Somebody else rebuilds the same projection right now.
    #[error("this projection is being rebuilt already")]
    Busy,
    /// A newer program has migrated the database. This one does not know how to fill its tables.
    #[error(
        "the database has migration {migration}, which this program does not know: rebuild with the program's newest version"
    )]
    Outdated {
        /// The last one that it does not know.
        migration: i64,
    },
    /// Something depends on the tables, and would be lost with them.
    #[error("{what} depends on the tables that would be exchanged: drop it, rebuild, and make it again")]
    Obstructed {
        /// The first one, as PostgreSQL calls it, such as `view best_clients`.
        what: String,
    },
    /// The tables to fill cannot be made, or the log did not take the event that tells of the rebuild.
    #[error("the rebuild cannot be begun: {0}")]
    Failed(#[from] ExecuteError<Error>),
}

impl From<sqlx::Error> for NotBegun {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What ends statements and sessions that take long, where PostgreSQL has it: version 17 is the first that limits transactions.
const LIMITS: [&str; 4] = ["statement_timeout", "lock_timeout", "idle_session_timeout", "transaction_timeout"];

/// A connection of its own, whose statements take as long as they need. Those of requests end after seconds, and an operator may
/// have given such a limit to a role or a database; an index over a large address book takes minutes. Who says nothing in the
/// middle of a transaction is still cut off, and a request's connection still has one processor for a query.
pub(super) async fn detached(store: &EventStore) -> Result<PgConnection, sqlx::Error> {
    let mut connection = store.pool().acquire().await?.detach();
    let names = LIMITS.map(ToOwned::to_owned);
    sqlx::query_scalar!("select set_config(name, '0', false) from pg_settings where name = any($1)", &names)
        .fetch_all(&mut connection)
        .await?;
    Ok(connection)
}

/// A connection that fills tables, and holds the locks of whoever does.
pub(super) async fn connect(store: &EventStore) -> Result<PgConnection, sqlx::Error> {
    let mut connection = detached(store).await?;
    // A page that is lost is folded again, for its checkpoint is lost with it.
    sqlx::query("set synchronous_commit = off").execute(&mut connection).await?;
    Ok(connection)
}

/// Makes the tables to fill, or finds them, and records that. The connection holds the lock from then on.
pub(super) async fn begin(
    connection: &mut PgConnection,
    projection: Projection,
    store: &EventStore,
    metadata: &Metadata,
) -> Result<Member, NotBegun> {
    let free = sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtext($1), 1) as "free!""#, lock_of(projection));
    if !free.fetch_one(&mut *connection).await? {
        return Err(NotBegun::Busy);
    }
    let begun = begin_locked(connection, projection, store, metadata).await;
    if begun.is_err() {
        // Others go on over the same connection, which would keep the lock as long.
        unlock(connection, projection).await;
    }
    begun
}

async fn begin_locked(
    connection: &mut PgConnection,
    projection: Projection,
    store: &EventStore,
    metadata: &Metadata,
) -> Result<Member, NotBegun> {
    if let Some(migration) = unknown_migration(connection).await? {
        return Err(NotBegun::Outdated { migration });
    }
    if let Some(what) = dependent(connection, projection).await? {
        return Err(NotBegun::Obstructed { what });
    }
    let (position, folded) = prepare(connection, projection).await?;
    let id = RebuildId(Uuid::now_v7());
    let begin = Command::Begin { projection: projection.name().to_owned() };
    store.create::<Recorded>(id.0, begin, metadata).await?;
    Ok(Member { projection, id, position, folded })
}
