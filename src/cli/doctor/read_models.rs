//! The read models: whether they follow the log, what stands in them, and the indexes by which they are searched.

use super::finding::{Finding, fine, problem};
use acts::system::LATE;
use projections::clients::{self, Indexed};
use projections::{Standing, standing};
use sqlx::PgPool;

/// So many rows of one column are named that do not read.
const NAMED: usize = 5;

/// Whether they follow the log.
pub(super) async fn follow(pool: &PgPool) -> Finding {
    let rows = match standing(pool, None).await {
        Ok(rows) => rows,
        Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    if let Some((name, error)) = rows.iter().find_map(|row| Some((&row.name, row.error.as_ref()?))) {
        return problem(
            format!("{name} stopped: {error}"),
            format!(
                "use the program's newest version, which tries again when it starts; if it stops again, `skymailing rebuild {name}`"
            ),
        );
    }
    match rows.iter().filter_map(Standing::waited).max() {
        Some(waited) if waited > LATE => problem(
            format!("they are {} s behind the log", waited.num_seconds()),
            "start the service (serve, api or worker); if it runs, see its log",
        ),
        _ => fine(format!("all {} show everything", rows.len())),
    }
}

/// Rows in which a value stands that they cannot have. Everybody else goes on without them.
pub(super) async fn rows(pool: &PgPool) -> Finding {
    let columns = [projections::catalogue::columns(), acts::who::columns()].concat();
    let (mut whats, mut advice) = (Vec::new(), Vec::new());
    for column in &columns {
        let unreadable = match column.unreadable(pool, NAMED + 1).await {
            Ok(unreadable) => unreadable,
            Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
        };
        whats.extend(unreadable.iter().take(NAMED).map(ToString::to_string));
        if unreadable.len() > NAMED {
            whats.push(format!("{}.{} has more such rows", column.table, column.name));
        }
        for remedy in unreadable.iter().take(NAMED).map(projections::Unreadable::remedy) {
            if !advice.contains(&remedy) {
                advice.push(remedy);
            }
        }
    }
    if whats.is_empty() {
        return fine(format!("what stands in {} columns can stand there", columns.len()));
    }
    problem(whats.join("; "), advice.join("; "))
}

/// Indexes without which looking for a client among many takes long.
pub(super) async fn search(pool: &PgPool) -> Finding {
    match clients::indexed(pool).await {
        Ok(Indexed::NotNeeded) => fine("there are few enough clients to look through all of them"),
        Ok(Indexed::All) => fine("clients are found by indexes"),
        Ok(Indexed::WithoutSearch) => problem(
            "PostgreSQL has no pg_trgm for this database, so a search looks through all clients, and is broken off after \
             REQUEST_STATEMENT_TIMEOUT",
            "install PostgreSQL's contributed extensions (Debian: they are part of postgresql), and have an administrator of \
             the database run `create extension pg_trgm` in it; the service makes the index within a minute",
        ),
        Ok(Indexed::NotYet) => fine(
            "a search looks through all clients until serve or api has made the indexes, which takes minutes; its log tells of it",
        ),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}
