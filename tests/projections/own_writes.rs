//! Whoever waits for the position of their own write, reads it.

use std::time::{Duration, Instant};

use domain::{
    GroupId, UserId,
    group::{self, Group},
};
use eventstore::EventStore;
use projections::{Access, Projector, Reached, groups};
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::{PATIENCE, begin, begin_mailing, create_group, execute, follow, group_name, insert, owner, within};
use crate::support::database;

const SOON: Duration = Duration::from_millis(300);

/// Renames a group a hundred times, by `writer`, and reads each name by `reader`, once `reached` says that it is there.
async fn reads_own_writes(writer: &EventStore, reader: &EventStore, reached: &Reached) {
    let owner = owner();
    let id = begin::<Group>(writer, create_group(owner, "Friends")).await;
    for number in 0..100 {
        let name = format!("Friends {number}");
        let rename = group::Command::Rename { by: owner, name: group_name(&name) };
        let receipt = execute::<Group>(writer, id, rename).await;
        assert!(reached.wait_for(receipt.position, PATIENCE).await);
        let group = groups::get(reader.pool(), Access::Owner(owner), GroupId(id)).await.expect("an answer");
        let group = group.expect("the group is there");
        assert_eq!((group.name, group.version), (name, receipt.version));
    }
}

async fn other_process(url: &str) -> EventStore {
    EventStore::new(PgPoolOptions::new().max_connections(4).connect(url).await.expect("connections"))
}

#[tokio::test]
async fn a_process_reads_what_it_wrote() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let began = Instant::now();

    reads_own_writes(&store, &store, &following.reached).await;

    // The projector is woken by the write: with polling alone it would take 25 seconds.
    assert!(began.elapsed() < Duration::from_secs(15), "it took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_reads_what_it_wrote_and_what_the_first_one_did() {
    let database = database().await;
    let first = EventStore::new(database.pool.clone());
    let second = other_process(&database.url).await;
    let (one, two) = (follow(&first), follow(&second));
    for process in [&first, &second] {
        let (wake, pool) = (process.wake().clone(), process.pool().clone());
        tokio::spawn(async move { wake.relay(pool).await });
    }

    reads_own_writes(&second, &second, &two.reached).await;
    reads_own_writes(&first, &second, &two.reached).await;
    reads_own_writes(&second, &first, &one.reached).await;
}

#[tokio::test]
async fn when_the_projector_that_leads_is_gone_another_takes_over() {
    let database = database().await;
    let first = EventStore::new(database.pool.clone());
    let second = other_process(&database.url).await;
    let (leads, follows) = (follow(&first), follow(&second));
    reads_own_writes(&first, &second, &follows.reached).await;

    leads.end().await;

    let receipt = execute::<Group>(&first, Uuid::now_v7(), create_group(owner(), "Enemies")).await;
    follows.shows(receipt.position).await;
}

#[tokio::test]
async fn nobody_waits_longer_than_they_want_for_a_projector_that_does_not_run() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (projector, reached) = Projector::new(store.clone());
    let receipt = execute::<Group>(&store, Uuid::now_v7(), create_group(owner(), "Friends")).await;

    assert!(reached.wait_for(0, SOON).await, "nothing is asked for");
    let began = Instant::now();
    assert!(!reached.wait_for(receipt.position, SOON).await);
    assert!(began.elapsed() >= SOON);

    drop(projector);
    let began = Instant::now();
    assert!(!reached.wait_for(receipt.position, PATIENCE).await);
    assert!(began.elapsed() < Duration::from_secs(5), "there is nothing to wait for");
}

#[tokio::test]
async fn what_stopped_read_models_do_not_show_is_not_reached() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner: UserId = owner();
    insert(&database.pool, ("group", Uuid::now_v7()), 1, "Exploded", r#""Exploded""#).await;
    let receipt = execute::<Group>(&store, Uuid::now_v7(), create_group(owner, "Friends")).await;
    let following = follow(&store);
    within("the projections have stopped", super::stopping::stopped(&database.pool, "groups")).await;

    let reached = following.reached.wait_for(receipt.position, SOON).await;

    assert_eq!(groups::count(&database.pool, Access::Owner(owner), None).await.expect("an answer"), 0);
    assert!(!reached, "no read model shows the group");
}

#[tokio::test]
async fn what_one_stopped_read_model_does_not_show_is_not_reached() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    insert(&database.pool, ("mailing", Uuid::now_v7()), 1, "Paused", r#""Paused""#).await;
    let following = follow(&store);
    within("the projection has stopped", super::stopping::stopped(&database.pool, "mailings")).await;

    let origin = begin_mailing(&store, owner()).await;
    let position = super::last_position(&database.pool).await;
    let reached = following.reached.wait_for(position, SOON).await;

    let shown = projections::mailings::get(&database.pool, Access::All, origin.mailing).await.expect("an answer");
    assert!(shown.is_none(), "mailings have stopped");
    assert!(!reached, "not all read models show the mailing");
}

#[tokio::test]
async fn what_one_stopped_read_model_has_nothing_to_do_with_is_reached() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    insert(&database.pool, ("mailing", Uuid::now_v7()), 1, "Paused", r#""Paused""#).await;
    let following = follow(&store);
    within("the projection has stopped", super::stopping::stopped(&database.pool, "mailings")).await;

    let origin = begin_mailing(&store, owner()).await;
    let mailing = super::last_position(&database.pool).await;
    let group = execute::<Group>(&store, Uuid::now_v7(), create_group(owner(), "Friends")).await.position;

    let reached = async |position| following.reached.wait_for_event(&database.pool, position, PATIENCE).await;
    assert!(reached(group).await, "groups go on");
    assert!(!reached(mailing).await, "mailings do not: {}", origin.mailing);
}
