//! The read side against a real PostgreSQL: every table is a fold of the log, whatever happens on the way.

mod adding_up;
mod articles;
mod counting;
mod exactly_once;
mod feedback;
mod heritage;
mod lifting;
mod migrating;
mod over_time;
mod overlapping;
mod own_writes;
mod past_audiences;
mod reading;
mod rebuilding;
mod rolling;
mod schedule;
mod searching;
mod statistics;
mod stopping;
mod swapping;
mod together;
mod world;

use std::{collections::BTreeMap, future::Future, time::Duration};

use chrono::{DateTime, Utc};
use domain::{
    Actor, Decide, EmailAddress, FullName, Language, MailingId, MessageId, Periodicity, TimeZone, UserId, Window,
    client, group, mailing, message, run, user,
};
use eventstore::{Append, EventStore, Metadata, Receipt};
use projections::{
    NotBegun, Projection, ProjectionStatus, Projector, Reached, Reader, RebuildError, rebuild, statuses,
};
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use tokio::{sync::OnceCell, task::JoinHandle};
use uuid::Uuid;

use crate::support::database::Prepared;
use crate::support::{TestDatabase, database};

/// After this a test that waits gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a condition in the database is looked at.
const POLL: Duration = Duration::from_millis(5);

/// Of a request of its own.
fn metadata() -> Metadata {
    Metadata::new(Actor::System("test".to_owned()), Uuid::now_v7())
}

/// An index that takes a second for a hundred clients, like that for search in a large address book.
async fn slow_index(pool: &PgPool) {
    let slow = "create function slow(text) returns text language plpgsql immutable as $$
                begin
                    perform pg_sleep(0.01);
                    return $1;
                end
                $$;
                create index clients_slow on clients (slow(email))";
    sqlx::raw_sql(slow).execute(pool).await.expect("made");
}

fn owner() -> UserId {
    UserId(Uuid::now_v7())
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn full_name(text: &str) -> FullName {
    FullName::parse(text).expect("a person's name")
}

fn group_name(text: &str) -> group::Name {
    group::Name::parse(text).expect("a group's name")
}

fn mailing_name(text: &str) -> mailing::Name {
    mailing::Name::parse(text).expect("a mailing's name")
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).expect("a zone")
}

fn content(subject: &str) -> message::Content {
    message::Content::parse(subject, "Hello {{full_name}}", None).expect("a letter")
}

fn register(address: &str) -> user::Command {
    user::Command::Register {
        email: email(address),
        full_name: full_name("Ann"),
        time_zone: zone("Europe/Berlin"),
        language: Language::En,
    }
}

fn add_client(owner: UserId, address: &str, name: &str) -> client::Command {
    let details = client::Details {
        email: email(address),
        full_name: full_name(name),
        first_name: full_name(""),
        last_name: full_name(""),
        comment: String::new(),
        fields: client::Fields::new(),
    };
    client::Command::Add { owner, details, groups: [].into(), source: client::Source::Person }
}

fn create_group(owner: UserId, name: &str) -> group::Command {
    group::Command::Create { owner, name: group_name(name) }
}

/// Daily in March 2026 at 9 in Berlin, to some group.
fn plan(message: MessageId) -> mailing::Plan {
    mailing::Plan {
        name: mailing_name("Spring"),
        message,
        audience: mailing::Audience { groups: [Uuid::now_v7().into()].into(), ..mailing::Audience::default() },
        window: Window::new(moment("2026-03-01T08:00:00Z"), moment("2026-04-01T00:00:00Z")).expect("a window"),
        periodicity: Periodicity::Daily,
        time_zone: zone("Europe/Berlin"),
        sending: mailing::Sending::default(),
        kind: mailing::Kind::default(),
        sender: None,
    }
}

/// Runs a command that is allowed.
async fn execute<A>(store: &EventStore, id: Uuid, command: A::Command) -> Receipt
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: Send + 'static,
{
    store.execute::<A>(id, command, &metadata()).await.expect("the command is allowed")
}

/// Begins a stream with a new id.
async fn begin<A>(store: &EventStore, command: A::Command) -> Uuid
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: Send + 'static,
{
    let id = Uuid::now_v7();
    execute::<A>(store, id, command).await;
    id
}

/// A mailing of a message of its own.
async fn begin_mailing(store: &EventStore, owner: UserId) -> run::Origin {
    let message = message::Command::Create { owner, content: content("Spring") };
    let message = MessageId(begin::<message::Message>(store, message).await);
    let create = mailing::Command::Create { owner, plan: plan(message), now: moment("2026-02-01T00:00:00Z") };
    let mailing = MailingId(begin::<mailing::Mailing>(store, create).await);
    run::Origin { mailing, owner, message, revision: 1, kind: mailing::Kind::default(), sender: None }
}

/// Clients who are added at once, in their order.
async fn import(store: &EventStore, owner: UserId, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let appends: Vec<Append> = ids
        .iter()
        .map(|id| {
            let add = add_client(owner, &format!("{id}@example.com"), "Ann");
            let events = client::Client::default().decide(add).expect("allowed");
            Append::begin::<client::Client>(*id, events).expect("events")
        })
        .collect();
    store.append(&appends, &metadata()).await.expect("appended");
    ids
}

