//! Pages, measured on a full service: how long the server takes for each screen, how much is sent for it, and what watchers
//! of a run cost. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, fsync on), a node with an engine, and Postfix's
//! `smtp-sink`, which takes the letters. `PAGES=100000,1000,1000000` names the numbers of clients, mailings and deliveries.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use acts::mailings::{Every, New, Recipients};
use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use acts::who::rights::Owner;
use anyhow::{Context, ensure};
use chrono::TimeDelta;
use domain::mailing::InDoubt;
use domain::{Actor, Language, MailingId, Periodicity, RunId, UserId};
use eventstore::Metadata;
use projections::{Access, groups, runs};
use reqwest::header::{ACCEPT_ENCODING, COOKIE};
use scheduler::Settings;
use scheduler::smtp::{Mailbox, Relay};
use serde_json::json;
use skymailing::postgres;
use skymailing::wire::{self, Node};
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often each screen is asked for.
const TIMES: usize = 100;

/// The slowest that a screen may be, in milliseconds, at the 95th percentile.
const GOAL: f64 = 20.0;

const PASSWORD: &str = "correct horse battery";

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").init();
    let Some(sink) = program("smtp-sink") else {
        println!("smtp-sink is not installed (Debian: apt-get install postfix); nothing is measured");
        return Ok(());
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&sink))
}

async fn run(sink: &PathBuf) -> anyhow::Result<()> {
    let [clients, mailings, deliveries] = sizes()?;
    let bench = Bench::start(sink).await?;
    println!("filling a service with {clients} clients, {mailings} mailings and {deliveries} deliveries ...");
    let run = bench.fill(clients, mailings, deliveries).await?;
    let screens = bench.screens(run).await?;
    let mut slow = Vec::new();
    let mut measured = Vec::new();
    for (name, path) in &screens {
        let (took, bytes, small) = bench.ask(path).await?;
        let (p50, p95) = (at(&took, 50), at(&took, 95));
        println!("{name:<12} {p50:>8.1} ms p50 {p95:>8.1} ms p95 {bytes:>8} bytes {small:>7} gzipped   {path}");
        if p95 > GOAL {
            slow.push(name.clone());
        }
        measured.push(json!({ "screen": name, "p50": p50, "p95": p95, "bytes": bytes, "gzipped": small }));
    }
    let first = bench.first_load().await?;
    println!("first load of the home page with all that it loads: {first} bytes gzipped (goal: 60 KB)");
    println!("{}", json!({ "screens": measured, "first_load": first, "slower_than_goal": slow }));
    bench.stop().await
}

/// A service, and a server that receives.
struct Bench {
    server: postgres::Server,
    node: Node,
    sink: Child,
    base: String,
    http: reqwest::Client,
    owner: UserId,
    stop: CancellationToken,
    engine: tokio::task::JoinHandle<anyhow::Result<()>>,
    cookie: String,
    _dir: tempfile::TempDir,
}

impl Bench {
    async fn start(sink: &PathBuf) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("skymailing-pages-").tempdir()?;
        // PostgreSQL may have to run as another account.
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let options = postgres::Options { data_dir: dir.path().to_owned(), ..postgres::Options::default() };
        let server = postgres::start(&options).await?;
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(16).connect(server.url()).await?;
        wire::MIGRATIONS.run(&pool).await?;
        let mut node = Node::over(pool, wire::wall_clock(), None);
        node.services.quotas = acts::Quotas::new(acts::Bounds { mailings: 1_000_000, ..acts::Bounds::default() });
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let sink =
            Command::new(sink).args(["-c", &format!("127.0.0.1:{port}"), "1000"]).stdout(Stdio::null()).spawn()?;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let mut options = api::Options::new(base.parse()?);
        options.per_account = 1_000;
        let stop = CancellationToken::new();
        let router = api::router(node.services.clone(), options);
        tokio::spawn(wire::serve(listener, router, stop.clone()));
        let relay = Relay::parse(&format!("smtp://127.0.0.1:{port}?tls=none"))?.with_connections(16);
        let sender = Mailbox::parse("Bench <bench@example.com>").map_err(|why| anyhow::anyhow!("{why}"))?;
        let engine = node.engine_with([relay], Settings::new(sender, base.parse()?));
        let ending = stop.clone();
        let engine = tokio::spawn(async move { engine.run(ending).await.map_err(anyhow::Error::from) });
        let new = NewUser {
            email: "bench@example.com".to_owned(),
            full_name: "Bench".to_owned(),
            time_zone: "UTC".to_owned(),
            language: Language::En,
            password: PASSWORD.into(),
            roles: vec![],
        };
        let made = accounts::create_user(&node.services, Operator::of_this_host(), new, &metadata()).await;
        let (owner, receipt) = made?;
        node.services.shown(receipt.position).await;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let form = [("email", "bench@example.com"), ("password", PASSWORD)];
        let logged_in = http.post(format!("{base}/log-in")).form(&form).send().await?;
        let cookie = logged_in.headers().get("set-cookie").context("a session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { server, node, sink, base, http, owner, stop, engine, cookie, _dir: dir })
    }

