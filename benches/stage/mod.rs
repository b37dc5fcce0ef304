//! A service to measure reading on: PostgreSQL (private, in a temporary directory, fsync on), Postfix's `smtp-sink`, which takes the
//! letters, something that fills the service, and `skymailing serve` as a process of its own, which is then asked over HTTP.

use acts::mailings::{Every, New, Recipients};
use acts::suppressions::{self, List};
use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use acts::who::rights::Owner;
use anyhow::{Context, ensure};
use chrono::TimeDelta;
use domain::mailing::InDoubt;
use domain::{Actor, Language, MailingId, Periodicity, Role, RunId, UserId};
use eventstore::Metadata;
use projections::{Access, groups, runs};
use reqwest::header::{COOKIE, ORIGIN};
use scheduler::Settings;
use scheduler::smtp::{Mailbox, Relay};
use serde_json::{Value, json};
use skymailing::postgres;
use skymailing::wire::{self, Node};
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PASSWORD: &str = "correct horse battery";

/// How long a program may take to begin or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// PostgreSQL, and a server that receives.
pub(crate) struct Stage {
    pub(crate) server: postgres::Server,
    sink: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Stage {
    /// With PostgreSQL counting statements, where it can.
    pub(crate) async fn start(sink: &Path) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("skymailing-bench-").tempdir()?;
        // PostgreSQL may have to run as another account.
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let mut options = postgres::Options { data_dir: dir.path().to_owned(), ..postgres::Options::default() };
        options.settings = vec![("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned())];
        let server = if let Ok(server) = postgres::start(&options).await {
            server
        } else {
            options.settings.clear();
            postgres::start(&options).await?
        };
        let pool = sqlx::PgPool::connect(server.url()).await?;
        wire::MIGRATIONS.run(&pool).await?;
        pool.close().await;
        let port = free_port()?;
        // As root it wants to be somebody else.
        let mut sink = Command::new(sink);
        sink.args(["-u", "nobody", "-c", &format!("127.0.0.1:{port}"), "1000"]);
        let sink = sink.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(began.elapsed() < PATIENCE, "smtp-sink does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { server, sink, port, _dir: dir })
    }

    /// Somebody who fills the service.
    pub(crate) async fn filling(&self) -> anyhow::Result<Filling> {
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(16).connect(self.server.url()).await?;
        let mut node = Node::over(pool, wire::wall_clock(), None);
        node.services.quotas = acts::Quotas::new(acts::Bounds { mailings: 1_000_000, ..acts::Bounds::default() });
        let relay = Relay::parse(&format!("smtp://127.0.0.1:{}?tls=none", self.port))?.with_connections(16);
        let sender = Mailbox::parse("Bench <bench@example.com>").map_err(|why| anyhow::anyhow!("{why}"))?;
        let engine = node.engine_with([relay], Settings::new(sender, "http://127.0.0.1/".parse()?));
        let stop = CancellationToken::new();
        let ending = stop.clone();
        let engine = tokio::spawn(async move { engine.run(ending).await.map_err(anyhow::Error::from) });
        Ok(Filling { node, engine, stop })
    }

    /// The service as it is run, with these settings besides the usual ones.
    pub(crate) async fn serve(&self, settings: &[(&str, &str)]) -> anyhow::Result<Served> {
        let port = free_port()?;
        let child = Command::new(env!("CARGO_BIN_EXE_skymailing"))
            .arg("serve")
            .env("DATABASE_URL", self.server.url())
            .env("HTTP_ADDR", format!("127.0.0.1:{port}"))
            .env("SMTP_URL", format!("smtp://127.0.0.1:{}?tls=none", self.port))
            .env("MAIL_FROM", "Bench <bench@example.com>")
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env("QUOTA_MAILINGS", "1000000")
            .env("LOG", "warn")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .spawn()?;
        let served = Served { child, base: format!("http://127.0.0.1:{port}") };
        let began = Instant::now();
        while !reqwest::get(format!("{}/readyz", served.base)).await.is_ok_and(|answer| answer.status().is_success()) {
            ensure!(began.elapsed() < PATIENCE, "the service is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(served)
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.sink.kill()?;
        self.sink.wait()?;
        self.server.stop().await?;
        Ok(())
    }
}

/// A node with an engine.
pub(crate) struct Filling {
    pub(crate) node: Node,
    engine: tokio::task::JoinHandle<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Filling {
    pub(crate) async fn account(&self, email: &str, roles: &[Role]) -> anyhow::Result<UserId> {
        let new = NewUser {
            email: email.to_owned(),
            full_name: "Bench".to_owned(),
            time_zone: "UTC".to_owned(),
            language: Language::En,
            password: PASSWORD.into(),
            roles: roles.to_vec(),
        };
        let made = accounts::create_user(&self.node.services, Operator::of_this_host(), new, &metadata()).await;
        let (id, receipt) = made?;
        self.node.services.shown(receipt.position).await;
        Ok(id)
    }

    /// Imports so many clients into `Everybody`, a hundredth of them each into `Group 0`, `Group 1` and so on.
    pub(crate) async fn import(&self, owner: UserId, clients: usize) -> anyhow::Result<()> {
        let services = &self.node.services;
        let owner = Operator::of_this_host().owner(owner);
        let mut csv = String::from("email,full_name,groups\n");
        for number in 1..=clients {
            let (first, last) = (FIRST[number % FIRST.len()], LAST[number / 7 % LAST.len()]);
            let _ = writeln!(csv, "{first}.{number}@example.org,{first} {last},Everybody;Group {}", number % 100);
        }
        let done =
            acts::address_book::import::import(services, owner, csv.as_bytes(), &metadata(), Language::En, |_| {})
                .await?;
        if let Some(position) = done.position {
            services.reached.wait_for(position, Duration::MAX).await;
        }
        Ok(())
    }

    /// Imports so many addresses that are not written to; none of them is a client's.
    pub(crate) async fn suppress(&self, owner: UserId, addresses: usize) -> anyhow::Result<()> {
        let services = &self.node.services;
        let list = List::Owner(Operator::of_this_host().owner(owner));
        let mut csv = String::from("email\n");
        for number in 1..=addresses {
            let _ = writeln!(csv, "left.{number}@example.net");
        }
        let done =
            suppressions::import(services, list, csv.as_bytes(), "left.csv", &metadata(), Language::En, |_| {}).await?;
        if let Some(position) = done.position {
            services.reached.wait_for(position, Duration::MAX).await;
        }
        Ok(())
    }

    /// The id of a group.
    pub(crate) async fn group(&self, owner: UserId, name: &str) -> anyhow::Result<String> {
        let all = groups::page(self.node.services.pool(), Access::Owner(owner), Some(name), None, 200).await?;
        Ok(all.iter().find(|group| group.name == name).context("the group")?.id.to_string())
    }

    pub(crate) async fn letter(&self, owner: UserId) -> anyhow::Result<String> {
        let letter = acts::letters::messages::New {
            subject: "Hello {{first_name|reader}}".to_owned(),
            text: "Dear {{full_name|reader}},\n\nhow are you?\n".repeat(20),
            ..Default::default()
        };
        let owner = Operator::of_this_host().owner(owner);
        let made =
            acts::letters::messages::create(&self.node.services, owner.into(), None, letter, &metadata()).await?;
        self.node.services.shown(made.1.position).await;
        Ok(made.0.to_string())
    }

    pub(crate) async fn plan(&self, plan: &Plan<'_>, ahead: TimeDelta) -> anyhow::Result<MailingId> {
        let services = &self.node.services;
        let owner: Owner = Operator::of_this_host().owner(plan.owner);
        let now = services.now();
        let new = New {
            name: plan.name.to_owned(),
            message: plan.letter.to_owned(),
            recipients: Recipients { groups: vec![plan.group.to_owned()], ..Recipients::default() },
            starts_at: Ok(now + ahead),
            ends_at: Ok(now + ahead + TimeDelta::days(1)),
            every: Every::Plain(Periodicity::Once),
            time_zone: None,
            sender: None,
            in_doubt: InDoubt::Hold,
            kind: domain::mailing::Kind::Bulk,
            relay: plan.relay.map(str::to_owned),
        };
        Ok(acts::mailings::create(services, owner, None, new, &metadata()).await?.0)
    }

    /// The mailing's run, once it has come as far as this.
    pub(crate) async fn run(&self, mailing: MailingId, status: runs::Status) -> anyhow::Result<RunId> {
        loop {
            let page = runs::page(self.node.services.pool(), Access::All, mailing, None, 1).await?;
            if let Some((_, Ok(run))) = page.into_iter().next()
                && run.status == status
            {
                return Ok(RunId(run.id));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.engine.await??;
        self.node.close().await
    }
}

/// What a mailing is planned with.
pub(crate) struct Plan<'a> {
    pub(crate) owner: UserId,
    pub(crate) letter: &'a str,
    pub(crate) group: &'a str,
    pub(crate) name: &'a str,
    pub(crate) relay: Option<&'a str>,
}

impl<'a> Plan<'a> {
    /// Through whichever mail server works.
    pub(crate) fn of(owner: UserId, letter: &'a str, group: &'a str, name: &'a str) -> Self {
        Self { owner, letter, group, name, relay: None }
    }
}

/// `skymailing serve`.
pub(crate) struct Served {
    child: Child,
    pub(crate) base: String,
}

impl Served {
    /// Somebody with an account who has logged in from an address of their own.
    pub(crate) async fn caller(&self, email: &str, number: u8) -> anyhow::Result<Caller> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let form = [("email", email), ("password", PASSWORD)];
        let request = http.post(format!("{}/log-in", self.base)).form(&form).header(ORIGIN, &self.base);
        let logged_in = request.header("x-forwarded-for", format!("192.0.2.{number}")).send().await?;
        let cookie = logged_in.headers().get("set-cookie").context("a session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Caller { http, base: self.base.clone(), cookie })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) http: reqwest::Client,
    base: String,
    cookie: String,
}

impl Caller {
    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie)
    }

    /// Somebody who is not signed in.
    pub(crate) fn stranger(&self) -> Self {
        Self { cookie: String::new(), ..self.clone() }
    }

    /// The milliseconds that an answer over GraphQL took, and its data.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<(f64, Value)> {
        let body = json!({ "query": query, "variables": variables });
        let began = Instant::now();
        let request = self.http.post(format!("{}/graphql", self.base)).header(COOKIE, &self.cookie);
        let answer = request.header(ORIGIN, &self.base).json(&body).send().await?;
        let mut answer: Value = answer.json().await?;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        ensure!(answer.get("errors").is_none(), "{query}: {answer}");
        Ok((took, answer["data"].take()))
    }
}

/// So many names that search finds some of them often, and some never.
const FIRST: [&str; 10] = ["anna", "boris", "clara", "dmitri", "emma", "felix", "greta", "hugo", "irina", "jonas"];
const LAST: [&str; 9] = ["Petrova", "Meyer", "Rossi", "Novak", "Jensen", "Costa", "Nagy", "Silva", "Weber"];

pub(crate) fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("bench".to_owned()), Uuid::new_v4())
}

/// Of sorted numbers.
pub(crate) fn at(sorted: &[f64], percentile: usize) -> f64 {
    sorted.get((sorted.len() * percentile / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// The numbers of a setting, or other ones; smaller ones if the benchmark is to be quick.
pub(crate) fn sizes<const N: usize>(name: &str, usual: [usize; N], quick: [usize; N]) -> anyhow::Result<[usize; N]> {
    let Ok(text) = std::env::var(name) else {
        return Ok(if std::env::args().any(|argument| argument == "--quick") { quick } else { usual });
    };
    let numbers: Result<Vec<usize>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    numbers?.try_into().ok().with_context(|| format!("{name} has {N} numbers"))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Where a program is.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&paths).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    all.map(|dir| dir.join(name)).find(|path| path.is_file())
}
