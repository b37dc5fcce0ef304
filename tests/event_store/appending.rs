//! Appending: all or nothing, in order, and for ever.

use domain::{
    Decide,
    client::Client,
    group::{self, Group},
};
use eventstore::{Append, AppendError, EventStore};
use sqlx::PgPool;
use uuid::Uuid;

use super::{add_client, blocked, claims, first_events, insert, log, metadata, name, owner};
use crate::support::database;

async fn count(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from events").fetch_one(pool).await.expect("a count")
}

fn begin_client(id: Uuid, owner: domain::UserId, address: &str) -> Append {
    Append::begin::<Client>(id, first_events::<Client>(add_client(owner, address))).expect("events")
}

#[tokio::test]
async fn of_two_appends_after_the_same_version_one_wins() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, owner, metadata) = (Uuid::now_v7(), owner(), metadata());
    let create = group::Command::Create { owner, name: name("Friends") };
    store.create::<Group>(id, create, &metadata).await.expect("created");
    let loaded = store.load::<Group>(id).await.expect("loaded");

    let rename = |to| {
        let events = loaded.state.decide(group::Command::Rename { by: owner, name: name(to) }).expect("allowed");
        [Append::new(id, loaded.clone(), events).expect("events")]
    };
    let (one, other) = (rename("Family"), rename("Enemies"));
    let (one, other) = tokio::join!(store.append(&one, &metadata), store.append(&other, &metadata));

    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(won.expect("one of them").version, 2);
    assert!(matches!(lost, Err(AppendError::Conflict)), "{lost:?}");
    assert_eq!(store.load::<Group>(id).await.expect("loaded").version, 2);
    assert_eq!(log(&database.pool).await.len(), 2);
}

#[tokio::test]
async fn an_append_waits_for_another_that_is_not_committed_yet_and_loses_only_if_that_one_wins() {
    for wins in [true, false] {
        let database = database().await;
        let store = EventStore::new(database.pool.clone());
        let id = Uuid::now_v7();
        let mut other = database.pool.begin().await.expect("a transaction");
        insert(&mut other, id, 1).await;

        let append = tokio::spawn(async move {
            let events = first_events::<Group>(group::Command::Create { owner: owner(), name: name("Friends") });
            store.append(&[Append::begin::<Group>(id, events).expect("events")], &metadata()).await
        });
        blocked(&database.pool, 1).await;
        if wins {
            other.commit().await.expect("committed");
        } else {
            other.rollback().await.expect("rolled back");
        }

        let appended = append.await.expect("an answer");
        assert_eq!(matches!(appended, Err(AppendError::Conflict)), wins, "{appended:?}");
        assert_eq!(appended.is_ok(), !wins, "{appended:?}");
        assert_eq!(count(&database.pool).await, 1);
        assert_eq!(claims(&database.pool).await.len(), usize::from(!wins));
    }
}

#[tokio::test]
async fn one_append_over_thousands_of_streams_is_one_transaction_in_the_order_of_its_input() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (owner, metadata) = (owner(), metadata());
    // Random ids, so that their order is not by chance the one that any index has.
    let ids: Vec<Uuid> =
        (0..3_000_u128).map(|n| domain::ids::from_idempotency_key(owner, "client", &n.to_string())).collect();
    let appends: Vec<Append> =
        ids.iter().enumerate().map(|(n, id)| begin_client(*id, owner, &format!("client{n}@example.com"))).collect();

    let receipt = store.append(&appends, &metadata).await.expect("appended");

    let events = log(&database.pool).await;
    let expected: Vec<(i64, String)> = (1..).zip(ids.iter().map(Uuid::to_string)).collect();
    let read: Vec<(i64, String)> = events.iter().map(|event| (event.position, event.aggregate_id.clone())).collect();
    assert_eq!(read, expected);
    assert_eq!(receipt.position, 3_000);
    assert!(events.iter().all(|event| event.metadata() == metadata));
    let transactions: i64 = sqlx::query_scalar("select count(distinct xmin::text) from events")
        .fetch_one(&database.pool)
        .await
        .expect("a count");
    assert_eq!(transactions, 1);
    assert_eq!(claims(&database.pool).await.len(), 3_000);
}

#[tokio::test]
async fn several_events_of_one_stream_keep_their_order_beside_other_streams() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (first, second, owner) = (Uuid::now_v7(), Uuid::now_v7(), owner());
    let events = |to: &str| {
        vec![
            group::Event::Created { owner, name: name("Friends") },
            group::Event::Renamed { name: name(to) },
            group::Event::Deleted,
        ]
    };
    let appends = [(second, "Family"), (first, "Enemies")]
        .map(|(id, to)| Append::begin::<Group>(id, events(to)).expect("events"));

    let receipt = store.append(&appends, &metadata()).await.expect("appended");

    let written = log(&database.pool).await;
    let written: Vec<_> =
        written.iter().map(|event| (event.aggregate_id.as_str(), event.sequence, event.event_type.as_str())).collect();
    let (first, second) = (first.to_string(), second.to_string());
    assert_eq!(
        written,
        [
            (second.as_str(), 1, "Created"),
            (&second, 2, "Renamed"),
            (&second, 3, "Deleted"),
            (&first, 1, "Created"),
            (&first, 2, "Renamed"),
            (&first, 3, "Deleted"),
        ]
    );
    assert_eq!((receipt.position, receipt.version), (6, 3));
    assert!(claims(&database.pool).await.is_empty(), "what was claimed was released in the same breath");
}

