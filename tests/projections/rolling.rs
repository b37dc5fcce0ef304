//! Older and newer versions of the program beside each other, as while a new one is rolled out.

use domain::group::{self, Group};
use domain::{Fact, UserId};
use eventstore::{EventStore, Receipt};
use projections::{Access, Reader, groups};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::{
    Following, POLL, begin, create_group, execute, follow, follow_reading, group_name, import, insert, last_position,
    one, owner, status, stopping::stopped, within,
};
use crate::support::database;

/// What a program knows that knows one event more: what explodes is gone.
fn newer() -> Reader {
    Reader::new(|recorded| match (recorded.event_type.as_str(), recorded.aggregate_id.parse::<Uuid>()) {
        ("Exploded", Ok(id)) => Ok(Fact::Group(id.into(), group::Event::Deleted)),
        _ => recorded.fact(),
    })
}

async fn explode(pool: &PgPool, id: Uuid, sequence: i64) -> i64 {
    insert(pool, ("group", id), sequence, "Exploded", r#""Exploded""#).await
}

async fn other_process(url: &str) -> EventStore {
    EventStore::new(PgPoolOptions::new().max_connections(4).connect(url).await.expect("connections"))
}

/// From now on it is remembered whether any projection ever stops, if only for a moment.
async fn remember_stops(pool: &PgPool) {
    let remember = "create table stops (name text, error text);
        create function remember_stop() returns trigger language plpgsql as $$
            begin insert into stops values (new.name, new.error); return null; end $$;
        create trigger remember_stop after update on projections
            for each row when (new.error is not null) execute function remember_stop()";
    sqlx::raw_sql(remember).execute(pool).await.expect("it can be remembered");
}

async fn stops(pool: &PgPool) -> i64 {
    one(pool, "select count(*) from stops").await
}

async fn is_older(following: &Following) -> String {
    within("it knows that it is older", async {
        loop {
            if let Some(why) = following.reached.older() {
                return why;
            }
            tokio::time::sleep(POLL).await;
        }
    })
    .await
}

async fn names(pool: &PgPool, owner: UserId) -> Vec<String> {
    let groups = groups::page(pool, Access::Owner(owner), None, None, 10).await.expect("an answer");
    groups.into_iter().map(|group| group.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_process_stops_nothing_and_serves_what_newer_ones_fold() {
    let database = database().await;
    let (first, second) = (EventStore::new(database.pool.clone()), other_process(&database.url).await);
    remember_stops(&database.pool).await;
    let older = follow(&first);
    let owner = owner();
    let id = begin::<Group>(&first, create_group(owner, "Friends")).await;
    older.shows_all(&database.pool).await;
    let younger = follow_reading(&second, newer());

    // As many as it takes: whoever leads at the moment reads it first. The older one is told of it, and the other one has to look.
    let mut sequence = 1;
    while older.reached.older().is_none() {
        sequence += 1;
        let exploded = explode(&database.pool, id, sequence).await;
        first.appended(Receipt { position: exploded, version: sequence });
        younger.shows(exploded).await;
        older.shows(exploded).await;
        assert!(sequence < 1_000, "the older one leads now and then");
    }

    let why = is_older(&older).await;
    assert!(why.contains("Exploded of group") && why.contains("newest version"), "{why}");
    let other = begin::<Group>(&first, create_group(owner, "Rivals")).await;
    execute::<Group>(&first, other, group::Command::Rename { by: owner, name: group_name("Enemies") }).await;
    older.shows_all(&database.pool).await;
    assert_eq!(names(first.pool(), owner).await, ["Enemies"]);
    assert_eq!(stops(&database.pool).await, 0, "nobody stopped at any moment");
    assert_eq!(younger.reached.older(), None);

    // The newer one is taken back. What the older one can read goes on.
    younger.end().await;
    execute::<Group>(&first, other, group::Command::Rename { by: owner, name: group_name("Partners") }).await;
    older.shows_all(&database.pool).await;
    assert_eq!(names(first.pool(), owner).await, ["Partners"]);
    assert_eq!(older.reached.older(), None, "it stands in");
    assert_eq!(stops(&database.pool).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_program_stopped_at_goes_on_with_a_newer_one() {
    let database = database().await;
    let (first, second) = (EventStore::new(database.pool.clone()), other_process(&database.url).await);
    let owner = owner();
    let friends = begin::<Group>(&first, create_group(owner, "Friends")).await;
    explode(&database.pool, friends, 2).await;
    begin::<Group>(&first, create_group(owner, "Enemies")).await;
    // Several pages behind when it goes on.
    import(&first, owner, 2_500).await;
    let older = follow(&first);
    within("it has stopped", stopped(&database.pool, "groups")).await;

    let younger = follow_reading(&second, newer());

    let last = last_position(&database.pool).await;
    within("the projection goes on", async {
        while status(&database.pool, "groups").await.position < last {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
    for process in [&younger, &older] {
        within("the process knows it", async {
            while process.reached.position() < last {
                tokio::time::sleep(POLL).await;
            }
        })
        .await;
    }
    assert_eq!(names(second.pool(), owner).await, ["Enemies"]);
    let (groups, clients) = (status(&database.pool, "groups").await, status(&database.pool, "clients").await);
    assert_eq!((groups.error, groups.position, groups.folded), (None, clients.position, clients.folded));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_a_migration_overtook_leaves_the_read_models_to_those_that_know_it() {
    let database = database().await;
    let (first, second) = (EventStore::new(database.pool.clone()), other_process(&database.url).await);
    let older = follow(&first);
    let owner = owner();
    begin::<Group>(&first, create_group(owner, "Friends")).await;
    older.shows_all(&database.pool).await;

    sqlx::raw_sql(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, '', 0)",
    )
    .execute(&database.pool)
    .await
    .expect("migrated");
    let why = is_older(&older).await;

    assert!(why.contains("migrated"), "{why}");
    begin::<Group>(&first, create_group(owner, "Enemies")).await;
    let younger = follow(&second);
    younger.shows_all(&database.pool).await;
    older.shows_all(&database.pool).await;
    assert_eq!(younger.reached.older(), None);
    assert!(older.reached.older().is_some());
}
