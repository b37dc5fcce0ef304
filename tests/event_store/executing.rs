//! Commands: load, decide, append, and again after a conflict.

use domain::{
    Role,
    group::{self, Group},
    user::{self, User},
};
use eventstore::{EventStore, ExecuteError, Receipt};
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{POLL, blocked, log, metadata, name, owner, register, within};
use crate::support::database;

async fn registered(store: &EventStore) -> Uuid {
    let id = Uuid::now_v7();
    store.create::<User>(id, register("ann@example.com"), &metadata()).await.expect("registered");
    id
}

type Answer = Result<Receipt, ExecuteError<user::Error>>;

/// All at the same time: each of them has loaded the stream before any of them appends.
async fn execute_together(pool: &PgPool, id: Uuid, expected: Option<i64>, commands: Vec<user::Command>) -> Vec<Answer> {
    let count = i64::try_from(commands.len()).expect("a few");
    let mut gate = pool.begin().await.expect("a transaction");
    sqlx::query("lock table events in share mode").execute(&mut *gate).await.expect("locked");
    let mut running = JoinSet::new();
    for command in commands {
        let store = EventStore::new(pool.clone());
        running.spawn(async move { store.execute_expecting::<User>(id, expected, command, &metadata()).await });
    }
    blocked(pool, count).await;
    gate.commit().await.expect("unlocked");
    within("all answer", running.join_all()).await
}

async fn event_types(pool: &PgPool) -> Vec<String> {
    log(pool).await.into_iter().map(|event| event.event_type).collect()
}

#[tokio::test]
async fn commands_on_one_stream_at_the_same_time_all_succeed_through_retries() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let id = registered(&store).await;

    // As many as a command has attempts: each attempt fails only because another command succeeded.
    let answers = execute_together(&database.pool, id, None, vec![user::Command::ChangePassword; 6]).await;

    let mut versions: Vec<i64> = answers.into_iter().map(|answer| answer.expect("executed").version).collect();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5, 6, 7]);
    let sequences: Vec<i64> = log(&database.pool).await.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_command_that_is_tried_again_decides_on_the_fresh_state() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let id = registered(&store).await;

    let grant = |role| user::Command::GrantRole { role };
    let twice = [Role::Manager, Role::Administrator, Role::Manager, Role::Administrator].map(grant);
    let answers = execute_together(&database.pool, id, None, twice.to_vec()).await;

    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let User::Registered(account) = store.load::<User>(id).await.expect("loaded").state else { panic!("registered") };
    assert_eq!(account.roles, [Role::Manager, Role::Administrator].into());
    assert_eq!(event_types(&database.pool).await, ["Registered", "RoleGranted", "RoleGranted"], "each role once");
}

#[tokio::test]
async fn a_command_that_changes_nothing_writes_nothing_and_says_where_the_stream_is() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let id = registered(&store).await;
    let verified = store.execute::<User>(id, user::Command::VerifyEmail, &metadata()).await.expect("executed");
    registered_beside(&store).await;

    let again = store.execute::<User>(id, user::Command::VerifyEmail, &metadata()).await.expect("executed");

    assert_eq!(again, verified);
    assert_eq!(log(&database.pool).await.len(), 3);
}

async fn registered_beside(store: &EventStore) {
    store.create::<User>(Uuid::now_v7(), register("bob@example.com"), &metadata()).await.expect("registered");
}

#[tokio::test]
async fn a_refused_command_writes_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());

    let refused = store.execute::<User>(Uuid::now_v7(), user::Command::VerifyEmail, &metadata()).await;

    assert!(matches!(refused, Err(ExecuteError::Refused(user::Error::NotFound))), "{refused:?}");
    assert!(log(&database.pool).await.is_empty());
}