#[tokio::test]
async fn a_conflict_in_one_of_thousands_of_streams_leaves_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (owner, metadata) = (owner(), metadata());
    let taken = Uuid::now_v7();
    insert(&mut database.pool.acquire().await.expect("a connection"), taken, 1).await;

    let groups = (0..2_000).map(|n| {
        let id = if n == 1_234 { taken } else { Uuid::now_v7() };
        let create = group::Command::Create { owner, name: name(&format!("Group {n}")) };
        Append::begin::<Group>(id, first_events::<Group>(create)).expect("events")
    });
    let refused = store.append(&groups.collect::<Vec<_>>(), &metadata).await;

    assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
    assert_eq!(count(&database.pool).await, 1);
    assert!(claims(&database.pool).await.is_empty());
}

#[tokio::test]
async fn a_taken_value_in_one_of_thousands_of_streams_leaves_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (owner, metadata) = (owner(), metadata());
    store.append(&[begin_client(Uuid::now_v7(), owner, "client1234@example.com")], &metadata).await.expect("appended");
    let held = claims(&database.pool).await;

    let clients: Vec<_> =
        (0..2_000).map(|n| begin_client(Uuid::now_v7(), owner, &format!("Client{n}@example.com"))).collect();
    let refused = store.append(&clients, &metadata).await;

    let Err(AppendError::Claimed(Some(claim))) = refused else { panic!("{refused:?}") };
    assert_eq!((claim.kind, claim.value.as_str()), ("client-email", "client1234@example.com"));
    assert_eq!(count(&database.pool).await, 1);
    assert_eq!(claims(&database.pool).await, held);
}

/// Two imports of the same people in different order: each holds an address that the other one waits for.
#[tokio::test]
async fn two_appends_that_claim_the_same_values_in_opposite_order_do_not_end_as_a_database_error() {
    let database = database().await;
    let owner = owner();
    let clients = |addresses: [&str; 3]| addresses.map(|address| begin_client(Uuid::now_v7(), owner, address)).to_vec();
    // Both stop in the middle, each behind an address of its own.
    let mut gate = database.pool.begin().await.expect("a transaction");
    for address in ["gate1@example.com", "gate2@example.com"] {
        sqlx::query("insert into claims values ('client-email', $1, $2, 'client', $3)")
            .bind(owner.to_string())
            .bind(address)
            .bind(Uuid::now_v7().to_string())
            .execute(&mut *gate)
            .await
            .expect("claimed");
    }
    let imports = [
        ["a@example.com", "gate1@example.com", "b@example.com"],
        ["b@example.com", "gate2@example.com", "a@example.com"],
    ]
    .map(|addresses| {
        let (store, clients) = (EventStore::new(database.pool.clone()), clients(addresses));
        tokio::spawn(async move { store.append(&clients, &metadata()).await })
    });
    blocked(&database.pool, 2).await;
    gate.rollback().await.expect("rolled back");

    let [one, other] = imports;
    let answers = [one.await.expect("an answer"), other.await.expect("an answer")];

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(
        answers.iter().any(|answer| matches!(answer, Err(AppendError::Conflict | AppendError::Claimed(Some(_))))),
        "the loser hears that it lost: {answers:?}"
    );
    assert_eq!(count(&database.pool).await, 3);
}

#[tokio::test]
async fn what_is_written_cannot_be_changed_not_even_by_a_superuser() {
    let database = database().await;
    let pool = &database.pool;
    insert(&mut pool.acquire().await.expect("a connection"), Uuid::now_v7(), 1).await;
    let before = log(pool).await;
    let superuser: bool = sqlx::query_scalar("select rolsuper from pg_roles where rolname = current_user")
        .fetch_one(pool)
        .await
        .expect("a role");
    assert!(superuser, "the test would prove less");

    for statement in [
        "update events set payload = 'null'",
        "update events set payload = 'null' where false",
        "delete from events",
        "truncate events",
        "truncate claims, events restart identity cascade",
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         select aggregate_type, aggregate_id, sequence, event_type, event_version, 'null' from events
         on conflict on constraint events_pkey do update set payload = excluded.payload",
        "insert into events (position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values (1, 'group', 'x', 1, 'Deleted', '1', '\"Deleted\"')",
    ] {
        sqlx::query(statement).execute(pool).await.expect_err(statement);
    }

    let after = log(pool).await;
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}
