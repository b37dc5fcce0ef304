//! Rebuilding one projection, blue and green.
//!
//! Its tables are filled anew in a schema of their own, beside the live ones, which keep following the log and
//! being read meanwhile. At the end the new ones take the place of the old ones in one transaction. A rebuild that
//! was stopped goes on where it was: its checkpoint is saved with its rows.

use crate::checkpoint::migration;
use crate::reading::{Page, Reader};
use crate::{FoldError, Projection, folding};
use domain::RebuildId;
use domain::rebuild::{Command, Error, Rebuild as Recorded};
use eventstore::{Blame, EventStore, ExecuteError, Metadata, StoreError, limited};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use uuid::Uuid;

const PAGE: i64 = 1_000;

/// So much of an error is kept in the log, in characters.
const TOLD: usize = 200;

/// How long readers go first when they and the exchange of the tables stand in each other's way.
const GIVE_WAY: Duration = Duration::from_millis(50);

/// How long the exchange of the tables may be left alone before PostgreSQL gives it up. More than a page needs when the
/// machine is busy: a rebuild that was given up has to be begun again by somebody.
const SILENCE: Duration = Duration::from_secs(2);

/// How far a rebuild is.
#[derive(Clone, Copy, Debug)]
pub struct RebuildProgress {
    /// How many events have been folded so far.
    pub folded: i64,
    /// How many events there are to fold, as of now.
    pub total: i64,
}

/// Why a rebuild failed. The live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// An event could not be folded.
    #[error("the event at position {position} cannot be folded: {error}")]
    Event {
        /// The position in the log of the event that could not be folded.
        position: i64,
        /// Why the event could not be folded.
        error: FoldError,
    },
    /// Not all events of the log were read.
    #[error("{folded} events were folded, but the log has {total} up to position {position}; nothing was changed")]
    Incomplete {
        /// How many events were folded.
        folded: i64,
        /// How many events there are.
        total: i64,
        /// The position in the log up to which they are counted.
        position: i64,
    },
    /// The tables that were filled are not those that the database has now.
    #[error("the database was migrated while the projection was being rebuilt; nothing was changed, rebuild it again")]
    Migrated,
    /// Somebody else rebuilds the same projection right now.
    #[error("this projection is being rebuilt already")]
    Busy,
    /// The log did not take the event that tells of the rebuild. Nothing was changed.
    #[error("the rebuild cannot be recorded: {0}")]
    NotRecorded(ExecuteError<Error>),
    /// PostgreSQL did not answer, or refused.
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Fills the projection's tables anew and swaps them in. Tells how far it is after every page.
pub async fn rebuild(
    store: &EventStore,
    projection: Projection,
    metadata: &Metadata,
    progress: impl FnMut(RebuildProgress),
) -> Result<RebuildProgress, RebuildError> {
    let begun = Rebuild::begin(store, projection, metadata).await.map_err(not_recorded)?;
    begun.ok_or(RebuildError::Busy)?.run(progress).await
}

/// A rebuild that has begun: nobody else can rebuild the same projection before it has ended.
#[derive(Debug)]
pub struct Rebuild {
    /// The stream that tells of it.
    id: RebuildId,
    metadata: Metadata,
    projection: Projection,
    store: EventStore,
    /// Holds the lock, which goes with it.
    connection: PgConnection,
}

