//! The checkpoints: how far each projection is, and whether it has stopped.

use crate::Projection;
use eventstore::{EventStore, StoreError};
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};

/// The database's shape; every process that connects applies what is missing, one at a time.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How far a projection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) projection: Projection,
    /// The last event it shows.
    pub(crate) position: i64,
    /// Why it stopped at the next event that concerns it, if it did.
    pub(crate) error: Option<String>,
}

/// A glance at the read models and the log, without holding anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glance {
    /// Up to where the log can be read.
    pub(crate) settled: i64,
    /// The last event there is. Positions that were drawn and not used may lie behind it.
    pub(crate) last: i64,
    /// The database's last migration.
    pub(crate) migration: i64,
    pub(crate) checkpoints: Vec<Checkpoint>,
}

impl Glance {
    pub(crate) async fn take(pool: &PgPool) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await?;
        let settled = EventStore::settled(&mut connection).await?;
        let migration = migration(&mut connection).await?;
        let rows = sqlx::query!(
            r#"select name, position, error, (select coalesce(max(position), 0) from events) as "last!"
                 from projections order by name"#
        )
        .fetch_all(&mut *connection)
        .await?;
        let last = rows.first().map_or(0, |row| row.last);
        let checkpoints = rows.into_iter().filter_map(|row| Checkpoint::of(&row.name, row.position, row.error));
        Ok(Self { settled, last, migration, checkpoints: checkpoints.collect() })
    }
}

impl Checkpoint {
    /// None for a rebuild, and for a projection that only a newer program knows.
    fn of(name: &str, position: i64, error: Option<String>) -> Option<Self> {
        Some(Self { projection: Projection::from_name(name)?, position, error })
    }

    /// Locks all of them, which makes this process the leader for as long as the transaction lasts. None: another one leads.
    pub(crate) async fn lock(transaction: &mut PgConnection) -> Result<Option<Vec<Self>>, sqlx::Error> {
        let names = Projection::ALL.map(|projection| projection.name().to_owned());
        let rows = sqlx::query!(
            "select name, position, error from projections where name = any($1) order by name for update skip locked",
            &names,
        )
        .fetch_all(transaction)
        .await?;
        let all = rows.len() == names.len();
        let checkpoints = rows.into_iter().filter_map(|row| Self::of(&row.name, row.position, row.error));
        Ok(all.then(|| checkpoints.collect()))
    }

    /// Writes where they are, and how many events each has folded on its way there.
    pub(crate) async fn save(moved: &[(Self, usize)], transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
        let names: Vec<String> = moved.iter().map(|(it, _)| it.projection.name().to_owned()).collect();
        let positions: Vec<i64> = moved.iter().map(|(it, _)| it.position).collect();
        let errors: Vec<Option<String>> = moved.iter().map(|(it, _)| it.error.clone()).collect();
        let folded: Vec<i64> = moved.iter().map(|(_, folded)| i64::try_from(*folded).unwrap_or(i64::MAX)).collect();
        sqlx::query!(
            "update projections p
                set position = moved.position, error = moved.error, folded = p.folded + moved.folded, updated_at = now()
               from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) as moved (name, position, error, folded)
              where p.name = moved.name",
            &names,
            &positions,
            &errors as &[Option<String>],
            &folded,
        )
        .execute(transaction)
        .await?;
        Ok(())
    }
}

/// The database's last migration, which tells what the tables look like, and how new the newest program is that has
/// written to them.
pub(crate) async fn migration(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    // Not checked at compile time: sqlx's own table is in no migration.
    let version = "select coalesce(max(version), 0) from _sqlx_migrations where success";
    sqlx::query_scalar(version).fetch_one(connection).await
}

/// The last migration of the database that this program does not know, if there is one: a newer program has applied it.
pub(crate) async fn unknown_migration(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
    // Not checked at compile time either.
    let unknown = "select max(version) from _sqlx_migrations where success and version <> all($1)";
    sqlx::query_scalar(unknown).bind(known).fetch_one(connection).await
}
