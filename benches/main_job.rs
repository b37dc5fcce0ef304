//! The main job, measured: import, mutations, a run. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, with fsync on), the service, and the
//! SMTP server that receives (the development mailbox). So the numbers are those of two cores doing all the work,
//! and go into `docs/performance.md` with their conditions.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use anyhow::{Context, ensure};
use domain::mailing::InDoubt;
use domain::{Actor, Language, MailingId, Periodicity, Role, RunId, UserId};
use eventstore::Metadata;
use projections::{Access, groups, reports, runs};
use scheduler::Settings;
use scheduler::smtp::{Mailbox as Sender, Relay};
use serde_json::json;
use skymailing::mailbox::Mailbox;
use skymailing::postgres;
use skymailing::wire::{self, Node};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many rows the import has, and how many letters the run.
const ROWS: usize = 100_000;
const LETTERS: usize = 20_000;

/// How many mutations are timed, after some that warm up.
const MUTATIONS: usize = 300;
const WARM_UP: usize = 30;

const PASSWORD: &str = "a password for the benchmark";

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("skymailing-bench-").tempdir()?;
    // PostgreSQL may have to run as another account.
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let options = postgres::Options { data_dir: dir.path().to_owned(), ..postgres::Options::default() };
    let server = postgres::start(&options).await?;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(16).connect(server.url()).await?;
    wire::MIGRATIONS.run(&pool).await?;
    let node = Node::over(pool, wire::wall_clock(), Some(server));
    let stop = CancellationToken::new();
    let new = NewUser {
        email: "bench@example.com".to_owned(),
        full_name: "Bench".to_owned(),
        time_zone: "UTC".to_owned(),
        language: Language::default(),
        password: PASSWORD.to_owned().into(),
        roles: vec![Role::Administrator],
    };
    let (owner, receipt) = accounts::create_user(&node.services, Operator::of_this_host(), new, &metadata()).await?;
    node.services.shown(receipt.position).await;

    let import = import(&node, owner).await?;
    println!("import      {import:>10.0} clients/s   {ROWS} rows of CSV, until the read models show them");
    let (p50, p99) = mutations(&node, &stop).await?;
    println!(
        "mutation    {p50:>10.1} ms p50  {p99:.1} ms p99   clientCreate over HTTP, idle, with read-your-own-write"
    );
    let (sent, total) = send(&node, owner, &stop).await?;
    println!("run         {sent:>10.0} letters/s   {LETTERS} letters, every outcome recorded and projected");
    println!("            {total:>10.0} letters/s   from the mutation that planned it to the report");
    stop.cancel();
    node.close().await?;
    println!(
        "{}",
        json!({ "import_per_second": import, "mutation_p50_ms": p50, "mutation_p99_ms": p99, "letters_per_second": sent })
    );
    Ok(())
}

async fn import(node: &Node, owner: UserId) -> anyhow::Result<f64> {
    let mut csv = String::from("email,full_name,comment,groups\n");
    for number in 0..ROWS {
        let group = if number < LETTERS { "Run" } else { "Others" };
        let _ = writeln!(csv, "client{number}@example.org,Client Number {number},\"a comment, quoted\",{group}");
    }
    let began = Instant::now();
    let report = acts::address_book::import::import(
        &node.services,
        Operator::of_this_host().owner(owner),
        csv.as_bytes(),
        &metadata(),
        Language::En,
        |_| {},
    )
    .await?;
    ensure!(report.imported == ROWS as u64, "{report:?}");
    let position = report.position.context("something was imported")?;
    ensure!(node.services.reached.wait_for(position, Duration::from_mins(5)).await, "the read models are behind");
    Ok(rate(ROWS, began.elapsed()))
}

