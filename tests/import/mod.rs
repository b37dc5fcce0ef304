//! Importing clients: what a person with a spreadsheet relies on.

mod columns;
mod killed;
mod long;
mod looking;
mod rows;
mod undoing;
mod updating;
mod uploads;
mod values;

use crate::support::{TestDatabase, database};
use acts::address_book::import::{How, ImportError, ImportReport, Target, import, import_as};
use acts::blog::Views;
use acts::who::{Hashing, Operator};
use acts::{Health, Quotas, Services};
use chrono::DateTime;
use domain::{Actor, Language, UserId};
use eventstore::{Clock, EventStore, Metadata};
use projections::{Access, Projector, clients, groups};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::Uuid;
use words::import::FileError;

/// How long a test waits for the read models.
const PATIENCE: Duration = Duration::from_secs(30);

/// One owner's address book, with read models that follow.
struct AddressBook {
    services: Services,
    owner: UserId,
    /// Stands still during an import: the order of ids must not need it.
    seconds: Arc<AtomicI64>,
    /// Last, so that it outlives those who use it.
    database: Arc<TestDatabase>,
}

/// A client as its owner sees it.
#[derive(Debug, PartialEq, Eq)]
struct Client {
    email: String,
    full_name: String,
    comment: String,
    groups: BTreeSet<String>,
}

impl AddressBook {
    async fn open() -> Self {
        let database = database().await;
        let store = EventStore::new(database.pool.clone());
        let (projector, reached) = Projector::new(store.clone());
        tokio::spawn(projector.run());
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let shown = seconds.clone();
        let clock = Clock::new(move || DateTime::from_timestamp_secs(shown.load(Ordering::Relaxed)).expect("a time"));
        let (health, _) = Health::watch(database.pool.connect_options().as_ref().clone(), reached.clone());
        let (views, hashing, quotas) = (Views::default(), Hashing::default(), Quotas::default());
        let services = Services {
            store,
            reached,
            clock,
            views,
            health,
            hashing,
            quotas,
            message_id_domain: None,
            master_key: None,
            senders: acts::senders::Senders::default(),
            letters: None,
            returns: None,
            ways: acts::intake::Ways::default(),
        };
        Self { services, owner: UserId(Uuid::now_v7()), seconds, database: database.into() }
    }

    /// Another owner's, in the same service.
    fn of_another_owner(&self) -> Self {
        Self {
            services: self.services.clone(),
            owner: UserId(Uuid::now_v7()),
            seconds: self.seconds.clone(),
            database: self.database.clone(),
        }
    }

    fn metadata(&self) -> Metadata {
        Metadata::new(Actor::User(self.owner), Uuid::now_v7())
    }

    async fn try_import(&self, file: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
        self.seconds.fetch_add(1, Ordering::Relaxed);
        import(
            &self.services,
            Operator::of_this_host().owner(self.owner),
            file.as_ref(),
            &self.metadata(),
            Language::En,
            |_| {},
        )
        .await
    }

    async fn import(&self, file: impl AsRef<[u8]>) -> ImportReport {
        let report = self.try_import(file).await.expect("imported");
        let bad: u64 = report.bad.values().sum();
        assert_eq!(report.rows, report.imported + report.already_there + bad, "it adds up: {report:?}");
        report
    }

    async fn import_as(&self, how: &How, file: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
        self.seconds.fetch_add(1, Ordering::Relaxed);
        let (services, metadata) = (&self.services, &self.metadata());
        let into =
            Target { services, owner: Operator::of_this_host().owner(self.owner), metadata, language: Language::En };
        import_as(how, into, file.as_ref(), |_| {}, |_| {}).await
    }

    /// The names of everybody in it, in order: full, first and last.
    async fn names(&self) -> Vec<[String; 3]> {
        self.clients().await;
        let access = Access::Owner(self.owner);
        let rows = clients::page(self.services.pool(), access, &clients::Filter::default(), None, 1_000).await;
        let names = |row: clients::Client| {
            [row.full_name, row.first_name.unwrap_or_default(), row.last_name.unwrap_or_default()]
        };
        rows.expect("read").into_iter().map(names).collect()
    }

    async fn refusal(&self, file: impl AsRef<[u8]>) -> FileError {
        match self.try_import(file).await {
            Err(ImportError::File(error)) => error,
            other => panic!("it is refused, not {other:?}"),
        }
    }

    /// Everybody in it, in order.
    async fn clients(&self) -> Vec<Client> {
        let pool = &self.database.pool;
        let last = self.last_position().await;
        assert!(self.services.reached.wait_for(last, PATIENCE).await, "the read models follow");
        let access = Access::Owner(self.owner);
        let rows = clients::page(pool, access, &clients::Filter::default(), None, 100_000).await.expect("read");
        let names: BTreeMap<Uuid, String> = groups::page(pool, access, None, None, 10_000)
            .await
            .expect("read")
            .into_iter()
            .map(|group| (group.id, group.name))
            .collect();
        let ids: Vec<Uuid> = rows.iter().map(|client| client.id).collect();
        assert!(ids.is_sorted(), "ids have the order of the rows");
        let mut members: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for (client, group) in clients::groups_of(pool, &ids).await.expect("read") {
            members.entry(client).or_default().insert(names[&group].clone());
        }
        let client = |row: clients::Client| Client {
            email: row.email,
            full_name: row.full_name,
            comment: row.comment,
            groups: members.remove(&row.id).unwrap_or_default(),
        };
        rows.into_iter().map(client).collect()
    }

    async fn emails(&self) -> Vec<String> {
        self.clients().await.into_iter().map(|client| client.email).collect()
    }

    async fn groups(&self) -> Vec<String> {
        self.clients().await;
        let access = Access::Owner(self.owner);
        let groups = groups::page(self.services.pool(), access, None, None, 10_000).await.expect("read");
        groups.into_iter().map(|group| group.name).collect()
    }

    /// The last event of all: what shows it shows the import as well.
    async fn last_position(&self) -> i64 {
        let query = sqlx::query_scalar("select coalesce(max(position), 0) from events");
        query.fetch_one(self.services.pool()).await.expect("counted")
    }

    /// The last event beside those that tell of imports as such: a report names it, as whoever goes by it waits for the clients.
    async fn last_position_of_clients(&self) -> i64 {
        let query =
            sqlx::query_scalar("select coalesce(max(position), 0) from events where aggregate_type <> 'import'");
        query.fetch_one(self.services.pool()).await.expect("counted")
    }

    /// How many events there are beside those that tell of imports as such.
    async fn events(&self) -> i64 {
        let query = sqlx::query_scalar("select count(*) from events where aggregate_type <> 'import'");
        query.fetch_one(self.services.pool()).await.expect("counted")
    }
}

fn client(email: &str, full_name: &str, comment: &str, groups: &[&str]) -> Client {
    let groups = groups.iter().map(|name| (*name).to_owned()).collect();
    Client { email: email.to_owned(), full_name: full_name.to_owned(), comment: comment.to_owned(), groups }
}

/// The line, code and field of each problem.
fn problems(report: &ImportReport) -> Vec<(u64, &'static str, Option<&str>)> {
    report.problems.iter().map(|problem| (problem.line, problem.code.as_str(), problem.field.as_deref())).collect()
}

/// A file with the addresses `0@example.com` and so on.
fn numbered(count: usize) -> String {
    std::iter::once("email,groups\n".to_owned()).chain((0..count).map(|n| format!("{n}@example.com,All\n"))).collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}
