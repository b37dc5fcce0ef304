//! Pages, measured on a full service: how long each screen takes, how much is sent for it, and what people who watch a run cost.
//! `make bench` runs it in the release profile.
//!
//! Everything is on this machine, see [`stage`]. `PAGES=100000,1000,1000000` names the numbers of clients, mailings and deliveries,
//! and `PAGES_WATCHERS=1000` how many watch a run; `--quick` takes fewer of all.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

#[allow(dead_code, reason = "each benchmark uses what it needs of it")]
mod stage;

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use domain::letter::leave_link::{Letterhead, Purpose};
use domain::{MailingId, Role, RunId, UserId};
use futures::StreamExt as _;
use projections::LinkKeys;
use projections::runs::Status;
use reqwest::header::ACCEPT_ENCODING;
use serde_json::json;
use sqlx::PgPool;
use stage::{Caller, Filling, Plan, Stage, at, program, sizes};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often each screen is asked for.
const TIMES: usize = 100;

/// The slowest that a screen may be, in milliseconds, at the 95th percentile.
const GOAL: f64 = 20.0;

/// The most that somebody loads who has never been here, in bytes, gzipped.
const FIRST_LOAD: usize = 60 * 1024;

/// So many pages of one account are kept live.
const OF_EACH: usize = 12;

/// For so long statements are counted.
const COUNTED: Duration = Duration::from_secs(10);

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").init();
    let Some(sink) = program("smtp-sink") else {
        println!("smtp-sink is not installed (Debian: apt-get install postfix); nothing is measured");
        return Ok(());
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&sink))
}

async fn run(sink: &Path) -> anyhow::Result<()> {
    let [clients, mailings, deliveries] = sizes("PAGES", [100_000, 1_000, 1_000_000], [20_000, 200, 40_000])?;
    let [watchers] = sizes("PAGES_WATCHERS", [1_000], [200])?;
    let stage = Stage::start(sink).await?;
    println!("filling a service with {clients} clients, {mailings} mailings and {deliveries} deliveries ...");
    let filling = stage.filling().await?;
    let full = fill(&filling, clients, mailings, deliveries).await?;
    let managers = watchers.div_ceil(OF_EACH);
    for number in 0..managers {
        filling.account(&format!("manager.{number}@example.com"), &[Role::Manager]).await?;
    }
    filling.account("root@example.com", &[Role::Administrator]).await?;
    projections::clients::make_indexes(filling.node.services.pool()).await?;
    filling.end().await?;
    println!("it is full");
    let served = stage
        .serve(&[
            ("HTTP_CONNECTIONS", "2500"),
            ("HTTP_CONNECTIONS_PER_ADDRESS", "2500"),
            ("REQUESTS_PER_ACCOUNT", "16"),
        ])
        .await?;
    let caller = served.caller("bench@example.com", 1).await?;
    let manager = served.caller("manager.0@example.com", 2).await?;
    let root = served.caller("root@example.com", 3).await?;
    let (mut slow, mut measured) = (Vec::new(), Vec::new());
    let own = screens(&full).into_iter().map(|screen| (&caller, screen));
    let of_all = MANAGERS.map(|(name, path)| (&manager, (name, path.to_owned())));
    let of_root = ADMINISTRATORS.map(|(name, path)| (&root, (name, path.to_owned())));
    for (who, (name, path)) in own.chain(of_all).chain(of_root) {
        let (took, bytes, small) = ask(who, &path).await?;
        let (p50, p95) = (at(&took, 50), at(&took, 95));
        let met = if p95 <= GOAL { "met" } else { "MISSED" };
        println!(
            "{name:<12} {p50:>8.1} ms p50 {p95:>8.1} ms p95   goal {GOAL} ms: {met:<6} {bytes:>8} bytes {small:>7} gzipped"
        );
        if p95 > GOAL {
            slow.push(name);
        }
        measured.push(json!({ "screen": name, "p50": p50, "p95": p95, "bytes": bytes, "gzipped": small }));
    }
    let first = first_load(&caller).await?;
    let met = if first <= FIRST_LOAD { "met" } else { "MISSED" };
    println!("first load of the home page with all that it loads: {first} bytes gzipped   goal {FIRST_LOAD}: {met}");
    let watching = watch(&stage, &served, full.open, watchers).await?;
    println!("{}", json!({ "screens": measured, "first_load": first, "slower_than_goal": slow, "watching": watching }));
    drop(served);
    stage.stop().await
}