async fn mutations(node: &Node, stop: &CancellationToken) -> anyhow::Result<(f64, f64)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let options = api::Options::new(url.parse()?);
    tokio::spawn(wire::serve(listener, api::router(node.services.clone(), options), stop.clone()));
    let client = reqwest::Client::new();
    let ask = async |token: Option<&str>, query: &str| -> anyhow::Result<serde_json::Value> {
        let mut request = client.post(format!("{url}/graphql")).json(&json!({ "query": query }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.json().await?)
    };
    let log_in = format!(
        r#"mutation {{ sessionCreate(input: {{ email: "bench@example.com", password: "{PASSWORD}" }}) {{ session {{ token }} }} }}"#
    );
    let answer = ask(None, &log_in).await?;
    let token = answer["data"]["sessionCreate"]["session"]["token"].as_str().context("logged in")?.to_owned();
    let mut times = Vec::with_capacity(MUTATIONS);
    for number in 0..WARM_UP + MUTATIONS {
        let query = format!(
            r#"mutation {{ clientCreate(input: {{ email: "m{number}@example.net", fullName: "M {number}" }}) {{ client {{ id email }} userErrors {{ message }} position }} }}"#
        );
        let began = Instant::now();
        let answer = ask(Some(&token), &query).await?;
        let took = began.elapsed();
        ensure!(answer["data"]["clientCreate"]["client"]["id"].is_string(), "{answer}");
        if number >= WARM_UP {
            times.push(took);
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    Ok((at(50), at(99)))
}

async fn send(node: &Node, owner: UserId, stop: &CancellationToken) -> anyhow::Result<(f64, f64)> {
    let services = &node.services;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mailbox = Mailbox::start(port, stop.clone()).await?;
    let relay = Relay::parse(&format!("smtp://{}", mailbox.smtp()))?;
    let settings = Settings::new(Sender::parse("Bench <bench@example.com>")?, "http://127.0.0.1:8080/".parse()?);
    let engine = node.engine_with([relay], settings);
    let running = stop.child_token();
    let engine = tokio::spawn(engine.run(running.clone()));
    let text = "Dear {{full_name}},\n\nthis letter is yours alone, {{first_name}}.\n";
    let letter = acts::letters::messages::New {
        subject: "Hello {{first_name}}".to_owned(),
        text: text.to_owned(),
        ..acts::letters::messages::New::default()
    };
    let (message, receipt) = acts::letters::messages::create(
        services,
        Operator::of_this_host().owner(owner).into(),
        None,
        letter,
        &metadata(),
    )
    .await?;
    services.shown(receipt.position).await;
    let all = groups::page(services.pool(), Access::Owner(owner), None, None, 10).await?;
    let group = all.into_iter().find(|group| group.name == "Run").context("the import made the group")?;
    let now = services.now();
    let new = acts::mailings::New {
        name: "Bench".to_owned(),
        message: message.to_string(),
        recipients: acts::mailings::Recipients {
            groups: vec![group.id.to_string()],
            ..acts::mailings::Recipients::default()
        },
        starts_at: Ok(now),
        ends_at: Ok(now + chrono::TimeDelta::hours(1)),
        every: acts::mailings::Every::Plain(Periodicity::Once),
        time_zone: None,
        sender: None,
        in_doubt: InDoubt::Hold,
        kind: domain::mailing::Kind::Bulk,
        relay: None,
    };
    let began = Instant::now();
    let (mailing, _) =
        acts::mailings::create(services, Operator::of_this_host().owner(owner), None, new, &metadata()).await?;
    let report = finished(node, mailing).await?;
    let total = rate(LETTERS, began.elapsed());
    ensure!(report.totals.accepted == LETTERS as u64, "{report:?}");
    running.cancel();
    engine.await??;
    Ok((report.per_second(), total))
}

async fn finished(node: &Node, mailing: MailingId) -> anyhow::Result<reports::Report> {
    let pool = node.services.pool();
    let began = Instant::now();
    loop {
        if let Some((run, _)) = runs::page(pool, Access::All, mailing, None, 1).await?.pop()
            && let Some(report) = reports::get(pool, Access::All, RunId(run.id)).await?
        {
            return Ok(report);
        }
        ensure!(began.elapsed() < Duration::from_mins(5), "the run takes too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn rate(count: usize, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let count = count as f64;
    count / took.as_secs_f64()
}

fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("bench".to_owned()), Uuid::new_v4())
}
