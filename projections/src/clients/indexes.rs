//! Indexes that only large address books need: for what is searched for, for orders by something else than the owner's time, and for
//! whoever asks who ever had an address.
//!
//! They would cost every import two to three times what it writes, so they are made once there are so many clients that
//! looking through all of them would take people's patience. No migration makes them, which would hold everybody up for as long
//! as it takes: they are made beside all that goes on.
//!
//! Search needs PostgreSQL's extension `pg_trgm`, and whoever makes it the right to do so. Where it cannot be had, search looks
//! through everything, for as long as a statement of a request may take.

use sqlx::{ConnectOptions as _, Connection, Executor, PgConnection, PgPool};
use std::time::Duration;

/// From so many clients on, of all owners together: fewer are looked through in about 20 ms.
const ENOUGH: i64 = 10_000;

/// How often it is looked whether there are so many by now.
const EVERY: Duration = Duration::from_mins(1);

/// Whoever rebuilds the address books holds it, see [`crate::rebuild`]: it puts other tables in the place of these.
const LOCK: &str = "skymailing rebuild clients";

/// What there is of these indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// There are so few clients that nothing is missing.
    NotNeeded,
    /// All are there.
    All,
    /// Some are not there yet.
    NotYet,
    /// All are there but the one for search, as PostgreSQL has no `pg_trgm` here, or it may not be used.
    WithoutSearch,
}

/// An index: a name to make it by, and by what part of its definition it is known, whatever a rebuild has named it.
struct Index {
    name: &'static str,
    known_by: &'static str,
    create: &'static str,
}

const SEARCH: Index = Index {
    name: "clients_found",
    known_by: "gin_trgm_ops",
    // As the query writes it, or it is not found.
    create: "create index concurrently clients_found on clients using gin
                 (coalesce(found_by, folded(email || chr(10) || full_name || chr(10) || comment)) gin_trgm_ops)
                 where deleted_at is null",
};

/// For whoever asks what became of letters to an address: those who are deleted, and what others had before.
const FORMER: [Index; 2] = [
    Index {
        name: "clients_gone",
        known_by: "(deleted_at IS NOT NULL)",
        create: "create index concurrently clients_gone on clients (owner_id, (coalesce(mailbox, lower(email))))
                     where deleted_at is not null",
    },
    Index {
        name: "client_revisions_email",
        known_by: "btree (lower(email))",
        create: "create index concurrently client_revisions_email on client_revisions (lower(email))",
    },
];

const ORDERS: [Index; 3] = [
    Index {
        name: "clients_by_time",
        known_by: "(created_at, id)",
        create: "create index concurrently clients_by_time on clients (created_at, id) where deleted_at is null",
    },
    Index {
        name: "clients_by_email",
        known_by: "lower(email)",
        create: "create index concurrently clients_by_email on clients (owner_id, lower(email), id)
                     where deleted_at is null",
    },
    Index {
        name: "clients_by_name",
        known_by: "lower(full_name)",
        create: "create index concurrently clients_by_name on clients (owner_id, lower(full_name), id)
                     where deleted_at is null",
    },
];

/// Looks now and then, and makes the indexes that are missing, until it is ended.
pub async fn keep_indexes(pool: PgPool) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut said = false;
    loop {
        timer.tick().await;
        match make_indexes(&pool).await {
            Ok(Indexed::WithoutSearch) if !std::mem::replace(&mut said, true) => {
                tracing::warn!(
                    "search looks through all clients, as PostgreSQL has no pg_trgm here; see `skymailing doctor`"
                );
            }
            Ok(_) => {}
            // Another look comes, and what was begun is begun anew.
            Err(error) => tracing::warn!(%error, "an index for large address books cannot be made now"),
        }
    }
}

/// What there is of the indexes.
pub async fn indexed(pool: &PgPool) -> Result<Indexed, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    look(&mut connection).await.map(|(indexed, _)| indexed)
}

/// Makes the indexes that are needed and missing, and says what there is then. Address books can be written to meanwhile, and
/// not be rebuilt.
pub async fn make_indexes(pool: &PgPool) -> Result<Indexed, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let (indexed, missing) = look(&mut connection).await?;
    if missing.is_empty() {
        return Ok(indexed);
    }
    drop(connection);
    // The lock goes with the connection, however this ends. That a statement takes long is no news here.
    let options = pool.connect_options().as_ref().clone().disable_statement_logging();
    let mut connection = PgConnection::connect_with(&options).await?;
    let free = sqlx::query_scalar!(r#"select pg_try_advisory_lock(hashtext($1), 1) as "free!""#, LOCK);
    if !free.fetch_one(&mut connection).await? {
        connection.close().await?;
        return Ok(Indexed::NotYet);
    }
    let made = make(&mut connection).await;
    connection.close().await?;
    made
}

async fn make(connection: &mut PgConnection) -> Result<Indexed, sqlx::Error> {
    // Somebody else may have made them meanwhile.
    let (_, missing) = look(connection).await?;
    for index in missing {
        if index.name == SEARCH.name && !has_trigrams(connection).await? {
            continue;
        }
        tracing::info!(index = index.name, "an index for large address books is being made");
        // What is left of one that was not finished. Names cannot be bound; these are our own.
        connection.execute(format!("drop index concurrently if exists {}", index.name).as_str()).await?;
        connection.execute(index.create).await?;
        tracing::info!(index = index.name, "the index is there");
    }
    connection.execute("analyze clients, client_revisions").await?;
    look(connection).await.map(|(indexed, _)| indexed)
}

/// Whether PostgreSQL has trigrams here, after an attempt to get them.
async fn has_trigrams(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match connection.execute("create extension if not exists pg_trgm").await {
        Ok(_) => Ok(true),
        // There is none to be had, or no right to: an operator can mend that.
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(%error, "there is no pg_trgm");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// What there is, and what is missing of what is needed.
async fn look(connection: &mut PgConnection) -> Result<(Indexed, Vec<&'static Index>), sqlx::Error> {
    let row = sqlx::query!(
        r#"select (select coalesce(sum(clients), 0)::bigint from client_counts) as "clients!",
                  exists (select from pg_extension where extname = 'pg_trgm') as "trigrams!",
                  array(select pg_get_indexdef(indexrelid) from pg_index
                         where indrelid in (to_regclass('public.clients'), to_regclass('public.client_revisions'))
                           and indisvalid) as "there!""#
    )
    .fetch_one(connection)
    .await?;
    if row.clients < ENOUGH {
        return Ok((Indexed::NotNeeded, Vec::new()));
    }
    let is_missing = |index: &&Index| !row.there.iter().any(|definition| definition.contains(index.known_by));
    let missing: Vec<&Index> = ORDERS.iter().chain(&FORMER).chain([&SEARCH]).filter(is_missing).collect();
    let indexed = match missing[..] {
        [] => Indexed::All,
        [only] if only.name == SEARCH.name && !row.trigrams => Indexed::WithoutSearch,
        _ => Indexed::NotYet,
    };
    Ok((indexed, missing))
}
