//! Talking to the server: is it there, is it ours, does it have our database.

use super::options::{DATABASE, SUPERUSER};

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{Connection, PgConnection};

use crate::database::{Purpose, options};

use super::{Error, cluster::Cluster};

/// Something else may have taken the port of a server that is gone, and may never answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What came of trying to connect.
#[derive(Debug)]
pub(super) enum Answer {
    /// It is a server of this cluster, and it takes commands.
    Ready,
    /// It is a PostgreSQL that lets nobody in just now, as in recovery; it says why.
    NotYet(String),
    /// Nothing that speaks PostgreSQL's protocol.
    Nobody(String),
    /// It is a PostgreSQL, but of another cluster, or it does not take our password.
    Foreign(String),
}

/// The connection string of a database. The password consists of letters and digits, so nothing needs quoting.
/// Without TLS: it never leaves the machine, and `PGSSLMODE` in somebody's environment must not break it.
pub(super) fn url(cluster: &Cluster, port: u16, database: &str) -> String {
    format!("postgres://{SUPERUSER}:{}@127.0.0.1:{port}/{database}?sslmode=disable", cluster.password)
}

/// Really connects, because a process and a port of the right numbers prove nothing after a crash.
pub(super) async fn ask(cluster: &Cluster, port: u16) -> Answer {
    match tokio::time::timeout(ANSWER_WITHIN, data_directory(cluster, port)).await {
        Ok(Ok(dir)) if is_same(&dir, &cluster.dir) => Answer::Ready,
        Ok(Ok(dir)) => Answer::Foreign(format!("it serves {}", dir.display())),
        Ok(Err(error)) => judge(&error),
        Err(_) => Answer::Nobody("no answer in time".to_owned()),
    }
}

fn judge(error: &sqlx::Error) -> Answer {
    let Some(refusal) = error.as_database_error() else { return Answer::Nobody(error.to_string()) };
    match refusal.code().as_deref() {
        // cannot_connect_now (starting, recovering, stopping) and too_many_connections
        Some("57P03" | "53300") => Answer::NotYet(refusal.message().to_owned()),
        _ => Answer::Foreign(refusal.message().to_owned()),
    }
}

async fn data_directory(cluster: &Cluster, port: u16) -> sqlx::Result<PathBuf> {
    let mut connection = PgConnection::connect_with(&options(&url(cluster, port, "postgres"), Purpose::Once)?).await?;
    let dir: String = sqlx::query_scalar("show data_directory").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(PathBuf::from(dir))
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || fs::canonicalize(one).is_ok_and(|it| it == other)
}

/// Creates our database when it is missing: after initdb, or when the process was killed right after it.
pub(super) async fn create_database(cluster: &Cluster, port: u16) -> Result<(), Error> {
    let create = async {
        let mut connection =
            PgConnection::connect_with(&options(&url(cluster, port, "postgres"), Purpose::Once)?).await?;
        let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            sqlx::query(&format!("create database {DATABASE}")).execute(&mut connection).await?;
        }
        connection.close().await
    };
    create.await.map_err(Error::Database)
}
