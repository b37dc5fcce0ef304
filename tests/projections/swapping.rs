//! While tables are exchanged, those who read them wait for a moment and get their answer.

use std::time::Duration;

use domain::{RunId, group::Group};
use eventstore::EventStore;
use projections::{Access, Projection, clients, deliveries, rebuild, standing};
use sqlx::PgPool;

use super::{
    POLL, begin, create_group, equals_a_rebuild, follow, import, metadata, one, owner, rebuilt, within, world::World,
};
use crate::support::database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_always_find_whole_tables() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mine = owner();
    import(&store, mine, 1_500).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;

    let pool = database.pool.clone();
    let reader = tokio::spawn(async move {
        loop {
            let count = clients::count(&pool, Access::Owner(mine), &clients::Filter::default()).await;
            assert_eq!(count.expect("an answer"), 1_500);
        }
    });
    for _ in 0..8 {
        rebuilt(&store, Projection::Clients).await;
        assert!(!reader.is_finished(), "the reader always finds all of them");
    }
    reader.abort();
}

/// A reader of several tables locks them in its query's order; whoever exchanges them in another order meets it half-way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_several_tables_and_the_exchange_do_not_block_each_other() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 4).run(250).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let run: uuid::Uuid = one(&database.pool, "select run_id from deliveries limit 1").await;

    // Somebody reads batches for a while, which holds up the exchange in its middle.
    let mut slow = database.pool.begin().await.expect("a transaction");
    sqlx::query("select count(*) from batches").execute(&mut *slow).await.expect("read");
    let rebuilding = {
        let store = store.clone();
        tokio::spawn(async move { rebuild(&store, Projection::Runs, &metadata(), |_| {}).await })
    };
    waits_for_a_lock(&database.pool, 1).await;
    let reading = {
        let pool = database.pool.clone();
        tokio::spawn(async move {
            deliveries::page(&pool, Access::All, RunId(run), &deliveries::Filter::default(), None, 10).await
        })
    };
    // Either it waits, too, or it has its answer already.
    tokio::time::sleep(Duration::from_millis(200)).await;
    slow.commit().await.expect("committed");

    let read = within("the reader has its answer", reading).await.expect("no panic");
    let done = within("the rebuild is over", rebuilding).await.expect("no panic");
    assert!(!read.expect("the reader gets an answer, no error").is_empty());
    done.expect("the rebuild gets to its end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_has_to_wait_for_a_reader_keeps_no_read_model_waiting_and_says_who_it_is() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 10).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    // A backup takes an hour.
    let mut backup = database.pool.begin().await.expect("a transaction");
    sqlx::query("set local application_name = 'the backup'").execute(&mut *backup).await.expect("named");
    sqlx::query("select count(*) from clients").execute(&mut *backup).await.expect("read");
    let rebuilding = {
        let store = store.clone();
        tokio::spawn(async move { rebuild(&store, Projection::Clients, &metadata(), |_| {}).await })
    };
    let said = within("it says for whom it waits", async {
        loop {
            let clients = standing(&database.pool, Some(Projection::Clients)).await.expect("how far it is").remove(0);
            assert_eq!(clients.error, None);
            match clients.rebuild_error {
                Some(error) if clients.rebuild_running => break error,
                _ => tokio::time::sleep(POLL).await,
            }
        }
    })
    .await;
    assert!(said.contains("wait until the backup, process "), "{said}");

    begin::<Group>(&store, create_group(owner(), "Friends")).await;
    import(&store, owner(), 5).await;

    following.shows_all(&database.pool).await;
    backup.commit().await.expect("it has read all");
    let done = within("the rebuild is over", rebuilding).await.expect("no panic").expect("rebuilt");
    assert_eq!(done.folded, done.total);
    assert_eq!(one::<i64>(&database.pool, "select count(*) from clients").await, 15, "what came meanwhile is there");
    equals_a_rebuild(&store).await;
}

async fn waits_for_a_lock(pool: &PgPool, count: i64) {
    within("a connection waits for a lock", async {
        let waiting = "select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'";
        while one::<i64>(pool, waiting).await < count {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
}
