//! Sending, measured against the ceiling of this machine. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, fsync on), one `skymailing worker` as a
//! process of its own, and the server that receives: Postfix's `smtp-sink`. The ceiling is its `smtp-source -d` with as
//! many connections and letters as long, in the same minute. Without these two programs (Debian's package `postfix` has
//! them) there is nothing to compare with, and the benchmark says so and ends.
//!
//! Then a run is sent unsigned and another one signed, by a key of RSA with 2,048 bits: what signing costs shows in the difference,
//! and what it costs at the least in how many letters all cores sign when they do nothing else.
//!
//! `SENDING=20000,200000` names the sizes of the runs, `SENDING_MAILINGS=100` the number of small mailings.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

mod kit;

use anyhow::{Context, ensure};
use dkim::{Key, MasterKey, PrivateKey, Signer};
use domain::sender_domain::{Algorithm, Command as OfDomain, DomainName, Selector, SenderDomain};
use domain::{ClientId, MailingId, SenderDomainId, mailing};
use kit::rows::{Goal, Rows};
use kit::sink::Sink;
use kit::worker::{DOMAIN, MASTER_KEY, Worker};
use kit::world::{LENGTH, World, metadata};
use kit::{as_f64, at, program, rate, setting};
use projections::sealed_keys;
use skymailing::wire;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Connections of the worker and of the ceiling.
const CONNECTIONS: usize = 16;

/// Letters with which the ceiling is measured.
const CEILING: usize = 50_000;

/// Clients of a small mailing.
const SMALL: usize = 5;

/// Clients of the group of those who get smaller runs.
const FEW: usize = 20_000;

/// The name of the key that signs.
const SELECTOR: &str = "bench";

/// How long it is counted how many letters are signed.
const SIGNING: Duration = Duration::from_secs(2);

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

async fn run(sink: &Path, source: &Path) -> anyhow::Result<()> {
    let sizes = setting("SENDING").unwrap_or_else(|| vec![20_000, 200_000]);
    let small = setting("SENDING_MAILINGS").and_then(|numbers| numbers.first().copied()).unwrap_or(100);
    let largest = sizes.iter().copied().max().unwrap_or(1);
    let bench = Bench::start(sink, largest).await?;

    let mut rows = Rows::default();
    let ceiling = bench.ceiling(source)?;
    let told = format!("ceiling: smtp-source -d, {CONNECTIONS} connections, {LENGTH} bytes");
    rows.add(&told, ceiling, "letters/s", Goal::None);
    for size in sizes {
        let measured = bench.send(size).await?;
        rows.add(&format!("run of {size}"), measured.per_second, "letters/s", Goal::None);
        rows.add(&format!("run of {size}, of the ceiling"), measured.per_second / ceiling, "", Goal::AtLeast(0.4));
        rows.add(&format!("run of {size}, memory at most"), measured.megabytes, "MB", Goal::Under(150.0));
        rows.add(&format!("run of {size}, on disk"), measured.bytes, "B/delivery", Goal::Under(400.0));
        rows.add(&format!("run of {size}, the worker's processor"), measured.worker_us, "us/letter", Goal::None);
        rows.add(&format!("run of {size}, PostgreSQL's processor"), measured.postgres_us, "us/letter", Goal::None);
    }
    // Once more: what else the machine did meanwhile shows in the difference.
    rows.add("ceiling, again", bench.ceiling(source)?, "letters/s", Goal::None);
    bench.signed(largest.min(FEW), &mut rows).await?;
    let delays = bench.delays(small).await?;
    for (percent, goal) in [(50, Goal::None), (99, Goal::Under(250.0)), (100, Goal::None)] {
        let what = format!("due to first letter, {small} mailings one after the other, {percent} %");
        rows.add(&what, at(&delays, percent), "ms", goal);
    }
    for (frozen, how) in [(false, "read models go on"), (true, "read models stand still")] {
        let halted = bench.halts(frozen).await?;
        for (percent, goal) in [(50, Goal::None), (100, Goal::Under(1_000.0))] {
            let what = format!("pause to last letter, {HALTS} times, {how}, {percent} %");
            rows.add(&what, at(&halted, percent), "ms", goal);
        }
    }
    rows.print();
    bench.stop().await
}

/// A database with clients, and a server that receives.
struct Bench {
    world: World,
    sink: Sink,
}

