//! Following the log: nothing is read too early, and nothing holds it up that need not.

use eventstore::EventStore;
use sqlx::{Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::{insert, log, metadata, name, owner, within};
use crate::support::database;
use domain::group::{self, Group};

async fn settled(pool: &PgPool) -> i64 {
    EventStore::settled(&mut pool.acquire().await.expect("a connection")).await.expect("settled")
}

async fn positions(pool: &PgPool) -> Vec<i64> {
    log(pool).await.iter().map(|event| event.position).collect()
}

async fn insert_and_commit(pool: &PgPool) -> i64 {
    insert(&mut pool.acquire().await.expect("a connection"), Uuid::now_v7(), 1).await
}

#[tokio::test]
async fn an_empty_log_is_settled_at_zero_and_the_first_event_ever_is_read() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    assert_eq!(settled(&database.pool).await, 0);
    assert!(log(&database.pool).await.is_empty());

    let create = group::Command::Create { owner: owner(), name: name("Friends") };
    let id = Uuid::now_v7();
    let receipt = store.create::<Group>(id, create, &metadata()).await.expect("created");

    assert_eq!((receipt.position, receipt.version), (1, 1));
    assert_eq!(settled(&database.pool).await, 1);
    let events = log(&database.pool).await;
    assert_eq!(events.len(), 1);
    let first = &events[0];
    assert_eq!((first.position, first.sequence, first.event_type.as_str()), (1, 1, "Created"));
    assert_eq!((first.aggregate_type.as_str(), &first.aggregate_id), ("group", &id.to_string()));
}

#[tokio::test]
async fn the_first_event_ever_is_waited_for_like_any_other() {
    let database = database().await;
    let mut first = database.pool.begin().await.expect("a transaction");
    insert(&mut first, Uuid::now_v7(), 1).await;

    assert_eq!(settled(&database.pool).await, 0);
    first.commit().await.expect("committed");
    assert_eq!(positions(&database.pool).await, [1]);
}

/// How a transaction with an early position ends.
#[derive(Debug)]
enum End {
    Commit,
    Rollback,
    Error,
    LostConnection,
}

#[tokio::test]
async fn a_position_that_was_drawn_earlier_is_waited_for_until_its_transaction_ends() {
    for (end, readable) in [
        (End::Commit, &[1, 2, 3, 4][..]),
        (End::Rollback, &[1, 4]),
        (End::Error, &[1, 4]),
        (End::LostConnection, &[1, 4]),
    ] {
        let database = database().await;
        let pool = &database.pool;
        insert_and_commit(pool).await;

        let mut early = PgConnection::connect(&database.url).await.expect("a connection");
        sqlx::query("begin").execute(&mut early).await.expect("a transaction");
        let stream = Uuid::now_v7();
        assert_eq!(insert(&mut early, stream, 1).await, 2);
        assert_eq!(insert(&mut early, stream, 2).await, 3);
        assert_eq!(insert_and_commit(pool).await, 4);

        // A reader that remembers the highest position it saw is at 4 now, and never reads 2 and 3.
        let highest: i64 = sqlx::query_scalar("select max(position) from events").fetch_one(pool).await.expect("a row");
        assert_eq!(highest, 4);
        assert_eq!(settled(pool).await, 1, "{end:?}");
        assert_eq!(positions(pool).await, [1], "{end:?}");

        match end {
            End::Commit => finish(&mut early, "commit").await,
            End::Rollback => finish(&mut early, "rollback").await,
            // Releases everything at once, although the client has not said "rollback" yet.
            End::Error => {
                sqlx::query("select 1 / 0").execute(&mut early).await.expect_err("division by zero");
            }
            End::LostConnection => drop(early),
        }

        within("the horizon moves on", async {
            while settled(pool).await < 4 {
                tokio::time::sleep(super::POLL).await;
            }
        })
        .await;
        assert_eq!(positions(pool).await, readable, "{end:?}");
    }
}

async fn finish(connection: &mut PgConnection, statement: &str) {
    sqlx::query(statement).execute(connection).await.expect("finished");
}

