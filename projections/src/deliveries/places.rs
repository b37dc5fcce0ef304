//! Where clients are in runs.
//!
//! No index leads from a client to their deliveries: it would be written for each recipient when an audience is frozen, which is when
//! people wait for the first letters, and ten million of them would have some 600 MB. It is not needed either. A run's batches are in the order of
//! their clients' ids, so a client is found by halving: a run of a million has 2,000 batches, which are 11 steps, each a look-up by the
//! key of the batches and one array of 8 KB. At 20 to 30 µs for a step, a page of 20 such runs takes 4 to 7 ms, however many runs there are
//! beside them.

use super::{Delivery, StoredDelivery};
use crate::{Access, Listed, Read};
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

/// The deliveries at these places of runs that may be read, in no order, each with its run and its place there.
pub async fn by_places(
    pool: &PgPool,
    access: Access,
    places: &[(Uuid, i32)],
) -> Result<Listed<(Uuid, i32), Delivery>, sqlx::Error> {
    let (runs, ordinals): (Vec<Uuid>, Vec<i32>) = places.iter().copied().unzip();
    let rows = sqlx::query_as!(
        StoredDelivery,
        r#"select w.run_id as "run_id!", w.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
                  coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
                  d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
                  why_suppressed(d.suppression, d.outcome, w.ordinal, b.left_out) as "suppression?"
             from unnest($1::uuid[], $2::integer[]) as w (run_id, ordinal)
            cross join lateral (
                select left_out, clients[w.ordinal % 500 + 1] as client_id, revisions[w.ordinal % 500 + 1] as revision
                  from batches where run_id = w.run_id and number = w.ordinal / 500 offset 0) b
            cross join lateral (select id, email, full_name from clients where id = b.client_id offset 0) c
             left join lateral (
                select email, full_name from client_revisions
                 where client_id = b.client_id and revision = b.revision offset 0) v on true
             left join lateral (
                select outcome, doubt, attempts, suppression from deliveries
                 where run_id = w.run_id and ordinal = w.ordinal offset 0) d on true
            where exists (select from runs r where r.id = w.run_id and ($3::uuid is null or r.owner_id = $3))"#,
        &runs,
        &ordinals,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.run_id, row.ordinal), row.read())).collect())
}