/// What managers look at: everybody's.
const MANAGERS: [(&str, &str); 5] = [
    ("all", "/"),
    ("all mailings", "/mailings"),
    ("all clients", "/clients"),
    ("all found", "/clients?search=nobody+here"),
    ("users", "/users"),
];

/// What administrators look at.
const ADMINISTRATORS: [(&str, &str); 3] =
    [("system", "/system"), ("domains", "/system/domains"), ("everybody's", "/suppressions?list=installation")];

/// What the screens are asked for.
struct Full {
    /// A finished run, and its mailing.
    done: (MailingId, RunId),
    /// A run whose letters wait.
    open: RunId,
    client: String,
    group: String,
    letter: String,
    /// The link in a letter of the finished run.
    leave: String,
}

async fn fill(filling: &Filling, clients: usize, mailings: usize, deliveries: usize) -> anyhow::Result<Full> {
    let owner: UserId = filling.account("bench@example.com", &[]).await?;
    filling.import(owner, clients).await?;
    filling.suppress(owner, clients).await?;
    let everybody = filling.group(owner, "Everybody").await?;
    let some = filling.group(owner, "Group 7").await?;
    let letter = filling.letter(owner).await?;
    for number in 1..=mailings {
        let ahead = TimeDelta::days(1 + i64::try_from(number % 60)?);
        filling.plan(&Plan::of(owner, &letter, &everybody, &format!("Mailing {number}")), ahead).await?;
    }
    let mut done = None;
    for round in 1..=deliveries.div_ceil(clients.max(1)).max(1) {
        let name = format!("Sent {round}");
        let mailing = filling.plan(&Plan::of(owner, &letter, &everybody, &name), TimeDelta::zero()).await?;
        done = Some((mailing, filling.run(mailing, Status::Finished).await?));
    }
    let waits = Plan { relay: Some("nowhere"), ..Plan::of(owner, &letter, &some, "Waits") };
    let open = filling.plan(&waits, TimeDelta::zero()).await?;
    let open = filling.run(open, Status::Sending).await?;
    let pool = filling.node.services.pool();
    let client: uuid::Uuid = sqlx::query_scalar("select id from clients limit 1").fetch_one(pool).await?;
    let done = done.context("a run")?;
    let letter_of_it = Letterhead { run: done.1, ordinal: 0 };
    let leave = LinkKeys::default().newest(pool).await?.token(Purpose::Unsubscribe, letter_of_it);
    let leave = format!("/u/{leave}");
    Ok(Full { done, open, client: client.to_string(), group: some, letter, leave })
}

/// The screens, by their names, with their addresses.
fn screens(full: &Full) -> Vec<(&'static str, String)> {
    let Full { done: (mailing, run), open, client, group, letter, leave } = full;
    vec![
        ("overview", "/".to_owned()),
        ("mailings", "/mailings".to_owned()),
        ("running", "/mailings?status=running".to_owned()),
        ("search", "/mailings?search=999".to_owned()),
        ("plan", "/mailings/new".to_owned()),
        ("mailing", format!("/mailings/{mailing}")),
        ("audience", format!("/mailings/{mailing}/recipients")),
        ("history", format!("/mailings/{mailing}/history")),
        ("report", format!("/mailings/{mailing}/report")),
        ("run", format!("/runs/{run}")),
        ("waits", format!("/runs/{open}")),
        ("recipients", format!("/runs/{run}/recipients")),
        ("accepted", format!("/runs/{run}/recipients?outcome=accepted")),
        ("rejected", format!("/runs/{run}/recipients?outcome=rejected")),
        ("pending", format!("/runs/{run}/recipients?outcome=pending")),
        ("clients", "/clients".to_owned()),
        ("found", "/clients?search=clara.99992".to_owned()),
        ("found often", "/clients?search=clara".to_owned()),
        ("not found", "/clients?search=nobody+here".to_owned()),
        ("client", format!("/clients/{client}")),
        ("groups", "/groups".to_owned()),
        ("group", format!("/groups/{group}")),
        ("add to it", format!("/groups/{group}/add")),
        ("not written", "/suppressions".to_owned()),
        ("of them", "/suppressions?search=left.99".to_owned()),
        ("imported", "/suppressions?reason=imported".to_owned()),
        ("none of them", "/suppressions?search=nobody+here".to_owned()),
        ("leave", leave.clone()),
        ("senders", "/senders".to_owned()),
        ("letters", "/messages".to_owned()),
        ("letter", format!("/messages/{letter}")),
        ("preview", format!("/messages/{letter}/preview")),
        ("calendar", "/calendar".to_owned()),
        ("reports", "/reports".to_owned()),
        ("profile", "/profile".to_owned()),
    ]
}

