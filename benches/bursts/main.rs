//! Bursts of small mailings, and the first letter of large ones. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, fsync on), one `skymailing worker` as a
//! process of its own, and the server that receives: Postfix's `smtp-sink`, or, where a slow relay is tried, one of this
//! program's that thinks for 200 ms before each reply. What ten connections can do with that one is measured in the same
//! minute, with the connections alone: nothing is planned, promised or recorded.
//!
//! `BURSTS=200000` names the size of the address book, `BURSTS_MAILINGS=20,2000` how many small mailings are due in the same second,
//! `BURSTS_LARGE=20000,200000` the sizes of the large ones, `BURSTS_SLOW=200` the recipients of the mailing through the slow
//! relay. Zero leaves something out. `BENCH_WORKER` names another program than the one of this build, to compare with.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

#[path = "../kit/mod.rs"]
mod kit;
mod slow;

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{ClientId, MailingId, mailing};
use kit::rows::{Goal, Rows};
use kit::sink::Sink;
use kit::worker::Worker;
use kit::world::{LENGTH, World};
use kit::{as_f64, at, program, rate, setting};
use skymailing::wire;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Connections of the worker.
const CONNECTIONS: usize = 16;

/// Recipients of a small mailing. Every other mailing names them one by one, the rest by a group.
const SMALL: usize = 10;

/// How many groups of the address book have ten members: an account may have 5,000 groups, and a few are large.
const GROUPS: usize = 4_900;

/// How often the first letter of a large mailing is waited for.
const TIMES: usize = 5;

/// How long before it is due a mailing is planned at the earliest.
const AHEAD: TimeDelta = TimeDelta::seconds(3);

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
    let one = |name, usual| setting(name).and_then(|numbers| numbers.first().copied()).unwrap_or(usual);
    let (clients, slow) = (one("BURSTS", 200_000), one("BURSTS_SLOW", 200));
    let mailings = setting("BURSTS_MAILINGS").unwrap_or_else(|| vec![20, 2_000]);
    let large = setting("BURSTS_LARGE").unwrap_or_else(|| vec![20_000, 200_000]);
    let bench =
        Bench { world: World::start(&book(clients, &large, slow), clients).await?, sink: Sink::start(sink).await? };
    let mut rows = Rows::default();
    for mailings in mailings.into_iter().filter(|mailings| *mailings > 0) {
        bench.burst(mailings, &mut rows).await?;
    }
    for size in large.into_iter().filter(|size| *size > 0) {
        bench.first_letter(size.min(clients), &mut rows).await?;
    }
    if slow > 0 {
        bench.slow(slow, &mut rows).await?;
    }
    rows.print();
    drop(bench.sink);
    bench.world.stop().await
}

/// An address book with the groups that are needed.
fn book(clients: usize, large: &[usize], slow: usize) -> String {
    let mut csv = String::from("email,full_name,groups\n");
    for number in 0..clients {
        let mut groups = vec![ten(number / SMALL)];
        groups.extend(large.iter().copied().filter(|size| number < *size).map(|size| first(size.min(clients))));
        groups.extend((number < slow).then(|| first(slow)));
        groups.dedup();
        // More groups than small mailings would only make the import long.
        if number >= SMALL * GROUPS {
            groups.remove(0);
        }
        let _ = writeln!(csv, "client{number}@example.org,Client Number {number},{}", groups.join(";"));
    }
    csv
}

fn ten(number: usize) -> String {
    format!("Ten {number}")
}

fn first(size: usize) -> String {
    format!("First {size}")
}

/// A database with clients, and a server that receives.
struct Bench {
    world: World,
    sink: Sink,
}

impl Bench {
    fn worker(&self) -> anyhow::Result<Worker> {
        Worker::start(self.world.server.url(), self.sink.port, CONNECTIONS)
    }

