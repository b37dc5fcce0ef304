//! Who waits for new events, is woken after the commit.

use domain::group::{self, Group};
use eventstore::{Append, EventStore};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

use super::{POLL, blocked, first_events, insert, metadata, name, owner, within};
use crate::support::database;

fn begin(id: Uuid) -> Append {
    let create = group::Command::Create { owner: owner(), name: name("Friends") };
    Append::begin::<Group>(id, first_events::<Group>(create)).expect("events")
}

async fn append(store: &EventStore) -> i64 {
    store.append(&[begin(Uuid::now_v7())], &metadata()).await.expect("appended").position
}

/// Waits until the subscriber has heard of `position`.
async fn hears(subscriber: &mut watch::Receiver<i64>, position: i64) {
    let heard = subscriber.wait_for(|heard| *heard >= position);
    within("a subscriber is woken", heard).await.expect("the store lives");
}

#[tokio::test]
async fn a_subscriber_is_woken_by_an_append_of_the_same_process_and_by_nothing_else() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mut subscriber = store.wake().subscribe();
    assert!(!subscriber.has_changed().expect("the store lives"));

    let position = append(&store.clone()).await;
    assert!(subscriber.has_changed().expect("the store lives"));
    assert_eq!(*subscriber.borrow_and_update(), position);

    let again = Uuid::now_v7();
    store.append(&[begin(again)], &metadata()).await.expect("appended");
    subscriber.mark_unchanged();
    store.append(&[begin(again)], &metadata()).await.expect_err("a conflict");
    assert!(!subscriber.has_changed().expect("the store lives"), "nothing was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_is_never_woken_before_the_commit_is_visible() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mut subscriber = store.wake().subscribe();
    let pool = database.pool.clone();
    let listener = tokio::spawn(async move {
        let mut woken = 0;
        while subscriber.changed().await.is_ok() {
            let position = *subscriber.borrow_and_update();
            let visible: bool = sqlx::query_scalar("select exists (select from events where position = $1)")
                .bind(position)
                .fetch_one(&pool)
                .await
                .expect("an answer");
            assert!(visible, "woken for {position}, which is not there");
            woken += 1;
        }
        woken
    });

    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        writers.spawn(async move {
            for _ in 0..100 {
                append(&store).await;
            }
        });
    }
    within("the writers finish", writers.join_all()).await;
    drop(store);

    let woken =
        within("the subscriber hears that there is no store any more", listener).await.expect("all were visible");
    assert!(woken > 0);
}

/// A position may be drawn early and committed late. Whoever was woken by a later one found nothing to read yet, and
/// sleeps again.
#[tokio::test]
async fn a_subscriber_is_woken_by_a_late_commit_too() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mut gate = database.pool.begin().await.expect("a transaction");
    let contested = Uuid::now_v7();
    insert(&mut gate, contested, 1).await;

    // Draws 2 and 3, and waits for what the gate does to its second stream.
    let late = store.clone();
    let late = tokio::spawn(async move { late.append(&[begin(Uuid::now_v7()), begin(contested)], &metadata()).await });
    blocked(&database.pool, 1).await;
    let early = append(&store).await;
    gate.rollback().await.expect("rolled back");
    let mut subscriber = store.wake().subscribe();
    subscriber.mark_unchanged();
    let late = late.await.expect("an answer").expect("appended").position;

    assert!(late < early, "{late} was drawn before {early}");
    assert!(subscriber.has_changed().expect("the store lives"), "there are new events to read, up to {early}");
}

/// Another process, as far as the database can tell.
struct Process {
    store: EventStore,
    relay: JoinHandle<()>,
}

impl Process {
    async fn start(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(4).connect(url).await.expect("connections");
        let store = EventStore::new(pool.clone());
        let wake = store.wake().clone();
        let relay = tokio::spawn(async move { wake.relay(pool).await });
        Self { store, relay }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

const LISTENERS: &str = "from pg_stat_activity
    where datname = current_database() and state = 'idle' and query ilike 'listen %'";

async fn listening(pool: &PgPool, count: i64) {
    within("all listen", async {
        let counted = format!("select count(*) {LISTENERS}");
        while sqlx::query_scalar::<_, i64>(&counted).fetch_one(pool).await.expect("the activity") < count {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_process_hears_of_anothers_events() {
    let database = database().await;
    let (one, other) = (Process::start(&database.url).await, Process::start(&database.url).await);
    listening(&database.pool, 2).await;

    for (from, to) in [(&one, &other), (&other, &one)] {
        let mut subscriber = to.store.wake().subscribe();
        let position = append(&from.store).await;
        hears(&mut subscriber, position).await;
    }
}

#[tokio::test]
async fn of_many_events_at_once_the_other_process_hears_the_end() {
    let database = database().await;
    let (one, other) = (Process::start(&database.url).await, Process::start(&database.url).await);
    listening(&database.pool, 2).await;
    let mut subscriber = other.store.wake().subscribe();

    let mut last = 0;
    for _ in 0..200 {
        last = append(&one.store).await;
    }

    hears(&mut subscriber, last).await;
}

#[tokio::test]
async fn a_process_that_lost_its_connection_listens_again() {
    let database = database().await;
    let (one, other) = (Process::start(&database.url).await, Process::start(&database.url).await);
    listening(&database.pool, 2).await;
    let lost: Vec<i32> =
        sqlx::query_scalar(&format!("select pid {LISTENERS}")).fetch_all(&database.pool).await.expect("pids");
    let terminate = "select bool_and(pg_terminate_backend(pid, 10000)) from unnest($1::int[]) pid";
    let gone: bool = sqlx::query_scalar(terminate).bind(&lost).fetch_one(&database.pool).await.expect("terminated");
    assert!(gone);

    listening(&database.pool, 2).await;

    let mut subscriber = other.store.wake().subscribe();
    let position = append(&one.store).await;
    hears(&mut subscriber, position).await;
}