#[tokio::test]
async fn the_earliest_of_several_open_transactions_counts() {
    let database = database().await;
    let pool = &database.pool;
    let mut first = pool.begin().await.expect("a transaction");
    insert(&mut first, Uuid::now_v7(), 1).await;
    let mut second = pool.begin().await.expect("a transaction");
    insert(&mut second, Uuid::now_v7(), 1).await;
    // The first one's later events do not move its mark.
    insert(&mut first, Uuid::now_v7(), 1).await;
    insert_and_commit(pool).await;

    assert_eq!(settled(pool).await, 0);
    first.commit().await.expect("committed");
    assert_eq!(settled(pool).await, 1, "the second transaction is still open");
    assert_eq!(positions(pool).await, [1]);
    second.commit().await.expect("committed");
    assert_eq!(positions(pool).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_takes_its_mark_with_it_and_the_next_insert_makes_a_new_one() {
    let database = database().await;
    let pool = &database.pool;
    let mut open = pool.begin().await.expect("a transaction");
    let mut savepoint = open.begin().await.expect("a savepoint");
    assert_eq!(insert(&mut savepoint, Uuid::now_v7(), 1).await, 1);
    savepoint.rollback().await.expect("rolled back");

    assert_eq!(settled(pool).await, 1, "nothing can become visible at 1 any more");
    assert_eq!(insert(&mut open, Uuid::now_v7(), 1).await, 2);
    assert_eq!(insert_and_commit(pool).await, 3);
    assert_eq!(settled(pool).await, 1);
    open.commit().await.expect("committed");
    assert_eq!(positions(pool).await, [2, 3]);
}

#[tokio::test]
async fn what_does_not_append_to_this_log_does_not_hold_it_up() {
    let (ours, theirs) = (database().await, database().await);
    let mut elsewhere = theirs.pool.begin().await.expect("a transaction");
    insert(&mut elsewhere, Uuid::now_v7(), 1).await;
    let mut other_table = ours.pool.begin().await.expect("a transaction");
    sqlx::query("insert into projections (name) values ('slow')").execute(&mut *other_table).await.expect("inserted");
    let mut other_lock = ours.pool.begin().await.expect("a transaction");
    sqlx::query("select pg_advisory_xact_lock_shared(0)").execute(&mut *other_lock).await.expect("locked");

    insert_and_commit(&ours.pool).await;

    assert_eq!(positions(&ours.pool).await, [1]);
    assert_eq!(settled(&theirs.pool).await, 0);
}

/// An appender may read the sequence, be overtaken by others, and register only then: its mark is older than what has
/// been read. Its positions are not.
#[tokio::test]
async fn a_horizon_that_falls_back_lets_nothing_be_read_twice() {
    let database = database().await;
    let pool = &database.pool;
    for _ in 0..3 {
        insert_and_commit(pool).await;
    }
    assert_eq!(settled(pool).await, 3);
    let mut late = pool.begin().await.expect("a transaction");
    sqlx::query("select pg_advisory_xact_lock_shared((x'5359'::bigint << 48) | 1)")
        .execute(&mut *late)
        .await
        .expect("registered");

    let horizon = settled(pool).await;

    assert_eq!(horizon, 1);
    let mut connection = pool.acquire().await.expect("a connection");
    assert!(EventStore::page(&mut connection, 3, horizon, 100).await.expect("a page").is_empty());
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let database = database().await;
    let pool = &database.pool;
    for number in 0..10 {
        if number % 3 == 0 {
            let mut lost = pool.begin().await.expect("a transaction");
            insert(&mut lost, Uuid::now_v7(), 1).await;
            lost.rollback().await.expect("rolled back");
        }
        insert_and_commit(pool).await;
    }
    let all = positions(pool).await;
    assert_eq!(all.len(), 10);

    let mut connection = pool.acquire().await.expect("a connection");
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = EventStore::page(&mut connection, after, all[8], 4).await.expect("a page");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 4);
        after = last.position;
        read.extend(page.iter().map(|event| event.position));
    }
    assert_eq!(read, all[..9], "up to the bound and no further");
}

