//! Late commits are never lost.

use std::time::Duration;

use domain::client::Client;
use eventstore::{Append, EventStore};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;

use super::{add_client, first_events, metadata, owner, within};
use crate::support::database;

/// Writers that pause between insert and commit, and sometimes roll back.
const PAUSING: u64 = 10;

/// Writers that use the store.
const APPENDING: u64 = 6;

const TRANSACTIONS: usize = 120;

const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_gets_every_committed_event_once_and_in_order() {
    let database = database().await;
    let pool = PgPoolOptions::new().max_connections(20).connect(&database.url).await.expect("connections");
    let (finished, writing) = watch::channel(false);
    let reader = tokio::spawn(follow(pool.clone(), writing.clone()));
    let naive = tokio::spawn(follow_the_highest_seen(pool.clone(), writing));

    let mut writers = JoinSet::new();
    for number in 0..PAUSING {
        writers.spawn(write_with_pauses(pool.clone(), StdRng::seed_from_u64(SEED + number)));
    }
    for number in PAUSING..PAUSING + APPENDING {
        writers.spawn(append(EventStore::new(pool.clone()), StdRng::seed_from_u64(SEED + number)));
    }
    let written: usize = within("the writers finish", writers.join_all()).await.into_iter().sum();
    finished.send_replace(true);
    let read = within("the reader reaches the end", reader).await.expect("it read");
    let seen = within("the other reader, too", naive).await.expect("it read");

    let committed: Vec<i64> =
        sqlx::query_scalar("select position from events order by position").fetch_all(&pool).await.expect("the log");
    assert_eq!(committed.len(), written);
    assert!(read.is_sorted_by(|one, next| one < next), "each once and in order");
    assert_eq!(read, committed);
    // The counter-check: had nobody been overtaken here, the above would prove nothing.
    assert!(seen.len() < written, "a reader without a horizon lost nothing of {written} events");
}

/// Reads as a projection does, until everything is written and read.
async fn follow(pool: PgPool, writing: watch::Receiver<bool>) -> Vec<i64> {
    let mut connection = pool.acquire().await.expect("a connection");
    let mut read: Vec<i64> = Vec::new();
    loop {
        // Asked before the horizon: what was committed before this moment is below it.
        let finished = *writing.borrow();
        let settled = EventStore::settled(&mut connection).await.expect("settled");
        let after = read.last().copied().unwrap_or(0);
        let page = EventStore::page(&mut connection, after, settled, 200).await.expect("a page");
        if page.is_empty() {
            if finished {
                break read;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        read.extend(page.iter().map(|event| event.position));
    }
}

/// Reads whatever is beyond the highest position it saw, which is wrong.
async fn follow_the_highest_seen(pool: PgPool, writing: watch::Receiver<bool>) -> Vec<i64> {
    let mut connection = pool.acquire().await.expect("a connection");
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let finished = *writing.borrow();
        let after = seen.last().copied().unwrap_or(0);
        let page = EventStore::page(&mut connection, after, i64::MAX, 200).await.expect("a page");
        if page.is_empty() {
            if finished {
                break seen;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        seen.extend(page.iter().map(|event| event.position));
    }
}

/// Returns how many events were committed.
async fn write_with_pauses(pool: PgPool, mut random: StdRng) -> usize {
    let mut committed = 0;
    for _ in 0..TRANSACTIONS {
        let mut transaction = pool.begin().await.expect("a transaction");
        let mut count = 0;
        for _ in 0..random.random_range(1..=2) {
            let size = if random.random_bool(0.6) { 1 } else { random.random_range(2..=40) };
            insert_stream(&mut transaction, size).await;
            count += usize::try_from(size).expect("a count");
            if random.random_bool(0.7) {
                tokio::time::sleep(Duration::from_micros(random.random_range(0..12_000))).await;
            }
        }
        if random.random_bool(0.25) {
            transaction.rollback().await.expect("rolled back");
        } else {
            transaction.commit().await.expect("committed");
            committed += count;
        }
    }
    committed
}

async fn insert_stream(connection: &mut PgConnection, size: i64) {
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         select 'group', $1, n, 'Deleted', '1', '\"Deleted\"' from generate_series(1, $2::bigint) n",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(size)
    .execute(connection)
    .await
    .expect("inserted");
}

/// Returns how many events were committed.
async fn append(store: EventStore, mut random: StdRng) -> usize {
    let (owner, metadata) = (owner(), metadata());
    let mut committed = 0;
    for _ in 0..TRANSACTIONS {
        let size = if random.random_bool(0.6) { 1 } else { random.random_range(2..=40) };
        let begin = |_| {
            let id = Uuid::now_v7();
            let events = first_events::<Client>(add_client(owner, &format!("{id}@example.com")));
            Append::begin::<Client>(id, events).expect("events")
        };
        let appends: Vec<Append> = (0..size).map(begin).collect();
        store.append(&appends, &metadata).await.expect("appended");
        committed += size;
        if random.random_bool(0.3) {
            tokio::time::sleep(Duration::from_micros(random.random_range(0..4_000))).await;
        }
    }
    committed
}
