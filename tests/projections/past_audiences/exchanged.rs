//! The tables themselves may be exchanged for rebuilt ones while an audience is asked for.

use super::super::{POLL, follow, import, metadata, one, owner, within};
use super::moving::{mailing_to, through};
use crate::support::database;
use domain::ClientId;
use domain::mailing::Audience;
use eventstore::EventStore;
use projections::mailings::PastAudience;
use projections::{Projection, rebuild};
use sqlx::PgPool;
use std::collections::BTreeSet;

/// A key of the story's own.
const HELD: &str = "4713";

/// A store that waits where it asks how far the read models are, for as long as somebody holds the key: with its snapshot already
/// taken.
async fn slow_at_the_checkpoint(pool: &PgPool, url: &str) -> EventStore {
    let checkpoint = format!(
        "create schema slow;
         create function slow.held() returns boolean language plpgsql as $$
         begin
             perform pg_advisory_xact_lock_shared({HELD});
             return true;
         end
         $$;
         create view slow.projections as select * from public.projections where (select slow.held())"
    );
    sqlx::raw_sql(&checkpoint).execute(pool).await.expect("the checkpoint is slow");
    through(url, "slow").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audience_is_whole_also_if_the_address_books_are_exchanged_while_it_is_asked_for() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let owner = owner();
    let clients: BTreeSet<ClientId> = import(&store, owner, 3).await.into_iter().map(ClientId).collect();
    let mailing = mailing_to(&store, owner, Audience { clients: clients.clone(), ..Audience::default() }).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let head = EventStore::head(&database.pool).await.expect("there is a log");
    let slow = slow_at_the_checkpoint(&database.pool, &database.url).await;
    let mut past = PastAudience::open(&slow, (mailing, owner), head, None).await.expect("it can be asked for");

    let mut holding = database.pool.acquire().await.expect("a connection");
    let hold = format!("select pg_advisory_lock({HELD})");
    sqlx::query(&hold).execute(&mut *holding).await.expect("nobody else has it");
    let asking = tokio::spawn(async move { past.next(10).await });
    within("it is in the middle of its snapshot", async {
        let waits = format!(
            "select count(*) from pg_locks where locktype = 'advisory' and objid = {HELD} and not granted
                and database = (select oid from pg_database where datname = current_database())"
        );
        while one::<i64>(&database.pool, &waits).await == 0 {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
    let rebuilding = {
        let store = store.clone();
        tokio::spawn(async move { rebuild(&store, Projection::Clients, &metadata(), |_| {}).await })
    };
    within("the tables are exchanged, or that waits for whoever reads them", async {
        let waits =
            "select count(*) from pg_locks where locktype = 'relation' and mode = 'AccessExclusiveLock' and not granted
                        and database = (select oid from pg_database where datname = current_database())";
        while !rebuilding.is_finished() && one::<i64>(&database.pool, waits).await == 0 {
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
    let let_go = format!("select pg_advisory_unlock({HELD})");
    sqlx::query(&let_go).execute(&mut *holding).await.expect("it was held");

    let found = within("there is an answer", asking).await.expect("no panic");
    let found = found.expect("it reads").expect("the read models are there");
    let found: BTreeSet<ClientId> = found.iter().map(|invited| invited.client).collect();
    assert_eq!(found, clients, "everybody is there");
    within("the rebuild is over", rebuilding).await.expect("no panic").expect("rebuilt");
}
