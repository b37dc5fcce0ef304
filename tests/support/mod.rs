//! What the stories stand on.

pub(crate) mod database;
pub(crate) mod dns_server;
pub(crate) mod feedback;
pub(crate) mod followers;
pub(crate) mod http;
pub(crate) mod imap_server;
pub(crate) mod intake;
pub(crate) mod letters;
pub(crate) mod planners;
pub(crate) mod process;
pub(crate) mod service;
pub(crate) mod smtp_server;
pub(crate) mod told;
pub(crate) mod visitor;
pub(crate) mod workbook;

pub(crate) use database::TestDatabase;
use projections::Listed;
use sqlx::PgPool;

/// A fresh, migrated database.
pub(crate) async fn database() -> TestDatabase {
    database::fresh(async |pool: PgPool| {
        skymailing::wire::MIGRATIONS.run(&pool).await.expect("a fresh database can be migrated");
    })
    .await
}

/// The rows of a list, all of which can be read.
pub(crate) fn all_read<P, T>(listed: Result<Listed<P, T>, sqlx::Error>) -> Vec<T> {
    let listed = listed.expect("an answer");
    listed.into_iter().map(|(_, row)| row.expect("every value is one that the row can have")).collect()
}
