//! What may exist only once, exists only once.

use std::collections::BTreeMap;

use domain::{
    Decide, UserId,
    client::{self, Client},
    group::{self, Group},
    user::{self, User},
};
use eventstore::{EventStore, ExecuteError, Receipt};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Recorded, add_client, blocked, change_email, claims, log, metadata, name, owner, register, within};
use crate::support::database;

type Answer = Result<Receipt, ExecuteError<client::Error>>;

fn is_taken(answer: &Answer, address: &str) -> bool {
    matches!(answer, Err(ExecuteError::Refused(client::Error::EmailTaken { email })) if email == address)
}

async fn add(store: &EventStore, owner: UserId, address: &str) -> (Uuid, Answer) {
    let id = Uuid::now_v7();
    (id, store.create::<Client>(id, add_client(owner, address), &metadata()).await)
}

/// What the claims must be: those of every stream's state at the end of the log.
async fn claims_of_the_log(pool: &PgPool) -> Vec<[String; 5]> {
    let log = log(pool).await;
    let mut claims = [claims_of::<User>(&log), claims_of::<Client>(&log), claims_of::<Group>(&log)].concat();
    claims.sort();
    claims
}

fn claims_of<A: Decide>(log: &[Recorded]) -> Vec<[String; 5]> {
    let mut states: BTreeMap<&str, A> = BTreeMap::new();
    for event in log.iter().filter(|event| event.aggregate_type == A::TYPE) {
        let happened = serde_json::from_str(&event.payload).expect("an event");
        states.entry(&event.aggregate_id).or_default().evolve(happened);
    }
    let row = |id: &str, claim: domain::Claim| {
        [claim.kind.to_owned(), claim.scope, claim.value, A::TYPE.to_owned(), id.to_owned()]
    };
    states.iter().flat_map(|(id, state)| state.claims().into_iter().map(move |claim| row(id, claim))).collect()
}

#[tokio::test]
async fn of_many_clients_added_at_once_with_one_address_one_wins() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();

    let mut requests = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        // Upper and lower case, which make no difference.
        let address = if number % 2 == 0 { "Ann@Example.com" } else { "ann@example.com" };
        requests.spawn(async move { add(&store, owner, address).await.1 });
    }
    let answers = within("all answer", requests.join_all()).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let taken = answers.iter().filter(|answer| is_taken(answer, "ann@example.com")).count();
    assert_eq!(taken, 19, "{answers:?}");
    assert_eq!(log(&database.pool).await.len(), 1);
    assert_eq!(claims(&database.pool).await, claims_of_the_log(&database.pool).await);
}

#[tokio::test]
async fn two_owners_may_know_the_same_address_and_a_user_may_have_it_too() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());

    for _ in 0..2 {
        add(&store, owner(), "ann@example.com").await.1.expect("added");
    }
    store.create::<User>(Uuid::now_v7(), register("ann@example.com"), &metadata()).await.expect("registered");

    assert_eq!(claims(&database.pool).await.len(), 3);
    assert_eq!(claims(&database.pool).await, claims_of_the_log(&database.pool).await);
}

#[tokio::test]
async fn each_aggregate_refuses_in_its_own_words() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (owner, metadata) = (owner(), metadata());
    // Characters that PostgreSQL's own message, from which the claim is read, may have between its parts.
    let odd = "Friends, (old) = \"best\"";
    let create = |text| group::Command::Create { owner, name: name(text) };
    store.create::<Group>(Uuid::now_v7(), create(odd), &metadata).await.expect("created");
    store.create::<User>(Uuid::now_v7(), register("ann@example.com"), &metadata).await.expect("registered");

    let group = store.create::<Group>(Uuid::now_v7(), create(&odd.to_uppercase()), &metadata).await;
    let user = store.create::<User>(Uuid::now_v7(), register("ANN@example.com"), &metadata).await;

    let Err(ExecuteError::Refused(group::Error::NameTaken { name })) = group else { panic!("{group:?}") };
    assert_eq!(name, odd.to_lowercase());
    assert!(matches!(user, Err(ExecuteError::Refused(user::Error::EmailTaken))), "{user:?}");
    assert_eq!(log(&database.pool).await.len(), 2);
}

#[tokio::test]
async fn a_changed_address_and_a_deleted_client_let_others_have_theirs() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (owner, metadata) = (owner(), metadata());
    let (ann, added) = add(&store, owner, "ann@example.com").await;
    added.expect("added");

    store.execute::<Client>(ann, change_email(owner, "anna@example.com"), &metadata).await.expect("changed");
    let (second, added) = add(&store, owner, "Ann@example.com").await;
    added.expect("the old address is free");
    let (_, refused) = add(&store, owner, "anna@example.com").await;
    assert!(is_taken(&refused, "anna@example.com"), "the new one is not: {refused:?}");

    store.execute::<Client>(second, client::Command::Delete { by: owner }, &metadata).await.expect("deleted");
    let (_, added) = add(&store, owner, "ann@example.com").await;
    added.expect("free again");
    assert_eq!(claims(&database.pool).await.len(), 2);
    assert_eq!(claims(&database.pool).await, claims_of_the_log(&database.pool).await);
}