/// What a run cost.
struct Measured {
    per_second: f64,
    megabytes: f64,
    bytes: f64,
    /// The worker's own processor time for a letter, in microseconds.
    worker_us: f64,
    /// The same of PostgreSQL.
    postgres_us: f64,
}

impl Bench {
    async fn start(sink: &Path, clients: usize) -> anyhow::Result<Self> {
        let mut csv = String::from("email,full_name,groups\n");
        for number in 0..clients {
            let group = if number < FEW { "First;All" } else { "All" };
            let _ = writeln!(csv, "client{number}@example.org,Client Number {number},{group}");
        }
        Ok(Self { world: World::start(&csv, clients).await?, sink: Sink::start(sink).await? })
    }

    /// Letters a second, sent by a program that does nothing else.
    fn ceiling(&self, source: &Path) -> anyhow::Result<f64> {
        let began = Instant::now();
        let status = Command::new(source)
            .args(["-d", "-s", &CONNECTIONS.to_string(), "-m", &CEILING.to_string(), "-l", &LENGTH.to_string()])
            .args([
                "-f",
                "bench@example.com",
                "-t",
                "client@example.org",
                &format!("inet:127.0.0.1:{}", self.sink.port),
            ])
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "smtp-source failed");
        Ok(rate(CEILING, began.elapsed()))
    }

    fn worker(&self) -> anyhow::Result<Worker> {
        Worker::start(self.world.server.url(), self.sink.port, CONNECTIONS)
    }

    /// One run of so many letters by a worker that has just been started.
    async fn send(&self, size: usize) -> anyhow::Result<Measured> {
        let name = if size <= FEW { "First" } else { "All" };
        let audience = self.world.group(name).await?;
        // What earlier runs left for the autovacuum is not this run's cost.
        sqlx::query("checkpoint").execute(&self.world.pool).await?;
        let before = self.disk().await?;
        let mut worker = self.worker()?;
        let postgres = self.world.processor()?;
        let mailing = self.world.plan(audience, wire::wall_clock().now()).await?;
        let (planned, accepted, seconds) = self.finished(mailing, &mut worker).await?;
        ensure!(planned == size && accepted == size, "{accepted} of {planned} letters were accepted");
        let bytes = (self.disk().await? - before) / as_f64(size);
        let per_letter = |took: Duration| took.as_secs_f64() * 1e6 / as_f64(size);
        let measured = Measured {
            per_second: as_f64(size) / seconds,
            megabytes: worker.peak()?,
            bytes,
            worker_us: per_letter(worker.processor()?),
            postgres_us: per_letter(self.world.processor()?.saturating_sub(postgres)),
        };
        worker.stop().await?;
        Ok(measured)
    }

    /// The same run unsigned and signed. Afterwards nothing is signed, as before.
    async fn signed(&self, size: usize, rows: &mut Rows) -> anyhow::Result<()> {
        let ceiling = signatures()?;
        rows.add("letters that all cores sign, RSA 2048", ceiling, "letters/s", Goal::None);
        let unsigned = self.send(size).await?;
        self.begin_to_sign().await?;
        let signed = self.send(size).await?;
        let retire = OfDomain::Retire { selector: Selector::parse(SELECTOR)?, at: wire::wall_clock().now() };
        self.tell_domain(retire).await?;
        for (how, measured) in [("unsigned", &unsigned), ("signed, RSA 2048", &signed)] {
            rows.add(&format!("run of {size}, {how}"), measured.per_second, "letters/s", Goal::None);
            let what = format!("run of {size}, {how}, the worker's processor");
            rows.add(&what, measured.worker_us, "us/letter", Goal::None);
        }
        let share = signed.per_second / ceiling;
        rows.add(&format!("run of {size}, signed, of what all cores sign"), share, "", Goal::AtLeast(0.4));
        rows.add(&format!("run of {size}, signed, memory at most"), signed.megabytes, "MB", Goal::Under(150.0));
        Ok(())
    }

    /// Has everything signed from now on that is from the service's own domain.
    async fn begin_to_sign(&self) -> anyhow::Result<()> {
        let (domain, selector, private) = (DomainName::parse(DOMAIN)?, Selector::parse(SELECTOR)?, key()?);
        let (id, at) = (SenderDomainId::derive(&domain), wire::wall_clock().now());
        let purpose = sealed_keys::purpose(id, selector.as_str());
        let master = MasterKey::parse(MASTER_KEY)?;
        let sealed = master.seal(&purpose, private.der())?;
        sealed_keys::keep(&self.world.pool, id, &selector, &sealed, &master.fingerprint()).await?;
        let record = private.public_record();
        let public = record.split_once("; p=").context("the record has a key")?.1.to_owned();
        for command in [
            OfDomain::Add { domain },
            OfDomain::MakeKey { selector: selector.clone(), algorithm: Algorithm::Rsa, public, imported: true, at },
            OfDomain::Activate { selector, at },
        ] {
            self.tell_domain(command).await?;
        }
        Ok(())
    }

    async fn tell_domain(&self, command: OfDomain) -> anyhow::Result<()> {
        let id = SenderDomainId::derive(&DomainName::parse(DOMAIN)?);
        self.world.store.execute::<SenderDomain>(id.0, command, &metadata()).await?;
        Ok(())
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
            .fetch_optional(&self.world.pool)
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
        Ok(sqlx::query_scalar(query).bind(tables.map(str::to_owned).to_vec()).fetch_one(&self.world.pool).await?)
    }

    /// From the moment that a mailing is due until its first letter is accepted, in milliseconds, sorted.
    async fn delays(&self, mailings: usize) -> anyhow::Result<Vec<f64>> {
        let mut worker = self.worker()?;
        let ids: Vec<Uuid> = sqlx::query_scalar("select id from clients order by id limit $1")
            .bind(i64::try_from(SMALL)?)
            .fetch_all(&self.world.pool)
            .await?;
        let clients: BTreeSet<ClientId> = ids.into_iter().map(ClientId).collect();
        let first = wire::wall_clock().now() + chrono::TimeDelta::seconds(8);
        let mut planned = Vec::with_capacity(mailings);
        for number in 0..mailings {
            let audience = mailing::Audience { clients: clients.clone(), ..mailing::Audience::default() };
            planned.push(self.world.plan(audience, first + APART * i32::try_from(number)?).await?.0);
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
            .fetch_all(&self.world.pool)
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
        let mut worker = self.worker()?;
        let mailing = self.world.plan(self.world.group("All").await?, wire::wall_clock().now()).await?;
        let tell = async |command| self.world.tell(mailing, command).await;
        let mut halted = Vec::with_capacity(HALTS);
        for _ in 0..HALTS {
            self.until_held(&mut worker).await?;
            let mut held = self.world.pool.begin().await?;
            if frozen {
                sqlx::query("select from projections for update").execute(&mut *held).await?;
            }
            tell(mailing::Command::Pause { by: self.world.owner }).await?;
            halted.push(self.until_quiet().await?.as_secs_f64() * 1000.0);
            held.rollback().await?;
            tell(mailing::Command::Resume { by: self.world.owner }).await?;
        }
        tell(mailing::Command::Cancel { by: self.world.owner }).await?;
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
        Ok(sqlx::query_scalar(query).fetch_one(&self.world.pool).await?)
    }

    async fn stop(self) -> anyhow::Result<()> {
        drop(self.sink);
        self.world.stop().await
    }
}