    /// Small mailings that are due in the same second.
    async fn burst(&self, mailings: usize, rows: &mut Rows) -> anyhow::Result<()> {
        let mut worker = self.worker()?;
        let clients: Vec<Uuid> = sqlx::query_scalar("select id from clients order by id limit $1")
            .bind(i64::try_from(mailings * SMALL)?)
            .fetch_all(&self.world.pool)
            .await?;
        let due = wire::wall_clock().now() + AHEAD + TimeDelta::milliseconds(4 * i64::try_from(mailings)?);
        let mut planned = Vec::with_capacity(mailings);
        for (number, clients) in clients.chunks(SMALL).enumerate() {
            let audience = if number % 2 == 0 {
                let clients: BTreeSet<ClientId> = clients.iter().copied().map(ClientId).collect();
                mailing::Audience { clients, ..mailing::Audience::default() }
            } else {
                self.world.group(&ten(number)).await?
            };
            planned.push(self.world.plan(audience, due).await?.0);
        }
        self.until_shown(planned.last().copied()).await?;
        let early = due - wire::wall_clock().now();
        ensure!(early > TimeDelta::zero(), "the machine is too slow to plan {mailings} mailings in time");
        sqlx::query("checkpoint").execute(&self.world.pool).await?;
        tokio::time::sleep((due - wire::wall_clock().now()).to_std().unwrap_or_default()).await;
        let before = (worker.processor()?, self.world.processor()?);
        self.until_finished(&planned, &mut worker).await?;
        let (after, memory) = ((worker.processor()?, self.world.processor()?), worker.peak()?);
        worker.stop().await?;

        let firsts: Vec<f64> = sqlx::query_scalar(
            "select extract(epoch from d.at - r.occurrence)::float8 * 1000
               from runs r cross join lateral (select min(at) as at from deliveries where run_id = r.id) d
              where r.mailing_id = any($1) order by 1",
        )
        .bind(&planned)
        .fetch_all(&self.world.pool)
        .await?;
        let (letters, runs): (f64, f64) = sqlx::query_as(
            "select extract(epoch from max(last_attempt_at) - min(occurrence))::float8,
                    extract(epoch from max(finished_at) - min(occurrence))::float8
               from runs where mailing_id = any($1)",
        )
        .bind(&planned)
        .fetch_one(&self.world.pool)
        .await?;
        let many = mailings >= 1_000;
        let of = format!("{mailings} mailings to {SMALL} due at once");
        let per_second = |goal| if many { Goal::AtLeast(goal) } else { Goal::None };
        rows.add(&of, as_f64(mailings) / runs, "runs/s", per_second(400.0));
        rows.add(&of, as_f64(mailings * SMALL) / letters, "letters/s", per_second(4_000.0));
        rows.add(&format!("{of}: to first letter, 50 %"), at(&firsts, 50), "ms", Goal::None);
        let goal = Goal::Under(if many { 6_000.0 } else { 250.0 });
        rows.add(&format!("{of}: to first letter, 99 %"), at(&firsts, 99), "ms", goal);
        let each =
            |after: Duration, before: Duration| after.saturating_sub(before).as_secs_f64() * 1_000.0 / as_f64(mailings);
        let (own, postgres) = (each(after.0, before.0), each(after.1, before.1));
        let goal = if many { Goal::Under(4.0) } else { Goal::None };
        rows.add(&format!("{of}: processor"), own + postgres, "ms/run", goal);
        rows.add(&format!("{of}: processor of the worker"), own, "ms/run", Goal::None);
        rows.add(&format!("{of}: processor of PostgreSQL"), postgres, "ms/run", Goal::None);
        rows.add(&format!("{of}: memory of the worker at most"), memory, "MB", Goal::None);
        Ok(())
    }