impl Rebuild {
    /// Makes the tables to fill, or finds those of a rebuild that was stopped, and records who asked for it. None: somebody
    /// else rebuilds the same projection right now.
    pub async fn begin(
        store: &EventStore,
        projection: Projection,
        metadata: &Metadata,
    ) -> Result<Option<Self>, ExecuteError<Error>> {
        let mut connection = store.pool().acquire().await?.detach();
        let lock = lock_of(projection);
        let free = sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtext($1), 1) as "free!""#, lock)
            .fetch_one(&mut connection)
            .await?;
        if !free {
            return Ok(None);
        }
        prepare(&mut connection, projection).await?;
        let id = RebuildId(Uuid::now_v7());
        let begin = Command::Begin { projection: projection.name().to_owned() };
        store.create::<Recorded>(id.0, begin, metadata).await?;
        Ok(Some(Self { id, metadata: metadata.clone(), projection, store: store.clone(), connection }))
    }

    /// Fills the tables and swaps them in. Tells how far it is after every page. What stops it is also written down, for
    /// those who only look at the projections.
    pub async fn run(mut self, progress: impl FnMut(RebuildProgress)) -> Result<RebuildProgress, RebuildError> {
        let filled = self.fill(progress).await;
        if let Err(error) = &filled {
            // Not over the rebuild's own connection, which may be what broke.
            let told = sqlx::query!(
                "update projections set error = $2, updated_at = now() where name = $1",
                checkpoint(self.projection),
                error.to_string(),
            )
            .execute(self.store.pool())
            .await;
            if let Err(error) = told {
                tracing::debug!(%error, "why a rebuild failed cannot be written down");
            }
        }
        let end = match &filled {
            Ok(done) => Command::Finish { events: u64::try_from(done.folded).unwrap_or(0) },
            // PostgreSQL may quote what it was given, and what is in the log stays there.
            Err(error) => Command::Fail { reason: error.to_string().chars().take(TOLD).collect() },
        };
        // The tables are what they are by now, whether that can be recorded or not.
        if let Err(error) = self.store.execute::<Recorded>(self.id.0, end, &self.metadata).await {
            tracing::warn!(projection = self.projection.name(), %error, "the end of a rebuild cannot be recorded");
        }
        // Whoever sees this rebuild ended can begin the next one, before PostgreSQL has noticed that the connection is closed.
        let unlocked = sqlx::query_scalar!(
            r#"select pg_advisory_unlock(hashtext($1), 1) as "unlocked!""#,
            lock_of(self.projection)
        );
        if let Err(error) = unlocked.fetch_one(&mut self.connection).await {
            tracing::debug!(%error, "a rebuild ends with its connection");
        }
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "the connection of a rebuild did not close well");
        }
        filled
    }

    async fn fill(&mut self, mut progress: impl FnMut(RebuildProgress)) -> Result<RebuildProgress, RebuildError> {
        let (connection, projection) = (&mut self.connection, self.projection);
        // Counted once: counting a large log takes about as long as folding a page of it.
        let total =
            sqlx::query_scalar!(r#"select count(*) as "total!" from events"#).fetch_one(&mut *connection).await?;
        loop {
            let more = fold_page(connection, projection).await?;
            let folded = folded(connection, &checkpoint(projection)).await?;
            progress(RebuildProgress { folded, total: total.max(folded) });
            if !more {
                break;
            }
        }
        swap(connection, projection).await?;
        let folded = folded(connection, projection.name()).await?;
        Ok(RebuildProgress { folded, total: folded })
    }
}

fn not_recorded(error: ExecuteError<Error>) -> RebuildError {
    match error {
        ExecuteError::Store(error) => error.into(),
        // A fresh id is nobody else's, and beginning is refused to nobody.
        other => RebuildError::NotRecorded(other),
    }
}

/// Held by whoever rebuilds a projection; `standing` looks whether it is.
fn lock_of(projection: Projection) -> String {
    format!("skymailing rebuild {}", projection.name())
}

fn schema(projection: Projection) -> String {
    format!("rebuild_{}", projection.name())
}

fn checkpoint(projection: Projection) -> String {
    format!("rebuild:{}", projection.name())
}