/// Inserts an event of another kind, and returns its position.
async fn insert_of(pool: &PgPool, kind: &str, payload: &str) -> i64 {
    sqlx::query_scalar(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ($1, $2, 1, 'Deleted', '1', $3::jsonb) returning position",
    )
    .bind(kind)
    .bind(Uuid::now_v7().to_string())
    .bind(payload)
    .fetch_one(pool)
    .await
    .expect("inserted")
}

/// Reads stretches of these kinds up to the end: the positions that were read, and how many events were passed in each.
async fn stretches(pool: &PgPool, kinds: &[&str], up_to: i64, limit: i64) -> (Vec<i64>, Vec<i64>) {
    let mut connection = pool.acquire().await.expect("a connection");
    EventStore::read_in_order(&mut connection).await.expect("set");
    let (mut read, mut passed, mut after) = (Vec::new(), Vec::new(), 0);
    loop {
        let stretch = EventStore::stretch(&mut connection, kinds, (after, up_to), limit).await.expect("a stretch");
        let Some(last) = stretch.last else { break };
        assert!(stretch.rows.iter().all(|event| kinds.contains(&event.aggregate_type.as_str())), "{stretch:?}");
        assert!(last > after && stretch.rows.iter().all(|event| event.position <= last), "{stretch:?}");
        read.extend(stretch.rows.iter().map(|event| event.position));
        passed.push(stretch.passed);
        after = last;
    }
    // A pool's connection is as it was for whoever has it next.
    connection.close_on_drop();
    (read, passed)
}

#[tokio::test]
async fn stretches_have_what_concerns_and_count_what_does_not() {
    let database = database().await;
    let pool = &database.pool;
    let mut groups = Vec::new();
    for number in 0..20 {
        if number % 3 == 0 {
            let mut lost = pool.begin().await.expect("a transaction");
            insert(&mut lost, Uuid::now_v7(), 1).await;
            lost.rollback().await.expect("rolled back");
        }
        if number % 4 == 1 {
            groups.push(insert_of(pool, "group", r#""Deleted""#).await);
        } else {
            insert_of(pool, "rocket", r#""Launched""#).await;
        }
    }
    let all = positions(pool).await;
    let last = all[all.len() - 1];

    // What comes after the last one that concerns is passed, too.
    for (limit, parts) in [(100, 1), (2, 3), (1, 6)] {
        let (read, passed) = stretches(pool, &["group"], last, limit).await;
        assert_eq!(read, groups, "{limit} at a time");
        assert_eq!((passed.iter().sum::<i64>(), passed.len()), (20, parts), "{limit} at a time: {passed:?}");
    }
    assert_eq!(stretches(pool, &["group", "rocket"], last, 7).await, (all.clone(), vec![7, 7, 6]));
    assert_eq!(stretches(pool, &["client"], last, 7).await, (vec![], vec![20]));
    // Up to the bound and no further.
    let (read, passed) = stretches(pool, &["group"], groups[2] - 1, 100).await;
    assert_eq!((read.as_slice(), passed.iter().sum::<i64>()), (&groups[..2], 9));
    assert_eq!(stretches(pool, &["group"], 0, 100).await, (vec![], vec![]));
}

#[tokio::test]
async fn a_stretch_ends_early_when_its_events_are_heavy() {
    let database = database().await;
    let pool = &database.pool;
    // What does not repeat is not made smaller.
    let heavy = "select to_jsonb(string_agg(md5(random()::text), '')) #>> '{}' from generate_series(1, 12000)";
    let heavy: String = sqlx::query_scalar(heavy).fetch_one(pool).await.expect("a text");
    let payload = serde_json::json!({ "Deleted": heavy }).to_string();
    for kind in ["group", "group", "rocket", "group", "group", "group"] {
        insert_of(pool, kind, &payload).await;
    }
    let last = positions(pool).await[5];

    let (read, passed) = stretches(pool, &["group"], last, 100).await;

    assert_eq!(read.len(), 5);
    assert_eq!(passed.iter().sum::<i64>(), 6);
    assert!(passed.len() > 1, "{passed:?}");
}
