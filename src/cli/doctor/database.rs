//! PostgreSQL itself: whether it answers, its version, its migrations and its clock.

use super::finding::{Finding, fine, problem};
use crate::config::Config;
use crate::database::{self, Purpose};
use crate::wire::{MIGRATIONS, wall_clock};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long PostgreSQL may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The oldest PostgreSQL that is supported, as it tells its version.
const OLDEST: i32 = 140_000;

/// A connection to it, and its version.
pub(super) async fn connect(url: &str, config: &Config) -> Result<(PgPool, String), Finding> {
    let away = |error: sqlx::Error| problem(error.to_string(), "see DATABASE_URL and whether PostgreSQL runs");
    let options = database::options(url, Purpose::Once).map_err(away)?;
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
    let pool = pool.connect_with(options).await.map_err(away)?;
    let row = sqlx::query!(
        r#"select current_setting('server_version') as "version!",
                  current_setting('server_version_num')::int as "number!",
                  current_setting('max_connections')::int
                    - current_setting('superuser_reserved_connections')::int as "connections!""#
    )
    .fetch_one(&pool)
    .await
    .map_err(away)?;
    if row.number < OLDEST {
        return Err(problem(format!("PostgreSQL {} is too old", row.version), "use 14 or newer"));
    }
    if i64::from(row.connections) < i64::from(config.database_connections) {
        return Err(problem(
            format!(
                "it allows {} connections in all, and each process may open {}",
                row.connections, config.database_connections
            ),
            "raise its max_connections, or lower DATABASE_CONNECTIONS",
        ));
    }
    Ok((pool, row.version))
}

/// Whether its tables are those that this program knows.
pub(super) async fn migrations(pool: &PgPool) -> Finding {
    // The table is sqlx's own, so it is not there when our queries are checked.
    let applied = sqlx::query_as::<_, (i64, Vec<u8>)>("select version, checksum from _sqlx_migrations where success");
    let start = "start the service (serve, api or worker), which applies them";
    let applied: BTreeMap<i64, Vec<u8>> = match applied.fetch_all(pool).await {
        Ok(rows) => rows.into_iter().collect(),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {
            return problem("no migration was applied yet", start);
        }
        Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    let known: BTreeMap<i64, &[u8]> = MIGRATIONS.iter().map(|one| (one.version, one.checksum.as_ref())).collect();
    if let Some(version) = applied.keys().find(|version| !known.contains_key(version)) {
        return problem(
            format!("the database has migration {version}, which this program does not know"),
            "use the program's newest version",
        );
    }
    let changed = known.iter().find(|(version, sum)| applied.get(version).is_some_and(|then| then != *sum));
    if let Some((version, _)) = changed {
        return problem(
            format!("migration {version} was another one when it was applied"),
            "use the version of the program that the database was made with",
        );
    }
    match known.len() - applied.len() {
        0 => fine(format!("all {} are applied", known.len())),
        missing => problem(format!("{missing} of {} are not applied", known.len()), start),
    }
}

/// Whether its clock agrees with ours.
pub(super) async fn clock(pool: &PgPool, tolerance: Duration) -> Finding {
    let theirs = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(pool).await;
    let ours = wall_clock().now();
    match theirs {
        Ok(theirs) if (theirs - ours).abs().to_std().is_ok_and(|apart| apart > tolerance) => problem(
            format!("PostgreSQL's clock and ours are {} s apart", (theirs - ours).abs().num_seconds()),
            "have both machines follow a time server; the service goes by PostgreSQL's",
        ),
        Ok(_) => fine("PostgreSQL's and ours agree"),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}