#[tokio::test]
async fn a_change_of_case_only_keeps_the_address() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let (ann, added) = add(&store, owner, "ann@example.com").await;
    added.expect("added");
    let held = claims(&database.pool).await;

    store.execute::<Client>(ann, change_email(owner, "Ann@Example.com"), &metadata()).await.expect("changed");

    assert_eq!(log(&database.pool).await.len(), 2);
    assert_eq!(claims(&database.pool).await, held);
}

#[tokio::test]
async fn a_refused_claim_writes_neither_event_nor_claim() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    add(&store, owner, "ann@example.com").await.1.expect("added");
    let (bob, added) = add(&store, owner, "bob@example.com").await;
    added.expect("added");
    let held = claims(&database.pool).await;

    let refused = store.execute::<Client>(bob, change_email(owner, "ANN@example.com"), &metadata()).await;
    assert!(is_taken(&refused, "ann@example.com"), "{refused:?}");
    let (_, refused) = add(&store, owner, "bob@example.com").await;
    assert!(is_taken(&refused, "bob@example.com"), "{refused:?}");

    assert_eq!(log(&database.pool).await.len(), 2);
    assert_eq!(claims(&database.pool).await, held, "bob's own address was not released either");
}

#[tokio::test]
async fn holders_are_told_by_value() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let (ann, added) = add(&store, owner, "ann@example.com").await;
    added.expect("added");
    add(&store, super::owner(), "bob@example.com").await.1.expect("added");

    let asked = ["ann@example.com", "bob@example.com"].map(str::to_owned);
    let holders = EventStore::holders(store.pool(), "client-email", &owner.to_string(), &asked).await.expect("holders");

    assert_eq!(holders, [("ann@example.com".to_owned(), ann)]);
}

/// Ann presses "save" twice: both requests load the old state, and the second one finds the new address taken, by the
/// very client it is to change.
#[tokio::test]
async fn the_same_change_twice_at_once_is_not_refused_for_its_own_claim() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let (ann, added) = add(&store, owner, "ann@example.com").await;
    added.expect("added");

    let answers = change_together(&database.pool, owner, [(ann, "new@example.com"); 2]).await;

    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(log(&database.pool).await.len(), 2);
}

/// Each holds what the other one wants, and lets go of its own before it reaches for the other's.
#[tokio::test]
async fn two_clients_that_swap_addresses_at_once_are_refused_and_do_not_end_as_a_database_error() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let (ann, added) = add(&store, owner, "ann@example.com").await;
    added.expect("added");
    let (bob, added) = add(&store, owner, "bob@example.com").await;
    added.expect("added");
    let held = claims(&database.pool).await;

    let answers = change_together(&database.pool, owner, [(ann, "bob@example.com"), (bob, "ann@example.com")]).await;

    assert!(is_taken(&answers[0], "bob@example.com"), "{answers:?}");
    assert!(is_taken(&answers[1], "ann@example.com"), "{answers:?}");
    assert_eq!(log(&database.pool).await.len(), 2);
    assert_eq!(claims(&database.pool).await, held);
}