    /// Waits until the read models show a mailing.
    async fn until_shown(&self, mailing: Option<Uuid>) -> anyhow::Result<()> {
        let began = Instant::now();
        let query = "select exists (select from mailings where id = $1)";
        while !sqlx::query_scalar::<_, bool>(query).bind(mailing).fetch_one(&self.world.pool).await? {
            ensure!(began.elapsed() < Duration::from_mins(1), "the read models do not move");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn until_finished(&self, mailings: &[Uuid], worker: &mut Worker) -> anyhow::Result<()> {
        let began = Instant::now();
        let query = "select count(*) from runs where mailing_id = any($1) and status = 'finished'";
        loop {
            let finished: i64 = sqlx::query_scalar(query).bind(mailings).fetch_one(&self.world.pool).await?;
            if usize::try_from(finished)? == mailings.len() {
                return Ok(());
            }
            ensure!(began.elapsed() < Duration::from_mins(10), "only {finished} of {} end", mailings.len());
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// A mailing to many, several times: each is cancelled when its audience is frozen.
    async fn first_letter(&self, size: usize, rows: &mut Rows) -> anyhow::Result<()> {
        let mut worker = self.worker()?;
        let audience = self.world.group(&first(size)).await?;
        let (mut firsts, mut freezing) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let due = wire::wall_clock().now() + AHEAD;
            let mailing = self.world.plan(audience.clone(), due).await?;
            firsts.push(self.first_of(mailing, due, &mut worker).await?);
            let seconds: f64 = sqlx::query_scalar(
                "select extract(epoch from max(e.recorded_at) - min(e.recorded_at))::float8
                   from runs r join events e on e.aggregate_type = 'run' and e.aggregate_id = r.id::text
                  where r.mailing_id = $1 and e.event_type in ('Started', 'AudienceFrozen')",
            )
            .bind(mailing.0)
            .fetch_one(&self.world.pool)
            .await?;
            freezing.push(as_f64(size) / seconds);
            self.world.tell(mailing, mailing::Command::Cancel { by: self.world.owner }).await?;
            self.until_finished(&[mailing.0], &mut worker).await?;
        }
        worker.stop().await?;
        firsts.sort_by(f64::total_cmp);
        freezing.sort_by(f64::total_cmp);
        let of = format!("mailing to {size}, {TIMES} times");
        rows.add(&format!("{of}: to first letter, 50 %"), at(&firsts, 50), "ms", Goal::None);
        rows.add(&format!("{of}: to first letter, 99 %"), at(&firsts, 99), "ms", Goal::Under(300.0));
        rows.add(&format!("{of}: freezing"), at(&freezing, 50), "people/s", Goal::AtLeast(100_000.0));
        Ok(())
    }

    /// Milliseconds until the first letter of a run has its outcome. Waits until the audience is frozen.
    async fn first_of(&self, mailing: MailingId, due: DateTime<Utc>, worker: &mut Worker) -> anyhow::Result<f64> {
        let began = Instant::now();
        let mut first: Option<f64> = None;
        loop {
            let row: Option<(bool, Option<f64>)> = sqlx::query_as(
                "select r.status = 'planning', extract(epoch from (select min(at) from deliveries where run_id = r.id) - $2)::float8
                   from runs r where r.mailing_id = $1",
            )
            .bind(mailing.0)
            .bind(due)
            .fetch_optional(&self.world.pool)
            .await?;
            let (planning, at) = row.unwrap_or((true, None));
            // The earliest of those that are known when the first one is: later an attempt may take the place of an earlier one.
            first = first.or(at);
            if let Some(first) = first.filter(|_| !planning) {
                return Ok(first * 1_000.0);
            }
            ensure!(began.elapsed() < Duration::from_mins(3), "no letter comes");
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A relay that thinks for long, against what its connections can do.
    async fn slow(&self, recipients: usize, rows: &mut Rows) -> anyhow::Result<()> {
        let relay = slow::Relay::start().await?;
        let ceiling = relay.ceiling(recipients, LENGTH).await?;
        let mut worker = Worker::start(self.world.server.url(), relay.port, slow::CONNECTIONS)?;
        let mailing = self.world.plan(self.world.group(&first(recipients)).await?, wire::wall_clock().now()).await?;
        self.until_finished(&[mailing.0], &mut worker).await?;
        worker.stop().await?;
        let seconds: f64 = sqlx::query_scalar(
            "select extract(epoch from last_attempt_at - started_at)::float8 from runs where mailing_id = $1",
        )
        .bind(mailing.0)
        .fetch_optional(&self.world.pool)
        .await?
        .context("it has run")?;
        let sent = as_f64(recipients) / seconds;
        let of =
            format!("{} ms a reply, {} connections, {recipients} letters", slow::THINKS.as_millis(), slow::CONNECTIONS);
        rows.add(&format!("{of}: what they can do"), rate(recipients, ceiling), "letters/s", Goal::None);
        rows.add(&of, sent, "letters/s", Goal::None);
        rows.add(&format!("{of}: of what they can do"), sent / rate(recipients, ceiling), "", Goal::AtLeast(0.95));
        Ok(())
    }
}