#[tokio::test]
async fn a_command_for_a_version_that_is_no_more_is_stale_and_writes_nothing() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (id, by, metadata) = (Uuid::now_v7(), owner(), metadata());
    let create = group::Command::Create { owner: by, name: name("Friends") };
    store.create::<Group>(id, create, &metadata).await.expect("created");
    let rename = |to| group::Command::Rename { by, name: name(to) };
    store.execute_expecting::<Group>(id, Some(1), rename("Family"), &metadata).await.expect("still at version 1");

    for expected in [0, 1, 3] {
        let stale = store.execute_expecting::<Group>(id, Some(expected), rename("Enemies"), &metadata).await;
        let Err(ExecuteError::StaleVersion { expected: said, actual }) = stale else { panic!("{stale:?}") };
        assert_eq!((said, actual), (expected, 2));
    }
    let stranger = group::Command::Rename { by: owner(), name: name("Mine") };
    let stranger = store.execute_expecting::<Group>(id, Some(1), stranger, &metadata).await;
    assert!(matches!(stranger, Err(ExecuteError::Refused(group::Error::NotFound))), "{stranger:?}");
    assert_eq!(event_types(&database.pool).await, ["Created", "Renamed"]);
}

#[tokio::test]
async fn of_several_commands_for_the_same_version_one_wins_and_the_others_are_stale() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let id = registered(&store).await;

    let answers = execute_together(&database.pool, id, Some(1), vec![user::Command::ChangePassword; 5]).await;

    let stale = |answer: &&Answer| matches!(answer, Err(ExecuteError::StaleVersion { expected: 1, actual: 2 }));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(stale).count(), 4, "{answers:?}");
    assert_eq!(event_types(&database.pool).await, ["Registered", "PasswordChanged"]);
}

#[tokio::test]
async fn a_command_whose_caller_hangs_up_is_finished() {
    let database = database().await;
    let pool = &database.pool;
    let store = EventStore::new(pool.clone());
    let id = registered(&store).await;
    let mut gate = pool.begin().await.expect("a transaction");
    sqlx::query("lock table events in share mode").execute(&mut *gate).await.expect("locked");

    let (caller, creator, created) = (store.clone(), store.clone(), Uuid::now_v7());
    let command =
        tokio::spawn(async move { caller.execute::<User>(id, user::Command::VerifyEmail, &metadata()).await });
    let creation = tokio::spawn(async move {
        let create = group::Command::Create { owner: owner(), name: name("Friends") };
        creator.create::<Group>(created, create, &metadata()).await
    });
    // Both are in the middle of their work: one in its only statement, the other one with its claim taken.
    blocked(pool, 2).await;
    for caller in [command.abort_handle(), creation.abort_handle()] {
        caller.abort();
    }
    assert!(command.await.expect_err("hung up").is_cancelled());
    assert!(creation.await.expect_err("hung up").is_cancelled());
    gate.commit().await.expect("unlocked");

    within("both events are there", async {
        while log(pool).await.len() < 3 {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
    assert_eq!(store.load::<User>(id).await.expect("loaded").version, 2);
    assert_eq!(store.load::<Group>(created).await.expect("loaded").version, 1);
    assert_eq!(super::claims(pool).await.len(), 2);
}

/// The caller hangs up at any other moment: what it asked for is done as a whole or not at all.
#[tokio::test]
async fn a_command_is_never_cut_in_half_wherever_its_caller_hangs_up() {
    let database = database().await;
    let pool = &database.pool;
    let store = EventStore::new(pool.clone());
    let by = owner();

    for steps in 0..40 {
        let (caller, id) = (store.clone(), Uuid::now_v7());
        let create = group::Command::Create { owner: by, name: name(&format!("Group {steps}")) };
        let command = create.clone();
        let call = tokio::spawn(async move { caller.create::<Group>(id, command, &metadata()).await });
        for _ in 0..steps {
            tokio::task::yield_now().await;
        }
        call.abort();
        let _ = call.await;

        // Were only the claim left, this would be refused; were only the event left, the claims would be too few.
        store.create::<Group>(id, create, &metadata()).await.expect("created now or before");
    }

    // A command that nobody waits for may still be about to lose, and its mark holds the horizon until it has.
    within("the last command ends", async {
        while log(pool).await.len() < 40 {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
    assert_eq!(log(pool).await.len(), 40);
    assert_eq!(super::claims(pool).await.len(), 40);
}
