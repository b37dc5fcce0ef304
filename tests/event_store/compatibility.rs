//! An unmodified postgres-es works on the same table.

use std::collections::HashMap;

use cqrs_es::AggregateError;
use domain::{
    Actor, Decide,
    group::{self, Group},
};
use eventstore::{Append, AppendError, EventStore};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use sqlx::PgPool;
use uuid::Uuid;

use super::{blocked, log, metadata, name, owner};
use crate::support::database;

fn stock(pool: &PgPool) -> PostgresCqrs<Group> {
    postgres_cqrs(pool.clone(), vec![], ())
}

#[tokio::test]
async fn our_store_loads_and_reads_what_a_stock_postgres_es_wrote() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let stock = stock(&database.pool);
    let (id, owner, request) = (Uuid::now_v7(), owner(), Uuid::now_v7());
    let known = HashMap::from([("actor", "cli:ann".to_owned()), ("request_id", request.to_string())]);
    let known = known.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();

    let create = group::Command::Create { owner, name: name("Friends") };
    stock.execute_with_metadata(&id.to_string(), create, known).await.expect("created");
    let rename = group::Command::Rename { by: owner, name: name("Family") };
    stock.execute(&id.to_string(), rename).await.expect("renamed");

    let loaded = store.load::<Group>(id).await.expect("loaded");
    assert_eq!(loaded.state, Group::Present { owner, name: name("Family"), topic: None });
    assert_eq!(loaded.version, 2);
    let events = log(&database.pool).await;
    let facts: Vec<_> = events.iter().map(|event| event.fact().expect("a fact")).collect();
    let created = group::Event::Created { owner, name: name("Friends") };
    let renamed = group::Event::Renamed { name: name("Family") };
    assert_eq!(facts, [created, renamed].map(|event| domain::Fact::Group(id.into(), event)));
    let told = events[0].metadata();
    assert_eq!((told.actor, told.request_id), (Actor::CommandLine("ann".to_owned()), request));
    assert_eq!(events[1].metadata().actor, Actor::System("unknown".to_owned()));
}

#[tokio::test]
async fn a_stock_postgres_es_decides_on_what_our_store_wrote() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let stock = stock(&database.pool);
    let (id, owner, stream) = (Uuid::now_v7(), owner(), |id: Uuid| id.to_string());
    let create = group::Command::Create { owner, name: name("Friends") };
    store.create::<Group>(id, create.clone(), &metadata()).await.expect("created");

    let again = stock.execute(&stream(id), create).await;
    assert!(matches!(again, Err(AggregateError::UserError(group::Error::AlreadyExists))), "{again:?}");
    stock.execute(&stream(id), group::Command::Delete { by: owner }).await.expect("deleted");

    let loaded = store.load::<Group>(id).await.expect("loaded");
    assert_eq!((loaded.state, loaded.version), (Group::Deleted { owner }, 2));
    let sequences: Vec<i64> = log(&database.pool).await.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2]);
}

#[tokio::test]
async fn what_a_stock_postgres_es_wrote_in_the_meantime_is_a_conflict_for_ours_and_a_command_gets_over_it() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner, metadata) = (Uuid::now_v7(), owner(), metadata());
    let create = group::Command::Create { owner, name: name("Friends") };
    store.create::<Group>(id, create, &metadata).await.expect("created");
    let rename = |to| group::Command::Rename { by: owner, name: name(to) };
    let seen = store.load::<Group>(id).await.expect("loaded");

    stock(&database.pool).execute(&id.to_string(), rename("Family")).await.expect("renamed");

    let decided = seen.state.decide(rename("Enemies")).expect("allowed");
    let append = Append::new(id, seen, decided).expect("events");
    let conflict = store.append(&[append], &metadata).await;
    assert!(matches!(conflict, Err(AppendError::Conflict)), "{conflict:?}");
    let renamed = store.execute::<Group>(id, rename("Enemies"), &metadata).await.expect("renamed");
    assert_eq!(renamed.version, 3);
}

#[tokio::test]
async fn of_a_stock_postgres_es_and_ours_at_the_same_time_neither_loses_an_event() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());
    let create = group::Command::Create { owner, name: name("Friends") };
    store.create::<Group>(id, create, &metadata()).await.expect("created");
    let rename = move |to| group::Command::Rename { by: owner, name: name(to) };

    // Both have loaded the stream before either of them writes.
    let mut gate = database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table events in share mode").execute(&mut *gate).await.expect("locked");
    let (ours, stock) = (store.clone(), stock(&database.pool));
    let ours = tokio::spawn(async move { ours.execute::<Group>(id, rename("Ours"), &metadata()).await });
    let theirs = tokio::spawn(async move { stock.execute(&id.to_string(), rename("Theirs")).await });
    blocked(&database.pool, 2).await;
    gate.commit().await.expect("unlocked");

    ours.await.expect("an answer").expect("through a retry, if need be");
    let written = match theirs.await.expect("an answer") {
        Ok(()) => 3,
        Err(AggregateError::AggregateConflict) => 2,
        Err(error) => panic!("{error:?}"),
    };
    assert_eq!(store.load::<Group>(id).await.expect("loaded").version, written);
}

#[tokio::test]
async fn a_stock_postgres_es_registers_like_any_appender() {
    let database = database().await;
    let pool = &database.pool;
    let stream = Uuid::now_v7();
    // It writes one statement per event in one transaction, and stops at the second: that one is being written.
    let mut gate = pool.begin().await.expect("a transaction");
    assert_eq!(super::insert(&mut gate, stream, 1).await, 1);
    let stock = stock(pool);
    let create = group::Command::Create { owner: owner(), name: name("Friends") };
    let writing = tokio::spawn(async move { stock.execute(&stream.to_string(), create).await });
    blocked(pool, 1).await;
    super::insert(&mut pool.acquire().await.expect("a connection"), Uuid::now_v7(), 1).await;

    let registered: i64 = sqlx::query_scalar(
        "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock'
            and database = (select oid from pg_database where datname = current_database())",
    )
    .fetch_one(pool)
    .await
    .expect("the locks");
    assert_eq!(registered, 2, "the gate and the stock writer");
    assert!(log(pool).await.is_empty());
    gate.rollback().await.expect("rolled back");
    writing.await.expect("an answer").expect("created");
    let positions: Vec<i64> = log(pool).await.iter().map(|event| event.position).collect();
    assert_eq!(positions, [2, 3]);
}
