//! The event store against a real PostgreSQL: what those who build on it rely on.

mod appending;
mod causes;
mod claims;
mod compatibility;
mod creating;
mod doors;
mod executing;
mod lifting;
mod reading;
mod standing_still;
mod stress;
mod waking;

use std::{future::Future, time::Duration};

use cqrs_es::Aggregate;
use domain::{Actor, Decide, EmailAddress, FullName, Language, TimeZone, UserId, client, group, user};
use eventstore::{Cause, EventStore, Metadata, Stored};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// After this a test that waits gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition in the database is looked at.
const POLL: Duration = Duration::from_millis(5);

/// Of a request of its own.
fn metadata() -> Metadata {
    Metadata::new(Actor::System("test".to_owned()), Uuid::now_v7())
}

fn owner() -> UserId {
    UserId(Uuid::now_v7())
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn name(text: &str) -> group::Name {
    group::Name::parse(text).expect("a group's name")
}

fn full_name(text: &str) -> FullName {
    FullName::parse(text).expect("a person's name")
}

fn add_client(owner: UserId, address: &str) -> client::Command {
    let details = client::Details {
        email: email(address),
        full_name: full_name("Ann"),
        first_name: full_name(""),
        last_name: full_name(""),
        comment: String::new(),
        fields: client::Fields::new(),
    };
    client::Command::Add { owner, details, groups: [].into(), source: client::Source::Person }
}

fn change_email(by: UserId, address: &str) -> client::Command {
    client::Command::Change {
        by,
        email: Some(email(address)),
        full_name: None,
        first_name: None,
        last_name: None,
        comment: None,
    }
}

fn register(address: &str) -> user::Command {
    user::Command::Register {
        email: email(address),
        full_name: full_name("Ann"),
        time_zone: TimeZone::parse("Europe/Berlin").expect("a zone"),
        language: Language::En,
    }
}

/// The first event of `command`'s stream.
fn first_events<A: Decide>(command: A::Command) -> Vec<A::Event> {
    A::default().decide(command).expect("allowed")
}

/// A row of the log, with all that is told about it.
#[derive(Debug, sqlx::FromRow)]
struct Recorded {
    position: i64,
    event_id: Uuid,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: serde_json::Value,
}

impl Recorded {
    fn fact(&self) -> Result<domain::Fact, domain::UnknownFact> {
        let Self { event_type, event_version: version, payload, .. } = self;
        eventstore::fact(&self.aggregate_type, &self.aggregate_id, Stored { event_type, version, payload })
    }

    fn metadata(&self) -> Metadata {
        Metadata::from_json(&self.metadata)
    }

    fn cause(&self) -> Cause {
        Cause { event_id: self.event_id, correlation_id: self.metadata().correlation_id }
    }
}

/// Everything that is settled, from the beginning.
async fn log(pool: &PgPool) -> Vec<Recorded> {
    let mut connection = pool.acquire().await.expect("a connection");
    let settled = EventStore::settled(&mut connection).await.expect("settled");
    sqlx::query_as(
        "select position, event_id, aggregate_type, aggregate_id, sequence, event_type, event_version,
                payload::text as payload, metadata
           from events where position <= $1 order by position",
    )
    .bind(settled)
    .fetch_all(&mut *connection)
    .await
    .expect("the log")
}

/// Appends an event as any program may, and returns its position. Visible after the caller's commit.
async fn insert(connection: &mut PgConnection, stream: Uuid, sequence: i64) -> i64 {
    sqlx::query_scalar(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ($1, $2, $3, 'Deleted', '1', '\"Deleted\"') returning position",
    )
    .bind(group::Group::TYPE)
    .bind(stream.to_string())
    .bind(sequence)
    .fetch_one(connection)
    .await
    .expect("inserted")
}

/// All claims as the table holds them: kind, scope, value, aggregate type, aggregate id; in order.
async fn claims(pool: &PgPool) -> Vec<[String; 5]> {
    let rows: Vec<(String, String, String, String, String)> =
        sqlx::query_as("select kind, scope, value, aggregate_type, aggregate_id from claims")
            .fetch_all(pool)
            .await
            .expect("claims");
    let mut rows: Vec<_> = rows.into_iter().map(<[String; 5]>::from).collect();
    rows.sort();
    rows
}

/// Waits until exactly `count` connections to this database wait for a lock.
async fn blocked(pool: &PgPool, count: i64) {
    within("connections wait for a lock", async {
        loop {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(pool)
            .await
            .expect("the activity");
            if waiting == count {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
    })
    .await;
}

/// Fails the test instead of hanging it.
async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(PATIENCE, work).await else { panic!("waited in vain: {what}") };
    done
}