    /// Fills the service, and returns the last run.
    async fn fill(&self, clients: usize, mailings: usize, deliveries: usize) -> anyhow::Result<RunId> {
        let services = &self.node.services;
        let owner = Operator::of_this_host().owner(self.owner);
        let mut csv = String::from("email,full_name,groups\n");
        for number in 1..=clients {
            let _ = writeln!(csv, "client.{number}@example.org,Client {number},Everybody;Group {}", number % 100);
        }
        let done =
            acts::address_book::import::import(services, owner, csv.as_bytes(), &metadata(), Language::En, |_| {})
                .await?;
        if let Some(position) = done.position {
            services.reached.wait_for(position, Duration::MAX).await;
        }
        let all = groups::page(services.pool(), Access::Owner(self.owner), Some("Everybody"), None, 10).await?;
        let everybody = all.first().context("the group of everybody")?.id.to_string();
        let letter = acts::letters::messages::New {
            subject: "Hello {{first_name|reader}}".to_owned(),
            text: "Dear {{full_name|reader}},\n\nhow are you?\n".repeat(20),
            ..Default::default()
        };
        let (message, receipt) =
            acts::letters::messages::create(services, owner.into(), None, letter, &metadata()).await?;
        services.shown(receipt.position).await;
        let message = message.to_string();
        for number in 1..=mailings {
            let ahead = TimeDelta::days(1 + i64::try_from(number % 60)?);
            self.plan(owner, &message, &everybody, &format!("Mailing {number}"), ahead).await?;
        }
        let mut last = None;
        for round in 1..=deliveries.div_ceil(clients.max(1)).max(1) {
            let mailing = self.plan(owner, &message, &everybody, &format!("Sent {round}"), TimeDelta::zero()).await?;
            last = Some(self.finished(mailing).await?);
        }
        last.context("a run")
    }

    async fn plan(
        &self,
        owner: Owner,
        message: &str,
        group: &str,
        name: &str,
        ahead: TimeDelta,
    ) -> anyhow::Result<MailingId> {
        let services = &self.node.services;
        let now = services.now();
        let new = New {
            name: name.to_owned(),
            message: message.to_owned(),
            recipients: Recipients { clients: vec![], groups: vec![group.to_owned()] },
            starts_at: Ok(now + ahead),
            ends_at: Ok(now + ahead + TimeDelta::days(1)),
            every: Every::Plain(Periodicity::Once),
            time_zone: None,
            in_doubt: InDoubt::Hold,
            relay: None,
        };
        Ok(acts::mailings::create(services, owner, None, new, &metadata()).await?.0)
    }

    async fn finished(&self, mailing: MailingId) -> anyhow::Result<RunId> {
        loop {
            let page = runs::page(self.node.services.pool(), Access::All, mailing, None, 1).await?;
            if let Some((_, Ok(run))) = page.into_iter().next()
                && run.status == runs::Status::Finished
            {
                return Ok(RunId(run.id));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The screens, by their names, with their addresses.
    async fn screens(&self, run: RunId) -> anyhow::Result<Vec<(String, String)>> {
        let run = runs::get(self.node.services.pool(), Access::All, run).await?.context("the run")?;
        let mailing = run.mailing_id;
        let run = run.id;
        let all = [
            ("overview", "/".to_owned()),
            ("mailings", "/mailings".to_owned()),
            ("search", "/mailings?search=999".to_owned()),
            ("mailing", format!("/mailings/{mailing}")),
            ("run", format!("/runs/{run}")),
            ("recipients", format!("/runs/{run}/recipients")),
            ("rejected", format!("/runs/{run}/recipients?outcome=rejected")),
            ("clients", "/clients".to_owned()),
            ("found", "/clients?search=client.99999".to_owned()),
            ("groups", "/groups".to_owned()),
            ("letters", "/messages".to_owned()),
            ("calendar", "/calendar".to_owned()),
            ("reports", "/reports".to_owned()),
            ("plan", "/mailings/new".to_owned()),
        ];
        Ok(all.map(|(name, path)| (name.to_owned(), path)).into())
    }

    /// How long each answer took, in milliseconds, and how long it is, as it is and gzipped.
    async fn ask(&self, path: &str) -> anyhow::Result<(Vec<f64>, usize, usize)> {
        let get = || self.http.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        let (mut took, mut bytes) = (Vec::with_capacity(TIMES), 0);
        for _ in 0..TIMES {
            let began = Instant::now();
            let answer = get().send().await?;
            let status = answer.status();
            bytes = answer.bytes().await?.len();
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
            ensure!(status.is_success(), "{path}: {status}");
        }
        let small = get().header(ACCEPT_ENCODING, "gzip").send().await?.bytes().await?.len();
        took.sort_by(f64::total_cmp);
        Ok((took, bytes, small))
    }

    /// The bytes of the home page and of all that it loads, gzipped, for somebody who has never been here.
    async fn first_load(&self) -> anyhow::Result<usize> {
        let get = async |path: &str| -> anyhow::Result<Vec<u8>> {
            let asked = self.http.get(format!("{}{path}", self.base)).header(ACCEPT_ENCODING, "gzip");
            Ok(asked.send().await?.bytes().await?.to_vec())
        };
        let plain = self.http.get(format!("{}/", self.base)).send().await?.text().await?;
        let mut all = get("/").await?.len();
        for part in plain.split('"').filter(|part| part.starts_with("/assets/")) {
            all += get(part).await?.len();
        }
        Ok(all)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.engine.await??;
        self.node.close().await?;
        self.sink.kill()?;
        self.sink.wait()?;
        self.server.stop().await?;
        Ok(())
    }
}

fn sizes() -> anyhow::Result<[usize; 3]> {
    let text = std::env::var("PAGES").unwrap_or_else(|_| "100000,1000,1000000".to_owned());
    let numbers: Result<Vec<usize>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let numbers: Option<[usize; 3]> = numbers?.try_into().ok();
    numbers.context("PAGES has three numbers: clients, mailings, deliveries")
}

fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("bench".to_owned()), Uuid::new_v4())
}

fn at(sorted: &[f64], percentile: usize) -> f64 {
    sorted[(sorted.len() * percentile / 100).min(sorted.len() - 1)]
}

/// Where a program is.
fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let mut all: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    all.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    all.into_iter().map(|dir| dir.join(name)).find(|path| path.is_file())
}