/// Two changes that go on together at the moment between releasing the old address and taking the new one, or, if they
/// release the same one, at the moment before.
async fn change_together(pool: &PgPool, owner: UserId, changes: [(Uuid, &str); 2]) -> [Answer; 2] {
    sqlx::raw_sql(
        "create function pass_the_gate() returns trigger language plpgsql as
             $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
         create trigger pass_the_gate before insert on claims for each statement execute function pass_the_gate()",
    )
    .execute(pool)
    .await
    .expect("there is a gate");
    let mut gate = pool.begin().await.expect("a transaction");
    sqlx::query("select pg_advisory_xact_lock(1)").execute(&mut *gate).await.expect("locked");
    let [one, other] = changes.map(|(id, address)| {
        let (store, command) = (EventStore::new(pool.clone()), change_email(owner, address));
        tokio::spawn(async move { store.execute::<Client>(id, command, &metadata()).await })
    });
    blocked(pool, 2).await;
    gate.commit().await.expect("unlocked");
    [one.await.expect("an answer"), other.await.expect("an answer")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_equal_the_fold_of_all_events() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    // Few of each, so that commands meet.
    let owners: Vec<UserId> = (0..3).map(|_| owner()).collect();
    let ids: Vec<Uuid> = (0..24).map(|_| Uuid::now_v7()).collect();

    let mut workers = JoinSet::new();
    for seed in 0..6 {
        workers.spawn(command_at_random(store.clone(), owners.clone(), ids.clone(), StdRng::seed_from_u64(seed)));
    }
    let accepted: usize = within("all commands end", workers.join_all()).await.into_iter().sum();

    let held = claims(&database.pool).await;
    assert_eq!(held, claims_of_the_log(&database.pool).await);
    assert!(accepted > 100 && held.len() > 10, "{accepted} commands accepted, {} claims held", held.len());
}

/// Returns how many commands were accepted. Why the others were not does not matter here.
async fn command_at_random(store: EventStore, owners: Vec<UserId>, ids: Vec<Uuid>, mut random: StdRng) -> usize {
    let mut accepted = 0;
    for _ in 0..100 {
        let by = *owners.choose(&mut random).expect("an owner");
        let id = *ids.choose(&mut random).expect("an id");
        let word =
            format!("{}{}", ["a", "A", "b", "c"].choose(&mut random).expect("a letter"), random.random_range(0..6));
        let address = format!("{word}@example.com");
        let metadata = metadata();
        let done = match random.random_range(0..10) {
            0..=1 => store.create::<Client>(id, add_client(by, &address), &metadata).await.is_ok(),
            2..=3 => store.execute::<Client>(id, change_email(by, &address), &metadata).await.is_ok(),
            4 => store.execute::<Client>(id, client::Command::Delete { by }, &metadata).await.is_ok(),
            5 => {
                let create = group::Command::Create { owner: by, name: name(&word) };
                store.create::<Group>(id, create, &metadata).await.is_ok()
            }
            6..=7 => {
                let rename = group::Command::Rename { by, name: name(&word) };
                store.execute::<Group>(id, rename, &metadata).await.is_ok()
            }
            8 => store.execute::<Group>(id, group::Command::Delete { by }, &metadata).await.is_ok(),
            _ => store.create::<User>(id, register(&address), &metadata).await.is_ok(),
        };
        accepted += usize::from(done);
    }
    accepted
}

#[tokio::test]
async fn administrators_of_the_time_before_hold_their_claims_after_the_migration() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let grant = |role| user::Command::GrantRole { role };
    let revoke = |role| user::Command::RevokeRole { role };
    let block = || user::Command::Block { reason: "complaints".into(), even_administrators: true };
    let unblock = || user::Command::Unblock { reason: "settled".into(), even_administrators: true };
    let administrator = domain::Role::Administrator;
    for (n, commands) in [
        vec![],
        vec![grant(domain::Role::Manager)],
        vec![grant(administrator)],
        vec![grant(administrator), grant(domain::Role::Manager), revoke(domain::Role::Manager)],
        vec![grant(administrator), revoke(administrator)],
        vec![grant(administrator), block()],
        vec![grant(administrator), block(), unblock()],
    ]
    .into_iter()
    .enumerate()
    {
        let id = Uuid::now_v7();
        store.create::<User>(id, register(&format!("user{n}@example.com")), &metadata()).await.expect("registered");
        for command in commands {
            store.execute::<User>(id, command, &metadata()).await.expect("allowed");
        }
    }
    assert_eq!(claims(&database.pool).await, claims_of_the_log(&database.pool).await);
    let kind = user::ADMINISTRATOR;
    let gone = sqlx::query("delete from claims where kind = $1").bind(kind).execute(&database.pool).await;
    assert_eq!(gone.expect("deleted").rows_affected(), 3);

    let migration = include_str!("../../migrations/0009_administration.sql");
    let (_, filling) = migration.split_once("insert into claims").expect("it fills them");
    let filling = format!("insert into claims{filling}");
    sqlx::query(&filling).execute(&database.pool).await.expect("filled");

    assert_eq!(claims(&database.pool).await, claims_of_the_log(&database.pool).await);
}

#[tokio::test]
async fn of_a_claim_that_is_needed_the_last_holder_keeps_it_whoever_else_lets_go() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let role = domain::Role::Administrator;
    let mut ids = Vec::new();
    for n in 0..8 {
        let id = Uuid::now_v7();
        store.create::<User>(id, register(&format!("user{n}@example.com")), &metadata()).await.expect("registered");
        store.execute::<User>(id, user::Command::GrantRole { role }, &metadata()).await.expect("granted");
        ids.push(id);
    }
    let mut revoking = JoinSet::new();
    for id in ids {
        let store = store.clone();
        revoking.spawn(async move { store.execute::<User>(id, user::Command::RevokeRole { role }, &metadata()).await });
    }
    let answers = within("all answer", revoking.join_all()).await;

    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(
        matches!(refused.as_slice(), [ExecuteError::Refused(user::Error::LastAdministrator)]),
        "one is refused: {refused:?}"
    );
    assert_eq!(claims(&database.pool).await, claims_of_the_log(&database.pool).await);
}
