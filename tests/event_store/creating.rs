//! Creating is safe to repeat.

use chrono::{DateTime, TimeDelta};
use domain::{
    MessageId, Periodicity, TimeZone, Window,
    client::{self, Client},
    group::{self, Group},
    mailing::{self, Mailing},
};
use eventstore::{EventStore, ExecuteError};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{add_client, claims, log, metadata, name, owner, within};
use crate::support::database;

#[tokio::test]
async fn creating_again_with_the_same_input_gives_the_same_answer_and_writes_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());
    let create = add_client(owner, "ann@example.com");
    let first = store.create::<Client>(id, create.clone(), &metadata()).await.expect("created");
    store.create::<Client>(Uuid::now_v7(), add_client(owner, "bob@example.com"), &metadata()).await.expect("created");

    let again = store.create::<Client>(id, create, &metadata()).await.expect("created before");

    assert_eq!(again, first);
    assert_eq!(log(&database.pool).await.len(), 2);
    assert_eq!(claims(&database.pool).await.len(), 2);
}

#[tokio::test]
async fn creating_again_after_the_stream_went_on_still_succeeds() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());
    let create = group::Command::Create { owner, name: name("Friends") };
    store.create::<Group>(id, create.clone(), &metadata()).await.expect("created");
    let deleted = store.execute::<Group>(id, group::Command::Delete { by: owner }, &metadata()).await.expect("deleted");

    let again = store.create::<Group>(id, create, &metadata()).await.expect("created before");

    assert_eq!(again, deleted, "what it shows is what there is");
    assert_eq!(log(&database.pool).await.len(), 2);
}

/// The client repeats a request whose answer was lost, a day later.
#[tokio::test]
async fn creating_again_when_the_rules_would_refuse_it_by_now_gives_the_first_answer() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let start = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let plan = mailing::Plan {
        name: mailing::Name::parse("Spring").expect("a name"),
        message: MessageId(Uuid::now_v7()),
        audience: mailing::Audience { clients: [Uuid::now_v7().into()].into(), ..mailing::Audience::default() },
        window: Window::new(start, start + TimeDelta::hours(1)).expect("a window"),
        periodicity: Periodicity::Once,
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        sending: mailing::Sending::default(),
        kind: mailing::Kind::default(),
        sender: None,
    };
    let (id, owner) = (Uuid::now_v7(), owner());
    let create_at = |now| mailing::Command::Create { owner, plan: plan.clone(), now };
    let first = store.create::<Mailing>(id, create_at(start), &metadata()).await.expect("created");

    let again = store.create::<Mailing>(id, create_at(start + TimeDelta::days(1)), &metadata()).await;

    assert_eq!(again.expect("created before"), first);
}

#[tokio::test]
async fn creating_again_with_other_input_is_refused() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());
    store.create::<Client>(id, add_client(owner, "ann@example.com"), &metadata()).await.expect("created");

    let other = store.create::<Client>(id, add_client(owner, "bob@example.com"), &metadata()).await;

    assert!(matches!(other, Err(ExecuteError::KeyReused)), "{other:?}");
    assert_eq!(log(&database.pool).await.len(), 1);
    assert_eq!(claims(&database.pool).await.len(), 1);
}

#[tokio::test]
async fn creating_the_same_many_times_at_once_writes_once_and_answers_all_alike() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());

    let mut requests = JoinSet::new();
    for _ in 0..12 {
        let store = store.clone();
        requests
            .spawn(async move { store.create::<Client>(id, add_client(owner, "ann@example.com"), &metadata()).await });
    }
    let answers = within("all answer", requests.join_all()).await;

    let receipts: Vec<_> = answers.into_iter().map(|answer| answer.expect("created")).collect();
    assert!(receipts.iter().all(|receipt| receipt == &receipts[0]), "{receipts:?}");
    assert_eq!(receipts[0].version, 1);
    let events = log(&database.pool).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].position, receipts[0].position);
}

#[tokio::test]
async fn creating_different_things_under_one_id_at_once_lets_one_win() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner) = (Uuid::now_v7(), owner());

    let mut requests = JoinSet::new();
    for number in 0..12 {
        let store = store.clone();
        let create = add_client(owner, &format!("ann{number}@example.com"));
        requests.spawn(async move { store.create::<Client>(id, create, &metadata()).await });
    }
    let answers = within("all answer", requests.join_all()).await;

    let reused = |answer: &&Result<_, ExecuteError<client::Error>>| matches!(answer, Err(ExecuteError::KeyReused));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(reused).count(), 11, "{answers:?}");
    assert_eq!(log(&database.pool).await.len(), 1);
    assert_eq!(claims(&database.pool).await.len(), 1);
}
