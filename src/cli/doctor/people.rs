//! Accounts and clients: who can grant roles, and whose mailbox is there twice.

use super::finding::{Finding, fine, problem};
use crate::database;
use eventstore::EventStore;
use sqlx::PgPool;

/// Whether there is somebody who can grant roles.
pub(super) async fn administrators(pool: &PgPool) -> Finding {
    let kind = domain::user::ADMINISTRATOR;
    match EventStore::held(pool, kind).await {
        Ok(0) => problem("there is none, so nobody can grant roles", "use `skymailing createadmin`"),
        Ok(count) => fine(format!("{count} can log in")),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}

/// Clients and accounts from before one mailbox could have several spellings.
pub(super) async fn mailboxes(pool: &PgPool) -> Finding {
    match EventStore::new(pool.clone()).addresses_of_old_spelling(database::todays_spelling).await {
        Ok(0) => fine("every address is there once"),
        Ok(doubles) => problem(
            format!(
                "{doubles} clients or accounts have the same mailbox as another one, with its domain spelled otherwise"
            ),
            "nothing is lost, and a run sends one letter to each mailbox; delete one client of each two, or give it another address",
        ),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}
