//! What it costs that many people watch a run: the same as that one does, and nothing when nobody does.

use super::reader::Reader;
use crate::support::http::{Api, text};
use crate::support::service::{found, metadata};
use domain::batch::{self, Batch, Recipient};
use domain::{BatchId, ClientId, MailingId, Role, RunId};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use reqwest::header::COOKIE;
use serde_json::json;
use sqlx::PgPool;

/// Accounts that watch, and how often each does.
const ACCOUNTS: usize = 5;
const OF_EACH: usize = 12;

/// How often the run changes.
const CHANGES: u32 = 3;

/// What one page is told, piece by piece.
pub(super) type Told = BoxStream<'static, String>;

/// Counts statements in the log of PostgreSQL, which writes them down with their parameters for this database.
struct Log {
    path: String,
}

impl Log {
    async fn of(pool: &PgPool) -> Self {
        let name: String = sqlx::query_scalar("select current_database()").fetch_one(pool).await.expect("a name");
        for setting in ["log_statement = 'all'", "log_error_verbosity = 'default'"] {
            // Unquoted, `default` would take the setting away. Names cannot be bound; this one is the tests' own.
            let set = format!("alter database \"{name}\" set {setting}");
            sqlx::query(&set).execute(pool).await.expect("a superuser may");
        }
        let path = "select current_setting('data_directory') || '/../postgres.log'";
        let path = sqlx::query_scalar(path).fetch_one(pool).await.expect("a path");
        Self { path }
    }

    /// How often this run was looked at for those who watch, whoever it belongs to.
    fn looks_at(&self, run: &str) -> usize {
        let log = std::fs::read(&self.path).expect("the log of our own server can be read");
        let log = String::from_utf8_lossy(&log);
        let is_look = |line: &&str| {
            line.contains("parameters: $1 = '{") && line.contains(run) && line.trim_end().ends_with("$2 = NULL")
        };
        log.lines().filter(is_look).count()
    }
}

/// Somebody who watches the run from now on.
pub(super) async fn watch(reader: &Reader, run: &str) -> Told {
    let request = reader.http.get(format!("{}/runs/{run}/live", reader.base)).header(COOKIE, &reader.cookie);
    let answer = request.send().await.expect("the server answers");
    assert_eq!(answer.status(), reqwest::StatusCode::OK);
    let pieces = answer.bytes_stream().filter_map(async |piece| {
        // Now and then something is sent only to find out whether they are still there.
        let text = String::from_utf8_lossy(&piece.ok()?).into_owned();
        text.contains("data:").then_some(text)
    });
    pieces.boxed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_watchers_costs_as_many_queries_as_one_and_nobody_costs_none() {
    let database = crate::support::database().await;
    let log = Log::of(&database.pool).await;
    // Connections that were opened before do not know that they are written down.
    let pool = PgPool::connect(&database.url).await.expect("the database is there");
    let api = Api::over(pool, Some(database)).await;
    let ann = api.owner("Ann").await;
    let (client, message) = (ann.client("anna@example.com", &[]).await, ann.message().await);
    let mailing = ann.mailing(&message, &client).await;
    let run = text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"]);
    let mut watchers = Vec::new();
    for number in 0..ACCOUNTS {
        // Managers: whoever looks for all who watch looks with no owner in mind.
        let manager = api.person(&format!("Manager{number}"), &[Role::Manager]).await;
        let reader = Reader::of(&api, &manager);
        for _ in 0..OF_EACH {
            let mut told = watch(&reader, &run).await;
            told.next().await.expect("how it is");
            watchers.push(told);
        }
    }

    let before = log.looks_at(&run);
    for number in 0..CHANGES {
        plan(&api, &run, &mailing, &ann, &client, number).await;
        for told in &mut watchers {
            told.next().await.expect("how it is now");
        }
    }
    let looks = log.looks_at(&run) - before;

    assert!(looks >= CHANGES as usize, "somebody has looked: {looks}");
    // A query of each of them for each change would be so many; one a second for all is far fewer.
    let of_each = ACCOUNTS * OF_EACH * CHANGES as usize;
    assert!(looks < of_each, "{looks} looks for {} watchers", ACCOUNTS * OF_EACH);

    drop(watchers);
    let other = ann.mailing(&message, &client).await;
    let second = text(&ann.does("mailingStart", json!({ "id": other }), "run { id }").await["run"]["id"]);
    let reader = Reader::of(&api, &api.person("Last", &[Role::Manager]).await);
    let mut told = watch(&reader, &second).await;
    told.next().await.expect("how it is");
    // Watchers who are gone are found out when something is to be sent to them.
    plan(&api, &run, &mailing, &ann, &client, CHANGES).await;
    found("nobody looks at the first run any more", async || {
        let (looks, others) = (log.looks_at(&run), log.looks_at(&second));
        let three_more = async || (log.looks_at(&second) >= others + 3).then_some(());
        found("the other one is looked at", three_more).await;
        (log.looks_at(&run) == looks).then_some(())
    })
    .await;
}

/// The run gets one more batch. Says where that landed.
pub(super) async fn plan(
    api: &Api,
    run: &str,
    mailing: &str,
    owner: &crate::support::http::Person,
    client: &str,
    number: u32,
) -> i64 {
    let run = RunId(run.parse().expect("an id"));
    let command = batch::Command::Plan {
        run,
        mailing: MailingId(mailing.parse().expect("an id")),
        owner: owner.id,
        number,
        recipients: vec![Recipient(ClientId(client.parse().expect("an id")), 1)],
    };
    let id = BatchId::derive(run, number);
    let planned = api.node.services.store.execute::<Batch>(id.0, command, &metadata()).await;
    planned.expect("it is planned").position
}