/// Inserts an event as any program may, whether it makes sense or not, and returns its position.
async fn insert(pool: &PgPool, stream: (&str, Uuid), sequence: i64, name: &str, payload: &str) -> i64 {
    sqlx::query_scalar(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ($1, $2, $3, $4, '1', $5::jsonb) returning position",
    )
    .bind(stream.0)
    .bind(stream.1.to_string())
    .bind(sequence)
    .bind(name)
    .bind(payload)
    .fetch_one(pool)
    .await
    .expect("inserted")
}

/// A projector at work, until it is dropped.
struct Following {
    reached: Reached,
    task: JoinHandle<()>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn follow(store: &EventStore) -> Following {
    follow_reading(store, Reader::default())
}

/// The same of a program that knows other events.
fn follow_reading(store: &EventStore, reader: Reader) -> Following {
    let (projector, reached) = Projector::reading(store.clone(), reader);
    Following { reached, task: tokio::spawn(projector.run()) }
}

impl Following {
    async fn shows(&self, position: i64) {
        assert!(self.reached.wait_for(position, PATIENCE).await, "the read models do not come to {position}");
    }

    /// Waits until everything that is in the log now is shown.
    async fn shows_all(&self, pool: &PgPool) {
        self.shows(last_position(pool).await).await;
    }

    /// Ends the work, and waits until it has ended.
    async fn end(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

async fn last_position(pool: &PgPool) -> i64 {
    one(pool, "select coalesce(max(position), 0) from events").await
}

/// A history in which everything has happened, and read models that show it. It takes long to make, so all who only look at it share
/// one, each with a copy of its own.
async fn rich() -> TestDatabase {
    static RICH: OnceCell<Prepared> = OnceCell::const_new();
    Prepared::copy(&RICH, async || {
        let database = database().await;
        let store = EventStore::new(database.pool.clone());
        let following = follow(&store);
        world::World::new(&store, 1).run_until_rich(&following).await;
        following.end().await;
        database
    })
    .await
}

/// The only column of the only row.
async fn one<T>(pool: &PgPool, query: &str) -> T
where
    (T,): for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    T: Send + Unpin,
{
    let row: (T,) = sqlx::query_as(query).fetch_one(pool).await.expect("an answer");
    row.0
}

async fn status(pool: &PgPool, name: &str) -> ProjectionStatus {
    let statuses = statuses(pool).await.expect("the statuses");
    statuses.into_iter().find(|status| status.name == name).expect("the projection's status")
}

/// The rows of the audit, without what rebuilds have told.
const AUDITED: &str = "
    select jsonb_build_object('facet', facet, 'key', key, 'block', block, 'places', jsonb_agg(place order by place))
      from public.audit
     cross join unnest(places) as place
      join events on position = block::bigint * 256 + place and aggregate_type <> 'rebuild'
     group by facet, key, block order by facet, key, block";

/// All rows of a projection's tables, in the order of their primary keys.
async fn rows(pool: &PgPool, projection: Projection) -> BTreeMap<&'static str, Vec<Value>> {
    let mut tables = BTreeMap::new();
    for table in projection.tables() {
        let key: String = one(
            pool,
            &format!(
                "select string_agg(quote_ident(a.attname), ', ' order by array_position(i.indkey::int2[], a.attnum))
                   from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                  where i.indrelid = 'public.{table}'::regclass and i.indisprimary"
            ),
        )
        .await;
        let query = if *table == "audit" {
            // A rebuild tells of itself in the log, and so in its audit, too: before and after it are compared without that.
            AUDITED.to_owned()
        } else {
            format!("select to_jsonb(t) from public.{table} t order by {key}")
        };
        tables.insert(*table, sqlx::query_scalar(&query).fetch_all(pool).await.expect("rows"));
    }
    tables
}

/// Fails with the first row that differs, not with two whole tables.
fn assert_same(what: &str, one: &BTreeMap<&'static str, Vec<Value>>, other: &BTreeMap<&'static str, Vec<Value>>) {
    for (table, rows) in one {
        for (row, same) in rows.iter().zip(&other[table]) {
            assert_eq!(row, same, "{table}: {what}");
        }
        assert_eq!(rows.len(), other[table].len(), "rows of {table}: {what}");
    }
}

/// The whole read side is what a rebuild makes of the log. Nobody may write meanwhile.
async fn equals_a_rebuild(store: &EventStore) {
    let following = follow(store);
    for projection in Projection::ALL {
        // Rebuilds leave events, too.
        following.shows_all(store.pool()).await;
        let folded: i64 = one(store.pool(), "select count(*) from events").await;
        let live = rows(store.pool(), projection).await;
        let status = status(store.pool(), projection.name()).await;
        assert_eq!((status.error, status.folded), (None, folded), "{}", status.name);
        rebuilt(store, projection).await;
        assert_same("live and rebuilt", &live, &rows(store.pool(), projection).await);
    }
}

/// Rebuilds. Who has just dropped a rebuild may have to wait until PostgreSQL has noticed.
async fn rebuilt(store: &EventStore, projection: Projection) {
    within("a rebuild is over", async {
        loop {
            match rebuild(store, projection, &metadata(), |_| {}).await {
                Err(RebuildError::NotBegun(NotBegun::Busy)) => tokio::time::sleep(POLL).await,
                Err(error) => panic!("{} cannot be rebuilt: {error}", projection.name()),
                Ok(progress) => break assert_eq!(progress.folded, progress.total),
            }
        }
    })
    .await;
}

/// Fails the test instead of hanging it.
async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(PATIENCE, work).await else { panic!("waited in vain: {what}") };
    done
}
