//! Sending, measured against the ceiling of this machine. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, fsync on), one `skymailing worker` as a
//! process of its own, and the server that receives: Postfix's `smtp-sink`. The ceiling is its `smtp-source -d` with as
//! many connections and letters as long, in the same minute. Without these two programs (Debian's package `postfix` has
//! them) there is nothing to compare with, and the benchmark says so and ends.
//!
//! `SENDING=20000,200000` names the sizes of the runs, `SENDING_MAILINGS=100` the number of small mailings.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use anyhow::{Context, bail, ensure};
use domain::{
    Actor, ClientId, GroupId, Language, MailingId, MessageId, Periodicity, TimeZone, UserId, Window, mailing,
};
use eventstore::{EventStore, Metadata};
use projections::{Access, groups};
use serde_json::json;
use skymailing::postgres;
use skymailing::wire::{self, Node};
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Connections of the worker and of the ceiling.
const CONNECTIONS: usize = 16;

/// Bytes of a letter's text, and of the ceiling's letters.
const LENGTH: usize = 4096;

/// Letters with which the ceiling is measured.
const CEILING: usize = 50_000;

/// Clients of a small mailing.
const SMALL: usize = 5;

/// How often a run is paused and resumed.
const HALTS: usize = 5;

/// Between the moments at which two small mailings are due.
const APART: chrono::TimeDelta = chrono::TimeDelta::milliseconds(150);

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").init();
    let Some((sink, source)) = program("smtp-sink").zip(program("smtp-source")) else {
        println!("smtp-sink and smtp-source are not installed (Debian: apt-get install postfix); nothing is measured");
        return Ok(());
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&sink, &source))
}

async fn run(sink: &PathBuf, source: &PathBuf) -> anyhow::Result<()> {
    let sizes = setting("SENDING").unwrap_or_else(|| vec![20_000, 200_000]);
    let small = setting("SENDING_MAILINGS").and_then(|numbers| numbers.first().copied()).unwrap_or(100);
    let bench = Bench::start(sink, sizes.iter().copied().max().unwrap_or(1)).await?;

    let ceiling = bench.ceiling(source)?;
    println!("ceiling     {ceiling:>10.0} letters/s   smtp-source -d, {CONNECTIONS} connections, {LENGTH} bytes");
    let mut runs = Vec::new();
    for size in sizes {
        let measured = bench.send(size).await?;
        println!(
            "run         {:>10.0} letters/s   {size} letters: {:.2} of the ceiling, {:.1} MB at most, {:.0} bytes each on disk",
            measured.per_second,
            measured.per_second / ceiling,
            measured.megabytes,
            measured.bytes,
        );
        runs.push(json!({
            "letters": size, "per_second": measured.per_second, "of_ceiling": measured.per_second / ceiling,
            "peak_megabytes": measured.megabytes, "bytes_per_delivery": measured.bytes,
            "cpu_worker_us": measured.cpu_us,
        }));
    }
    // Once more: what else the machine did meanwhile shows in the difference.
    let after = bench.ceiling(source)?;
    println!("ceiling     {after:>10.0} letters/s   again");
    let delays = bench.delays(small).await?;
    let (p50, p99, worst) = (at(&delays, 50), at(&delays, 99), at(&delays, 100));
    println!(
        "due         {p50:>10.0} ms p50  {p99:.0} ms p99  {worst:.0} ms worst   until the first letter, {small} mailings"
    );
    let mut halts = Vec::new();
    for (frozen, how) in [(false, "read models go on"), (true, "read models stand still")] {
        let halted = bench.halts(frozen).await?;
        let (p50, worst) = (at(&halted, 50), at(&halted, 100));
        println!("pause       {p50:>10.0} ms p50  {worst:.0} ms worst   until the last letter, {HALTS} times, {how}");
        halts.push(json!({ "frozen": frozen, "p50": p50, "worst": worst }));
    }
    println!(
        "{}",
        json!({ "ceiling": [ceiling, after], "runs": runs, "due_ms": { "p50": p50, "p99": p99, "worst": worst },
                "halt_ms": halts })
    );
    bench.stop().await
}

/// A database with clients, and a server that receives.
struct Bench {
    server: postgres::Server,
    pool: PgPool,
    store: EventStore,
    sink: Child,
    port: u16,
    owner: UserId,
    message: MessageId,
    _dir: tempfile::TempDir,
}

