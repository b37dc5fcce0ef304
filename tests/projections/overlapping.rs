//! Rebuilds that are stopped late, and rebuilds that overlap.

use std::collections::BTreeMap;

use eventstore::EventStore;
use projections::{NotBegun, Projection, RebuildError, rebuild, rebuild_together, standing};
use sqlx::PgPool;

use super::{
    POLL, equals_a_rebuild, follow, import, metadata, one, owner,
    rebuilding::{leftovers, shape},
    rebuilt, slow_index, within,
    world::World,
};
use crate::support::database;

/// Waits until this is so in the database.
async fn comes_true(pool: &PgPool, what: &str, condition: &str) {
    within(what, async {
        while !one::<bool>(pool, &format!("select {condition}")).await {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_stopped_while_its_indexes_were_made_goes_on_and_has_all_of_them() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    import(&store, owner(), 100).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    slow_index(&database.pool).await;
    let before = shape(&database.pool, Projection::Clients).await;
    let stopped = {
        let store = store.clone();
        tokio::spawn(async move { rebuild(&store, Projection::Clients, &metadata(), |_| {}).await })
    };
    let index = "exists (select from pg_stat_activity where datname = current_database() and state = 'active'
                                                        and query ilike 'create index clients_slow on rebuild_clients%')";
    comes_true(&database.pool, "an index is being made", index).await;

    stopped.abort();
    assert!(stopped.await.expect_err("it was stopped").is_cancelled());
    import(&store, owner(), 1).await;
    following.shows_all(&database.pool).await;
    rebuilt(&store, Projection::Clients).await;

    assert_eq!(shape(&database.pool, Projection::Clients).await, before);
    assert_eq!(one::<i64>(&database.pool, "select count(*) from clients").await, 101);
    assert_eq!(leftovers(&database.pool).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_that_share_a_connection_some_may_be_in_place_when_all_are_stopped() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 26).run(150).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    // Whoever reads messages keeps those of the lane from their places that come after them.
    let mut reading = database.pool.begin().await.expect("a transaction");
    sqlx::query("select count(*) from messages").execute(&mut *reading).await.expect("read");
    let lane = [Projection::Users, Projection::Groups, Projection::Messages, Projection::Mailings];
    let stopped = {
        let store = store.clone();
        tokio::spawn(async move { rebuild_together(&store, &lane, &metadata(), |_, _| {}).await.map(|_| ()) })
    };
    let waits = "exists (select from projections where name = 'rebuild:messages' and error is not null)";
    comes_true(&database.pool, "messages wait for their reader", waits).await;

    stopped.abort();
    assert!(stopped.await.expect_err("it was stopped").is_cancelled());
    reading.rollback().await.expect("it has read");

    let left = "select array_agg(name order by name) from projections where name like 'rebuild:%'";
    let left = one::<Vec<String>>(&database.pool, left).await;
    assert_eq!(left, ["rebuild:mailings", "rebuild:messages"], "the others are in their places");
    following.shows_all(&database.pool).await;
    equals_a_rebuild(&store).await;
    assert_eq!(leftovers(&database.pool).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_rebuild_all_at_once_share_them() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 27).run(150).await;
    import(&store, owner(), 2_500).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let other = EventStore::new(PgPool::connect(&database.url).await.expect("connections"));
    let (mine, theirs) = (metadata(), metadata());

    let (mine, theirs) = tokio::join!(
        rebuild_together(&store, &Projection::ALL, &mine, |_, _| {}),
        rebuild_together(&other, &Projection::ALL, &theirs, |_, _| {}),
    );

    let mut done: BTreeMap<Projection, usize> = BTreeMap::new();
    for (projection, ended) in mine.expect("begun").into_iter().chain(theirs.expect("begun")) {
        match ended {
            Ok(progress) => {
                assert_eq!(progress.folded, progress.total);
                *done.entry(projection).or_default() += 1;
            }
            // Whoever came second, unless the first one was done by then.
            Err(RebuildError::NotBegun(NotBegun::Busy)) => {}
            Err(error) => panic!("{}: {error}", projection.name()),
        }
    }
    assert_eq!(done.len(), Projection::ALL.len(), "somebody has rebuilt each: {done:?}");
    for it in standing(&database.pool, None).await.expect("how far they are") {
        assert_eq!((it.error, it.rebuild_folded, it.rebuild_running), (None, None, false), "{}", it.name);
    }
    let ended = "select count(*) filter (where event_type = 'Begun') = count(*) filter (where event_type = 'Finished')
                   from events where aggregate_type = 'rebuild'";
    assert!(one::<bool>(&database.pool, ended).await, "whatever was begun has ended");
    following.shows_all(&database.pool).await;
    equals_a_rebuild(&store).await;
    assert_eq!(leftovers(&database.pool).await, 0);
}