/// How long each answer took, in milliseconds, and how long it is, as it is and gzipped.
async fn ask(caller: &Caller, path: &str) -> anyhow::Result<(Vec<f64>, usize, usize)> {
    let (mut took, mut bytes) = (Vec::with_capacity(TIMES), 0);
    for _ in 0..TIMES {
        let began = Instant::now();
        let answer = caller.get(path).send().await?;
        let status = answer.status();
        bytes = answer.bytes().await?.len();
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
        ensure!(status.is_success(), "{path}: {status}");
    }
    let small = caller.get(path).header(ACCEPT_ENCODING, "gzip").send().await?.bytes().await?.len();
    took.sort_by(f64::total_cmp);
    Ok((took, bytes, small))
}

/// The bytes of the home page and of all that it loads, gzipped, for somebody who has never been here.
async fn first_load(caller: &Caller) -> anyhow::Result<usize> {
    let stranger = caller.stranger();
    let plain = stranger.get("/").send().await?.text().await?;
    let mut all = 0;
    for part in ["/"].into_iter().chain(plain.split('"').filter(|part| part.starts_with("/assets/"))) {
        all += stranger.get(part).header(ACCEPT_ENCODING, "gzip").send().await?.bytes().await?.len();
    }
    Ok(all)
}

/// What it costs that so many watch a run whose letters wait, and what it costs when nobody does.
async fn watch(
    stage: &Stage,
    served: &stage::Served,
    run: RunId,
    watchers: usize,
) -> anyhow::Result<serde_json::Value> {
    let pool = PgPool::connect(stage.server.url()).await?;
    let counts = sqlx::query("create extension if not exists pg_stat_statements").execute(&pool).await.is_ok()
        && statements(&pool, "%").await.is_ok();
    if !counts {
        println!("PostgreSQL has no pg_stat_statements: what watchers cost is not counted");
        return Ok(serde_json::Value::Null);
    }
    let mut watching = Vec::with_capacity(watchers);
    for manager in 0..watchers.div_ceil(OF_EACH) {
        let number = u8::try_from(2 + manager % 250)?;
        let caller = served.caller(&format!("manager.{manager}@example.com"), number).await?;
        for _ in 0..OF_EACH.min(watchers - watching.len()) {
            let answer = caller.get(&format!("/runs/{run}/live")).send().await?;
            ensure!(answer.status() == reqwest::StatusCode::OK, "no room for watcher {}", watching.len());
            let mut told = answer.bytes_stream();
            // The first one is told once somebody has looked.
            told.next().await.context("something is told")??;
            watching.push(told);
        }
    }
    let of_runs = "%from runs r where id = any(%";
    let busy = counted(&pool, of_runs).await?;
    drop(watching);
    // The service finds out that nobody reads any more when it looks next.
    tokio::time::sleep(Duration::from_secs(20)).await;
    let idle = counted(&pool, of_runs).await?;
    println!(
        "{watchers} watchers of one run: {:.1} queries for runs a second (goal 1), {:.1} statements a second in all; when nobody watches {:.1} and {:.1}",
        busy.0, busy.1, idle.0, idle.1
    );
    Ok(json!({ "watchers": watchers, "runs_per_second": busy.0, "statements_per_second": busy.1,
               "idle_runs_per_second": idle.0, "idle_statements_per_second": idle.1 }))
}

/// Statements a second: those that look like this, and all but our own.
async fn counted(pool: &PgPool, like: &str) -> anyhow::Result<(f64, f64)> {
    let (these, all) = (statements(pool, like).await?, statements(pool, "%").await?);
    let began = Instant::now();
    tokio::time::sleep(COUNTED).await;
    let seconds = began.elapsed().as_secs_f64();
    let rate = |before: f64, after: f64| (after - before) / seconds;
    Ok((rate(these, statements(pool, like).await?), rate(all, statements(pool, "%").await?)))
}

async fn statements(pool: &PgPool, like: &str) -> Result<f64, sqlx::Error> {
    let calls = "select coalesce(sum(calls), 0)::float8 from pg_stat_statements
                  where query like $1 and query not like '%pg_stat_statements%'";
    sqlx::query_scalar(calls).bind(like).fetch_one(pool).await
}
