//! Where clients are in runs.
//!
//! No index leads from a client to their deliveries: it would be written for each recipient when an audience is frozen, which is when
//! people wait for the first letters, and ten million of them would have some 600 MB. It is not needed either. A run's batches are in the order of
//! their clients' ids, so a client is found by halving: a run of a million has 2,000 batches, which are 11 steps, each a look-up by the
//! key of the batches and one array of 8 KB. At 20 to 30 µs for a step, a page of 20 such runs takes 4 to 7 ms, however many runs there are
//! beside them.

use super::{Delivery, StoredDelivery};
use crate::Read;
use sqlx::PgPool;
use uuid::Uuid;

/// A client's place in a run.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The run.
    pub run_id: Uuid,
    /// Which details of the client were frozen, counted from 1: the letter goes to the address and name of that revision.
    pub client_revision: i32,
    /// What became of the letter, or why that cannot be read.
    pub delivery: Read<Delivery>,
}

/// The places that these clients have in these runs, in no order. Whoever asks may read the runs.
pub async fn to_clients(pool: &PgPool, runs: &[Uuid], clients: &[Uuid]) -> Result<Vec<Placed>, sqlx::Error> {
    if runs.is_empty() || clients.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_file!("src/deliveries/to_clients.sql", runs, clients).fetch_all(pool).await?;
    let placed = rows.into_iter().map(|row| {
        let (run_id, client_revision) = (row.run_id, row.client_revision);
        let stored = StoredDelivery {
            outcome: row.outcome,
            doubt: row.doubt,
            suppression: row.suppression,
            run_id,
            ordinal: row.ordinal,
            client_id: row.client_id,
            email: row.email,
            full_name: row.full_name,
            attempts: row.attempts,
        };
        Placed { run_id, client_revision, delivery: stored.read() }
    });
    Ok(placed.collect())
}