/// What a run cost.
struct Measured {
    per_second: f64,
    megabytes: f64,
    bytes: f64,
    /// The worker's own processor time for a letter, in microseconds.
    cpu_us: f64,
}

impl Bench {
    async fn start(sink: &PathBuf, clients: usize) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("skymailing-bench-").tempdir()?;
        // PostgreSQL may have to run as another account.
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let options = postgres::Options { data_dir: dir.path().to_owned(), ..postgres::Options::default() };
        let server = postgres::start(&options).await?;
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4).connect(server.url()).await?;
        wire::MIGRATIONS.run(&pool).await?;
        // Only to write the address book: later the worker is alone with PostgreSQL.
        let node = Node::over(sqlx::PgPool::connect(server.url()).await?, wire::wall_clock(), None);
        let new = NewUser {
            email: "bench@example.com".to_owned(),
            full_name: "Bench".to_owned(),
            time_zone: "UTC".to_owned(),
            language: Language::default(),
            password: "a password for the benchmark".to_owned().into(),
            roles: vec![],
        };
        let (owner, _) = accounts::create_user(&node.services, Operator::of_this_host(), new, &metadata()).await?;
        let mut csv = String::from("email,full_name,groups\n");
        for number in 0..clients {
            let group = if number < 20_000 { "First;All" } else { "All" };
            let _ = writeln!(csv, "client{number}@example.org,Client Number {number},{group}");
        }
        let report = acts::address_book::import::import(
            &node.services,
            Operator::of_this_host().owner(owner),
            csv.as_bytes(),
            &metadata(),
            Language::En,
            |_| {},
        )
        .await?;
        ensure!(report.imported == clients as u64, "{report:?}");
        let text = format!("Dear {{{{full_name}}}},\n\n{}\n", "This is the news of the day.\n".repeat(LENGTH / 29));
        let subject = "Hello {{first_name}}".to_owned();
        let letter = acts::letters::messages::New { subject, text, ..acts::letters::messages::New::default() };
        let (message, receipt) = acts::letters::messages::create(
            &node.services,
            Operator::of_this_host().owner(owner).into(),
            None,
            letter,
            &metadata(),
        )
        .await?;
        ensure!(node.services.reached.wait_for(receipt.position, Duration::from_mins(5)).await, "too slow");
        node.close().await?;

        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let sink = Command::new(sink)
            // As root it wants to be somebody else.
            .args(["-u", "nobody", &format!("inet:127.0.0.1:{port}"), "1024"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(began.elapsed() < Duration::from_secs(10), "smtp-sink does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let store = EventStore::new(pool.clone());
        Ok(Self { server, pool, store, sink, port, owner, message, _dir: dir })
    }

    /// Letters a second, sent by a program that does nothing else.
    fn ceiling(&self, source: &PathBuf) -> anyhow::Result<f64> {
        let began = Instant::now();
        let status = Command::new(source)
            .args(["-d", "-s", &CONNECTIONS.to_string(), "-m", &CEILING.to_string(), "-l", &LENGTH.to_string()])
            .args(["-f", "bench@example.com", "-t", "client@example.org", &format!("inet:127.0.0.1:{}", self.port)])
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "smtp-source failed");
        Ok(rate(CEILING, began.elapsed()))
    }

    fn worker(&self) -> anyhow::Result<Worker> {
        let child = Command::new(env!("CARGO_BIN_EXE_skymailing"))
            .arg("worker")
            .env("DATABASE_URL", self.server.url())
            .env("SMTP_URL", format!("smtp://127.0.0.1:{}", self.port))
            .env("SMTP_CONNECTIONS", CONNECTIONS.to_string())
            .env("MAIL_FROM", "Bench <bench@example.com>")
            .env("LOG", "warn")
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Worker(child))
    }

    /// Plans a mailing for these people at this moment.
    async fn plan(&self, audience: mailing::Audience, at: chrono::DateTime<chrono::Utc>) -> anyhow::Result<MailingId> {
        let plan = mailing::Plan {
            name: mailing::Name::parse("Bench")?,
            message: self.message,
            audience,
            window: Window::new(at, at + chrono::TimeDelta::hours(6))?,
            periodicity: Periodicity::Once,
            time_zone: TimeZone::UTC,
            sending: mailing::Sending::default(),
        };
        let id = MailingId(Uuid::now_v7());
        let command = mailing::Command::Create { owner: self.owner, plan, now: wire::wall_clock().now() };
        self.store.execute::<mailing::Mailing>(id.0, command, &metadata()).await?;
        Ok(id)
    }

    /// One run of so many letters by a worker that has just been started.
    async fn send(&self, size: usize) -> anyhow::Result<Measured> {
        let name = if size <= 20_000 { "First" } else { "All" };
        let all = groups::page(&self.pool, Access::Owner(self.owner), None, None, 10).await?;
        let group = all.into_iter().find(|group| group.name == name).context("the import made the group")?;
        let members = BTreeSet::from([GroupId(group.id)]);
        // What earlier runs left for the autovacuum is not this run's cost.
        sqlx::query("checkpoint").execute(&self.pool).await?;
        let before = self.disk().await?;
        let mut worker = self.worker()?;
        let audience = mailing::Audience { clients: BTreeSet::new(), groups: members };
        let mailing = self.plan(audience, wire::wall_clock().now()).await?;
        let (planned, accepted, seconds) = self.finished(mailing, &mut worker).await?;
        ensure!(planned == size && accepted == size, "{accepted} of {planned} letters were accepted");
        let bytes = (self.disk().await? - before) / as_f64(size);
        let (megabytes, cpu) = worker.cost()?;
        worker.stop().await?;
        Ok(Measured { per_second: as_f64(size) / seconds, megabytes, bytes, cpu_us: cpu * 1e6 / as_f64(size) })
    }

    /// From the start of the run until its report is written: planned, accepted, seconds.
    async fn finished(&self, mailing: MailingId, worker: &mut Worker) -> anyhow::Result<(usize, usize, f64)> {
        let began = Instant::now();
        loop {
            let row: Option<(i64, i64, f64)> = sqlx::query_as(
                "select planned, accepted, extract(epoch from r.finished_at - r.started_at)::float8
                   from runs r join reports p on p.run_id = r.id and p.finished_at is not null
                  where r.mailing_id = $1 and r.status = 'finished'",
            )
            .bind(mailing.0)
            .fetch_optional(&self.pool)
            .await?;
            if let Some((planned, accepted, seconds)) = row {
                return Ok((usize::try_from(planned)?, usize::try_from(accepted)?, seconds));
            }
            ensure!(began.elapsed() < Duration::from_mins(10), "the run takes too long");
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Bytes of the log and of everything that shows runs, with their indexes.
    async fn disk(&self) -> anyhow::Result<f64> {
        let tables = ["events", "runs", "batches", "deliveries", "attempts", "reports", "history", "history_streams"];
        let query = "select sum(pg_total_relation_size(name::regclass))::float8 from unnest($1::text[]) as name";
        Ok(sqlx::query_scalar(query).bind(tables.map(str::to_owned).to_vec()).fetch_one(&self.pool).await?)
    }

    /// From the moment that a mailing is due until its first letter is accepted, in milliseconds, sorted.
    async fn delays(&self, mailings: usize) -> anyhow::Result<Vec<f64>> {
        let mut worker = self.worker()?;
        let ids: Vec<Uuid> = sqlx::query_scalar("select id from clients order by id limit $1")
            .bind(i64::try_from(SMALL)?)
            .fetch_all(&self.pool)
            .await?;
        let clients: BTreeSet<ClientId> = ids.into_iter().map(ClientId).collect();
        let first = wire::wall_clock().now() + chrono::TimeDelta::seconds(8);
        let mut planned = Vec::with_capacity(mailings);
        for number in 0..mailings {
            let audience = mailing::Audience { clients: clients.clone(), groups: BTreeSet::new() };
            planned.push(self.plan(audience, first + APART * i32::try_from(number)?).await?.0);
        }
        ensure!(wire::wall_clock().now() < first, "the machine is too slow to plan {mailings} mailings in 8 s");
        let began = Instant::now();
        loop {
            let delays: Vec<f64> = sqlx::query_scalar(
                "select extract(epoch from min(d.at) - r.occurrence)::float8 * 1000
                   from runs r join deliveries d on d.run_id = r.id
                  where r.mailing_id = any($1) and r.status = 'finished' group by r.id order by 1",
            )
            .bind(&planned)
            .fetch_all(&self.pool)
            .await?;
            if delays.len() == mailings {
                worker.stop().await?;
                return Ok(delays);
            }
            ensure!(began.elapsed() < Duration::from_mins(5), "the small mailings take too long");
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// From the moment that a pause is written until the last letter was promised or recorded, in milliseconds, sorted. If the
    /// read models are frozen, somebody else holds them meanwhile and does nothing.
    async fn halts(&self, frozen: bool) -> anyhow::Result<Vec<f64>> {
        let all = groups::page(&self.pool, Access::Owner(self.owner), None, None, 10).await?;
        let group = all.into_iter().find(|group| group.name == "All").context("the import made the group")?;
        let mut worker = self.worker()?;
        let audience = mailing::Audience { clients: BTreeSet::new(), groups: BTreeSet::from([GroupId(group.id)]) };
        let mailing = self.plan(audience, wire::wall_clock().now()).await?;
        let tell =
            async |command| self.store.execute::<mailing::Mailing>(mailing.0, command, &metadata()).await.map(|_| ());
        let mut halted = Vec::with_capacity(HALTS);
        for _ in 0..HALTS {
            self.until_held(&mut worker).await?;
            let mut held = self.pool.begin().await?;
            if frozen {
                sqlx::query("select from projections for update").execute(&mut *held).await?;
            }
            tell(mailing::Command::Pause { by: self.owner }).await?;
            halted.push(self.until_quiet().await?.as_secs_f64() * 1000.0);
            held.rollback().await?;
            tell(mailing::Command::Resume { by: self.owner }).await?;
        }
        tell(mailing::Command::Cancel { by: self.owner }).await?;
        worker.stop().await?;
        halted.sort_by(f64::total_cmp);
        Ok(halted)
    }

    /// Waits until letters go out.
    async fn until_held(&self, worker: &mut Worker) -> anyhow::Result<()> {
        let (began, before) = (Instant::now(), self.last_of_batches().await?);
        while self.last_of_batches().await? == before {
            ensure!(began.elapsed() < Duration::from_mins(1), "nothing is sent: the run is over, or the worker hangs");
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// How long from now on batches still write events; they are silent for a second after that.
    async fn until_quiet(&self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let (mut last, mut changed) = (self.last_of_batches().await?, began);
        while changed.elapsed() < Duration::from_secs(1) {
            ensure!(began.elapsed() < Duration::from_mins(1), "the pause stops nothing");
            tokio::time::sleep(Duration::from_millis(2)).await;
            let now = self.last_of_batches().await?;
            if now != last {
                (last, changed) = (now, Instant::now());
            }
        }
        Ok(changed - began)
    }

    async fn last_of_batches(&self) -> anyhow::Result<Option<i64>> {
        // The last events are looked at, not all of them. A run whose audience is still being divided into batches sends nothing.
        let query = "select max(position)
                       from (select position, aggregate_type, event_type from events order by position desc limit 1000) e
                      where aggregate_type = 'batch' and event_type not in ('Planned', 'LeftOut')";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.sink.kill()?;
        self.sink.wait()?;
        self.pool.close().await;
        self.server.stop().await?;
        Ok(())
    }
}

/// A worker's process.
struct Worker(Child);

impl Worker {
    fn is_alive(&mut self) -> anyhow::Result<()> {
        match self.0.try_wait()? {
            Some(status) => bail!("the worker ended: {status}"),
            None => Ok(()),
        }
    }

    /// The most memory that it had, in megabytes, and its processor time in seconds, as Linux tells (proc(5)).
    fn cost(&self) -> anyhow::Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("Linux tells the peak")?;
        let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse()?;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
        // Fields 14 and 15, of which two are before the bracket; in hundredths of a second.
        let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        Ok((kilobytes / 1024.0, ticks / 100.0))
    }

    async fn stop(&mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status()?;
        let began = Instant::now();
        while self.0.try_wait()?.is_none() {
            ensure!(began.elapsed() < Duration::from_mins(1), "the worker does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The place of a program. Debian keeps those of servers where only root looks.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    places.map(|place| place.join(name)).find(|program| program.is_file())
}

fn setting(name: &str) -> Option<Vec<usize>> {
    let text = std::env::var(name).ok()?;
    Some(text.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "numbers for people")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

fn rate(count: usize, took: Duration) -> f64 {
    as_f64(count) / took.as_secs_f64()
}

fn metadata() -> Metadata {
    Metadata::new(Actor::CommandLine("bench".to_owned()), Uuid::new_v4())
}