/// What signs. To make a key takes longer than a benchmark should begin with.
fn key() -> anyhow::Result<PrivateKey> {
    Ok(PrivateKey::from_pem(include_str!("../dkim/src/keys/examples/rsa_pkcs8.pem"))?)
}

/// How many letters a second all cores sign that do nothing else.
fn signatures() -> anyhow::Result<f64> {
    let key = Key { selector: dkim::Selector::parse(SELECTOR)?, private: key()? };
    let signer = Signer::new(dkim::Domain::parse(DOMAIN)?, vec![key])?;
    let text = "This is the news of the day.\r\n".repeat(LENGTH / 30);
    let letter = format!("From: Bench <bench@{DOMAIN}>\r\nTo: client@example.org\r\nSubject: Hello\r\n\r\n{text}");
    let (began, at) = (Instant::now(), wire::wall_clock().now());
    let count = || {
        let mut letters = 0_usize;
        while began.elapsed() < SIGNING {
            signer.sign(letter.as_bytes(), at)?;
            letters += 1;
        }
        anyhow::Ok(letters)
    };
    let letters = thread::scope(|threads| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let counting: Vec<_> = (0..cores).map(|_| threads.spawn(count)).collect();
        let counted = counting.into_iter().map(|thread| thread.join().ok().context("a thread that signs broke")?);
        counted.sum::<anyhow::Result<usize>>()
    })?;
    Ok(rate(letters, began.elapsed()))
}
