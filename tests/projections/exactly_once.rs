//! Every event counts exactly once, however often projectors die and whoever leads.

use std::{pin::pin, time::Duration};

use domain::{
    group::{self, Group},
    message::{self, Message},
};
use eventstore::EventStore;
use projections::Projector;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{PgPool, postgres::PgPoolOptions};

use super::{
    begin, content, create_group, equals_a_rebuild, execute, follow, group_name, metadata, one, owner, within,
    world::World,
};
use crate::support::{database, database::OwnServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_killed_at_any_moment_leaves_nothing_half_done() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mut random = StdRng::seed_from_u64(20);
    let mut world = World::new(&store, 20);
    let writer = tokio::spawn(async move { world.run(250).await });

    let mut killed = 0;
    while !writer.is_finished() || killed < 50 {
        let following = follow(&store);
        tokio::time::sleep(Duration::from_millis(random.random_range(0..40))).await;
        following.end().await;
        killed += 1;
    }
    writer.await.expect("it wrote to the end");

    equals_a_rebuild(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projectors_on_one_database_fold_nothing_twice() {
    let database = database().await;
    let mut stores = Vec::new();
    for _ in 0..2 {
        let pool = PgPoolOptions::new().max_connections(6).connect(&database.url).await.expect("connections");
        stores.push(EventStore::new(pool));
    }
    let writers: Vec<_> = (30_u64..)
        .zip(&stores)
        .map(|(seed, store)| {
            let mut world = World::new(store, seed);
            tokio::spawn(async move { world.run(150).await })
        })
        .collect();

    let stays = follow(&stores[0]);
    let mut random = StdRng::seed_from_u64(30);
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let leaves = follow(&stores[1]);
        tokio::time::sleep(Duration::from_millis(random.random_range(0..150))).await;
        leaves.end().await;
    }
    let other = follow(&stores[1]);
    for writer in writers {
        writer.await.expect("it wrote to the end");
    }

    stays.shows_all(&database.pool).await;
    other.shows_all(&database.pool).await;
    equals_a_rebuild(&stores[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_projector_resumes_by_itself_when_postgresql_comes_back() {
    let mut server = OwnServer::start().await;
    let pool = PgPoolOptions::new().max_connections(8).connect(server.url()).await.expect("connections");
    skymailing::wire::MIGRATIONS.run(&pool).await.expect("migrated");
    let store = EventStore::new(pool.clone());
    let following = follow(&store);
    let mut world = World::new(&store, 40);
    let writer = tokio::spawn(async move {
        world.run(200).await;
        world
    });

    for _ in 0..2 {
        let before = following.reached.position();
        within("events flow", async {
            while following.reached.position() < before + 40 {
                pause().await;
            }
        })
        .await;
        server.stop().await;
        server.start_again().await;
    }
    within("the writer ends", writer).await.expect("it wrote to the end").run(5).await;

    following.shows_all(&pool).await;
    assert!(!following.task.is_finished(), "the projector lives");
    equals_a_rebuild(&store).await;
}

/// A commit that does not wait for the disk may be lost when PostgreSQL dies; its events are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_of_postgresql_took_from_the_read_models_is_folded_again() {
    let mut server = OwnServer::start().await;
    let pool = connect(&server).await;
    skymailing::wire::MIGRATIONS.run(&pool).await.expect("migrated");
    let store = EventStore::new(pool.clone());
    let following = follow(&store);
    let mut world = World::new(&store, 50);

    for _ in 0..3 {
        world.run(15).await;
        // A moment at which the sequence will say after the crash what it says before, which it seldom does.
        within("the sequence's reserve is used up", async {
            while one::<i64>(&pool, "select log_cnt from events_position_seq").await > 0 {
                world.step().await;
            }
        })
        .await;
        following.shows_all(&pool).await;
        let written = super::last_position(&pool).await;
        server.kill().await;
        server.start_again().await;
        within("PostgreSQL answers", async {
            while sqlx::query("select").execute(&pool).await.is_err() {
                pause().await;
            }
        })
        .await;
        assert_eq!(super::last_position(&pool).await, written, "events are safe");

        // Nothing new happens, and yet the read models come back to where they were.
        within("what was lost is folded again", async {
            while one::<i64>(&pool, "select min(position) from projections").await < written {
                pause().await;
            }
        })
        .await;
    }

    equals_a_rebuild(&store).await;
}

/// As in production: only the projector's own commits do not wait.
async fn connect(server: &OwnServer) -> PgPool {
    let options = server.url().parse::<sqlx::postgres::PgConnectOptions>().expect("it is a URL");
    let options = options.options([("synchronous_commit", "on")]);
    PgPoolOptions::new().max_connections(8).connect_with(options).await.expect("connections")
}

async fn pause() {
    tokio::time::sleep(super::POLL).await;
}

#[tokio::test]
async fn a_projector_for_commands_folds_all_there_is_and_ends() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    World::new(&store, 60).run(60).await;

    let (mut projector, reached) = Projector::new(store.clone());
    projector.catch_up().await.expect("caught up");

    assert_eq!(reached.position(), super::last_position(&database.pool).await);
    equals_a_rebuild(&store).await;
}

/// A transaction that was cut off while it began must not go on in its connection: the next one to use that writes into
/// it, gets a receipt, and nobody ever commits.
#[tokio::test]
async fn an_event_with_a_receipt_is_in_the_log_whoever_was_cut_off_before() {
    let database = database().await;
    let pool = PgPoolOptions::new().max_connections(1).connect(&database.url).await.expect("a connection");
    let store = EventStore::new(pool.clone());
    let create = |subject| message::Command::Create { owner: owner(), content: content(subject) };
    begin::<Message>(&store, create("Spring")).await;

    let beginning = "select exists (select from pg_stat_activity
        where datname = current_database() and query like 'begin;%' and state <> 'idle')";
    let mut cut_off = 0;
    while cut_off < 3 {
        // A name is taken and another given up, which is several statements.
        let by = owner();
        let group = begin::<Group>(&store, create_group(by, "Friends")).await;
        {
            let metadata = metadata();
            let rename = group::Command::Rename { by, name: group_name("Others") };
            let mut append = pin!(store.execute::<Group>(group, rename, &metadata));
            // Dropped when PostgreSQL has got its BEGIN and it has not looked for the answer.
            while futures::poll!(&mut append).is_pending() {
                if one(&database.pool, beginning).await {
                    cut_off += 1;
                    break;
                }
            }
        }
        within("the pool has its connection back, or has closed it", async {
            while usize::try_from(pool.size()).expect("a number") > pool.num_idle() {
                pause().await;
            }
        })
        .await;

        let receipt = execute::<Message>(&store, uuid::Uuid::now_v7(), create("Summer")).await;

        let there = format!("select count(*) from events where position = {}", receipt.position);
        assert_eq!(one::<i64>(&database.pool, &there).await, 1, "the event is there");
    }
}