/// Makes the tables to fill, unless an earlier rebuild that was stopped left them, as they would be made now.
async fn prepare(connection: &mut PgConnection, projection: Projection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let schema = schema(projection);
    if stamp(&mut transaction, &schema).await? == Some(migration(&mut transaction).await?) {
        sqlx::query!("update projections set error = null where name = $1", checkpoint(projection))
            .execute(&mut *transaction)
            .await?;
    } else {
        // Names of schemas and tables cannot be bound; these are our own constants.
        sqlx::query(&format!("drop schema if exists {schema} cascade")).execute(&mut *transaction).await?;
        sqlx::query!("delete from projections where name = $1", checkpoint(projection))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(&format!("create schema {schema}")).execute(&mut *transaction).await?;
        let migration = migration(&mut transaction).await?;
        sqlx::query(&format!("comment on schema {schema} is '{migration}'")).execute(&mut *transaction).await?;
        for table in projection.tables() {
            let create = format!("create table {schema}.{table} (like public.{table} including all)");
            sqlx::query(&create).execute(&mut *transaction).await?;
        }
        sqlx::query!("insert into projections (name) values ($1)", checkpoint(projection))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The last migration when the tables to fill were made; they are stamped with it.
async fn stamp(connection: &mut PgConnection, schema: &str) -> Result<Option<i64>, sqlx::Error> {
    let stamp = sqlx::query_scalar!("select obj_description(to_regnamespace($1)::oid, 'pg_namespace')", schema);
    Ok(stamp.fetch_one(connection).await?.and_then(|stamp| stamp.parse().ok()))
}

/// Folds one page into the new tables. `false`: there was no more.
async fn fold_page(connection: &mut PgConnection, projection: Projection) -> Result<bool, RebuildError> {
    let settled = EventStore::settled(connection).await?;
    let mut transaction = connection.begin().await?;
    let more = fold_up_to(&mut transaction, projection, settled).await?;
    transaction.commit().await?;
    Ok(more)
}

async fn fold_up_to(
    transaction: &mut PgConnection,
    projection: Projection,
    settled: i64,
) -> Result<bool, RebuildError> {
    let from = sqlx::query_scalar!("select position from projections where name = $1", checkpoint(projection))
        .fetch_one(&mut *transaction)
        .await?;
    let rows = EventStore::page(transaction, from, settled, PAGE).await?;
    let page = Page::read(transaction, rows, &Reader::default())
        .await
        .map_err(|error| RebuildError::Event { position: from, error })?;
    let Some(last) = page.last() else { return Ok(false) };
    let concerning = page.events_for(projection);
    sqlx::query(&format!("set local search_path = {}, public", schema(projection))).execute(&mut *transaction).await?;
    if !concerning.is_empty() {
        match folding::fold_or_find(transaction, projection, &concerning).await {
            Ok(None) => {}
            Ok(Some((position, error))) => return Err(RebuildError::Event { position, error }),
            Err(error) => return Err(RebuildError::Event { position: concerning[0].position, error }),
        }
    }
    let count = page.len();
    // Nothing of this page is committed then.
    if let Some(broken) = page.into_broken_for(projection) {
        return Err(RebuildError::Event { position: broken.position, error: broken.error });
    }
    sqlx::query!(
        "update public.projections set position = $2, folded = folded + $3, updated_at = now() where name = $1",
        checkpoint(projection),
        last,
        i64::try_from(count).unwrap_or(i64::MAX),
    )
    .execute(&mut *transaction)
    .await?;
    Ok(true)
}

async fn folded(connection: &mut PgConnection, checkpoint: &str) -> Result<i64, RebuildError> {
    let folded = sqlx::query_scalar!("select folded from projections where name = $1", checkpoint);
    Ok(folded.fetch_one(connection).await?)
}

/// Takes all the tables from their readers at once. A reader of several tables may hold one and wait for another that
/// we hold, so we give way and try again, before PostgreSQL finds a deadlock (after a second) and ends one of us.
async fn lock(transaction: &mut PgConnection, projection: Projection) -> Result<(), RebuildError> {
    let tables: Vec<String> = projection.tables().iter().map(|table| format!("public.{table}")).collect();
    let lock = format!("lock table {} in access exclusive mode", tables.join(", "));
    sqlx::query("set local lock_timeout = '300ms'").execute(&mut *transaction).await?;
    loop {
        let mut savepoint = transaction.begin().await?;
        match sqlx::query(&lock).execute(&mut *savepoint).await {
            Ok(_) => {
                savepoint.commit().await?;
                return Ok(());
            }
            Err(error) if Blame::of(&error) == Blame::Locked => {
                savepoint.rollback().await?;
                tokio::time::sleep(GIVE_WAY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Folds the rest while the live projection stands still, counts, and puts the new tables in the place of the old ones.
async fn swap(connection: &mut PgConnection, projection: Projection) -> Result<(), RebuildError> {
    // All read models stand still until it ends, so PostgreSQL does not wait for long if this process stands still in it.
    let mut transaction = connection.begin_with(limited(SILENCE)).await?;
    // The projector skips checkpoints that are locked, so it waits for us; we wait for the page it is at.
    let live = sqlx::query_scalar!("select position from projections where name = $1 for update", projection.name())
        .fetch_one(&mut *transaction)
        .await?;
    let settled = EventStore::settled(&mut transaction).await?.max(live);
    while fold_up_to(&mut transaction, projection, settled).await? {}
    sqlx::query!("set local search_path = public").execute(&mut *transaction).await?;
    let row = sqlx::query!(
        r#"select p.position, p.folded, (select count(*) from events e where e.position <= p.position) as "total!"
             from projections p where name = $1"#,
        checkpoint(projection),
    )
    .fetch_one(&mut *transaction)
    .await?;
    if row.folded != row.total || row.position < live {
        return Err(RebuildError::Incomplete { folded: row.folded, total: row.total, position: row.position });
    }
    let schema = schema(projection);
    lock(&mut transaction, projection).await?;
    if stamp(&mut transaction, &schema).await? != Some(migration(&mut transaction).await?) {
        return Err(RebuildError::Migrated);
    }
    for table in projection.tables() {
        sqlx::query(&format!("drop table public.{table}")).execute(&mut *transaction).await?;
        sqlx::query(&format!("alter table {schema}.{table} set schema public")).execute(&mut *transaction).await?;
    }
    sqlx::query(&format!("drop schema {schema}")).execute(&mut *transaction).await?;
    sqlx::query!(
        "update projections set position = $2, folded = $3, error = null, updated_at = now() where name = $1",
        projection.name(),
        row.position,
        row.folded,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!("delete from projections where name = $1", checkpoint(projection)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
