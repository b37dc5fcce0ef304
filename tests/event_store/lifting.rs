//! Events that are stored in a form of before are read as those of today.

use domain::run::{self, Run};
use domain::{Fact, MailingId, Missed, RunId, UserId};
use eventstore::{EventStore, StoreError, upcasters};
use postgres_es::postgres_cqrs;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::{log, metadata};
use crate::support::database;

/// A moment passed unused, as it was stored when each had an event of its own.
async fn insert_old(pool: &PgPool, run: RunId, mailing: MailingId, owner: UserId, version: &str) {
    let payload = json!({ "OccurrenceMissed": {
        "mailing": mailing, "owner": owner, "occurrence": "2026-03-02T08:00:00Z",
    } });
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ('run', $1, 1, 'OccurrenceMissed', $2, $3)",
    )
    .bind(run.to_string())
    .bind(version)
    .bind(payload)
    .execute(pool)
    .await
    .expect("inserted");
}

fn miss(mailing: MailingId, owner: UserId) -> run::Command {
    run::Command::Miss { mailing, owner, missed: Missed::one("2026-03-02T08:00:00Z".parse().expect("a moment")) }
}

#[tokio::test]
async fn an_old_form_is_lifted_in_the_log_in_its_stream_and_by_a_stock_postgres_es() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (run, mailing, owner) = (RunId(Uuid::now_v7()), MailingId(Uuid::now_v7()), UserId(Uuid::now_v7()));
    insert_old(&database.pool, run, mailing, owner, "1").await;

    // The log.
    let events = log(&database.pool).await;
    let [event] = &*events else { panic!("one event: {events:?}") };
    let missed = Missed::one("2026-03-02T08:00:00Z".parse().expect("a moment"));
    let expected = Fact::Run(run, run::Event::OccurrencesMissed { mailing, owner, missed });
    assert_eq!(event.fact().expect("a fact"), expected);
    assert_eq!(event.event_type, "OccurrenceMissed", "what is stored stays as it is");
    // The stream, one, many, and after a version.
    assert_eq!(store.load::<Run>(run.0).await.expect("loaded").state, Run::Missed);
    assert_eq!(store.load_many::<Run>(&[run.0]).await.expect("loaded")[0].state, Run::Missed);
    assert_eq!(store.events_after::<Run>(run.0, 0).await.expect("read").len(), 1);
    // A repeated request, which postgres-es reads.
    let again = store.create::<Run>(run.0, miss(mailing, owner), &metadata()).await.expect("the first answer");
    assert_eq!(again.version, 1);
    // A stock postgres-es that is given what it needs for it.
    let stock = postgres_cqrs::<Run>(database.pool.clone(), vec![], ());
    assert!(stock.execute(&run.to_string(), miss(mailing, owner)).await.is_err(), "it does not know the old form");
    let repository = postgres_es::PostgresEventRepository::new(database.pool.clone());
    let lifting = cqrs_es::persist::PersistedEventStore::<_, Run>::new_event_store(repository);
    let lifting = cqrs_es::CqrsFramework::new(lifting.with_upcasters(upcasters::<Run>()), vec![], ());
    lifting.execute(&run.to_string(), miss(mailing, owner)).await.expect("nothing is left to do");
    assert_eq!(log(&database.pool).await.len(), 1);
}

#[tokio::test]
async fn a_version_that_nobody_knows_is_no_event() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let run = RunId(Uuid::now_v7());
    insert_old(&database.pool, run, MailingId(Uuid::now_v7()), UserId(Uuid::now_v7()), "2").await;

    let refused = store.load::<Run>(run.0).await;
    assert!(matches!(refused, Err(StoreError::Version { .. })), "{refused:?}");
    let unknown = log(&database.pool).await[0].fact();
    assert!(matches!(unknown, Err(domain::UnknownFact::Version(_))), "{unknown:?}");
}
