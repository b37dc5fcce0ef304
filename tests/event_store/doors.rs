//! Doors: who may come in is written with the events, and follows from them alone.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate as _;
use domain::{
    Decide, Role,
    user::{self, User},
};
use eventstore::EventStore;
use postgres_es::postgres_cqrs;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{email, log, metadata, register, within};
use crate::support::database;

/// Whether the address is proven, whether the user is blocked, and their roles.
type Door = (bool, bool, BTreeSet<String>);

/// All doors as the table holds them.
async fn doors(pool: &PgPool) -> BTreeMap<Uuid, Door> {
    let rows: Vec<(Uuid, bool, bool, Vec<String>)> =
        sqlx::query_as("select user_id, verified, blocked, roles from doors").fetch_all(pool).await.expect("doors");
    let door = |(id, verified, blocked, roles): (Uuid, bool, bool, Vec<String>)| {
        let set: BTreeSet<String> = roles.iter().cloned().collect();
        assert_eq!(set.len(), roles.len(), "each role once");
        (id, (verified, blocked, set))
    };
    rows.into_iter().map(door).collect()
}

/// What they must be: those of every user's state at the end of the log.
async fn doors_of_the_log(pool: &PgPool) -> BTreeMap<Uuid, Door> {
    let mut states: BTreeMap<Uuid, User> = BTreeMap::new();
    for event in log(pool).await.into_iter().filter(|event| event.aggregate_type == User::TYPE) {
        let id = event.aggregate_id.parse().expect("an id");
        states.entry(id).or_default().evolve(serde_json::from_str(&event.payload).expect("an event"));
    }
    let door = |(id, state): (Uuid, User)| match state {
        User::Absent => None,
        User::Registered(account) => {
            let roles = account.roles.iter().map(|role| role.name().to_owned()).collect();
            Some((id, (account.verified, account.blocked, roles)))
        }
    };
    states.into_iter().filter_map(door).collect()
}

fn block() -> user::Command {
    user::Command::Block { reason: "complaints".into(), even_administrators: true }
}

fn unblock() -> user::Command {
    user::Command::Unblock { reason: "settled".into(), even_administrators: true }
}

fn at_random(random: &mut StdRng, number: usize) -> user::Command {
    let role = *Role::ALL.choose(random).expect("a role");
    match random.random_range(0..9) {
        0 => user::Command::VerifyEmail,
        1 => user::Command::ChangeEmail { email: email(&format!("u{}@example.com", random.random_range(0..9))) },
        2 => user::Command::ChangePassword,
        3 => block(),
        4 => unblock(),
        5 | 6 => user::Command::GrantRole { role },
        7 => user::Command::RevokeRole { role },
        _ => register(&format!("user{number}@example.com")),
    }
}

/// A few users to whom much has happened.
async fn a_lively_log(store: &EventStore) {
    let ids: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    for (number, id) in ids.iter().enumerate() {
        store.create::<User>(*id, register(&format!("user{number}@example.com")), &metadata()).await.expect("new");
    }
    let mut workers = JoinSet::new();
    for seed in 0..4 {
        let (store, ids, mut random) = (store.clone(), ids.clone(), StdRng::seed_from_u64(seed));
        workers.spawn(async move {
            for number in 0..60 {
                let id = *ids.choose(&mut random).expect("an id");
                // Some are refused, which does not matter here.
                let _ = store.execute::<User>(id, at_random(&mut random, number), &metadata()).await;
            }
        });
    }
    within("all commands end", workers.join_all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_equal_the_fold_of_all_events_also_when_a_migration_fills_them() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    a_lively_log(&store).await;
    let expected = doors_of_the_log(&database.pool).await;
    assert_eq!(doors(&database.pool).await, expected);
    let differ: BTreeSet<_> = expected.values().collect();
    // The dice and the order of those who write at the same time decide how many.
    assert!(differ.len() > 1, "{differ:?}");

    sqlx::query("truncate doors").execute(&database.pool).await.expect("as before the migration");
    let migration = include_str!("../../migrations/0018_doors.sql");
    let begin = migration.find("do $$").expect("it fills them");
    let end = migration[begin..].find("$$;").expect("a block ends") + begin + "$$;".len();
    sqlx::raw_sql(&migration[begin..end]).execute(&database.pool).await.expect("filled");

    assert_eq!(doors(&database.pool).await, expected);
}

#[tokio::test]
async fn a_stock_postgres_es_that_blocks_somebody_shuts_the_door() {
    let database = database().await;
    let stock = postgres_cqrs::<User>(database.pool.clone(), vec![], ());
    let id = Uuid::now_v7();
    for command in [
        register("ann@example.com"),
        user::Command::VerifyEmail,
        user::Command::GrantRole { role: Role::Manager },
        block(),
    ] {
        stock.execute(&id.to_string(), command).await.expect("allowed");
    }
    let expected = BTreeMap::from([(id, (true, true, BTreeSet::from(["manager".to_owned()])))]);
    assert_eq!(doors(&database.pool).await, expected);
}

#[tokio::test]
async fn an_event_that_this_version_does_not_know_moves_no_door_and_is_not_refused() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let id = Uuid::now_v7();
    store.create::<User>(id, register("ann@example.com"), &metadata()).await.expect("registered");
    let before = doors(&database.pool).await;
    for (stream, sequence, event, payload) in [
        (id.to_string(), 2, "Promoted", r#"{"Promoted": {"role": "manager"}}"#),
        (id.to_string(), 3, "RoleGranted", r#"{"RoleGranted": {}}"#),
        (id.to_string(), 4, "RoleGranted", r#""RoleGranted""#),
        (Uuid::now_v7().to_string(), 1, "Blocked", r#"{"Blocked": {"reason": ""}}"#),
        ("nobody's".to_owned(), 1, "Registered", r#"{"Registered": {}}"#),
        ("nobody's".to_owned(), 2, "Blocked", r#"{"Blocked": {"reason": ""}}"#),
    ] {
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
             values ('user', $1, $2, $3, '1', $4::jsonb)",
        )
        .bind(stream)
        .bind(sequence)
        .bind(event)
        .bind(payload)
        .execute(&database.pool)
        .await
        .expect("appended");
    }
    assert_eq!(doors(&database.pool).await, before);
}
