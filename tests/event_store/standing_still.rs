//! Whoever stands still in the middle of an append, and whoever is merely slow.

use std::time::Duration;

use domain::UserId;
use domain::group::{self, Group};
use eventstore::{EventStore, StoreError};
use projections::{Access, Projector, groups};
use uuid::Uuid;

use crate::support::database;
use crate::support::service::{found, metadata};

fn create() -> group::Command {
    group::Command::Create { owner: UserId(Uuid::now_v7()), name: group::Name::parse("Friends").expect("a name") }
}

#[tokio::test]
async fn an_append_that_stands_still_holds_up_the_readers_for_a_moment_only() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let mut still = store.begin().await.expect("begun");
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ('group', gen_random_uuid()::text, 1, 'Deleted', '1', '\"Deleted\"')",
    )
    .execute(&mut *still)
    .await
    .expect("written, not committed");
    let receipt = store.execute::<Group>(Uuid::now_v7(), create(), &metadata()).await.expect("appended");

    found("what others appended can be read", async || {
        let mut connection = database.pool.acquire().await.ok()?;
        (EventStore::settled(&mut connection).await.ok()? >= receipt.position).then_some(())
    })
    .await;

    let error = StoreError::from(still.commit().await.expect_err("it was given up"));
    assert!(error.blame().may_pass(), "the same may succeed: {error}");
    let events: i64 =
        sqlx::query_scalar("select count(*) from events").fetch_one(&database.pool).await.expect("counted");
    assert_eq!(events, 1, "nothing of it is there");
}

/// Everything that this process does takes longer than PostgreSQL waits at first.
#[tokio::test]
async fn a_process_that_is_always_slower_than_it_may_be_gets_through() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (projector, reached) = Projector::new(store.clone());
    let command = create();
    let group::Command::Create { owner, .. } = command else { panic!("it creates") };
    let slowness = tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            // The thread, and with it everything else that this test does.
            std::thread::sleep(eventstore::PATIENCE + Duration::from_millis(50));
        }
    });
    let following = tokio::spawn(projector.run());

    let receipt = store.execute::<Group>(Uuid::now_v7(), command, &metadata()).await.expect("appended after all");
    let shown = reached.wait_for(receipt.position, Duration::from_mins(2)).await;

    slowness.abort();
    assert!(shown, "it is folded after all");
    assert_eq!(groups::count(&database.pool, Access::Owner(owner), None).await.expect("an answer"), 1);
    following.abort();
}
