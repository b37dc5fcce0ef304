//! What it costs that many addresses are not written to any more: the same audience is frozen, and the same letters are sent, with and
//! without a million of them. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, fsync on), one `skymailing worker` as a process of its
//! own, and the server that receives: Postfix's `smtp-sink`. Where an audience is frozen there is no such server, so that nothing else
//! goes on. Both ways take turns, as other programs use the machine, too.
//!
//! The suppressed addresses are written with SQL, in the guard and in the list, and exchanged with nobody by renaming the guard's table.
//! Addresses are in no order, as those of people are: a page of recipients is spread over the whole table. One of a hundred is a
//! client's, who is left out; of those who get letters in the end there is none. Of ten of those who are left out one is in the list of
//! the installation, one has left a topic that the mailing names, and eight are in their owner's list.
//!
//! `SUPPRESSIONS=1000000,20000` names the size of the audience, which is also how many addresses are suppressed, and the number of
//! letters; `--quick` takes fewer of the first.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

#[allow(dead_code, reason = "each benchmark uses what it needs of it")]
mod kit;

use anyhow::{Context, ensure};
use domain::suppression::Scope;
use domain::{MailingId, mailing};
use kit::rows::{Goal, Rows};
use kit::sink::Sink;
use kit::worker::Worker;
use kit::world::World;
use kit::{as_f64, at, program, rate, setting};
use projections::suppressions::guard;
use skymailing::wire;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Connections of the worker.
const CONNECTIONS: usize = 16;

/// How often each of both ways is measured.
const TIMES: usize = 3;

/// One of so many suppressed addresses is a client's.
const ONE_OF: usize = 100;

/// How many are asked for at once by who sends, and by who freezes an audience.
const ASKED: [usize; 2] = [20, 5_000];

/// How often they are asked for.
const QUESTIONS: usize = 50;

/// A prime by which numbers are scattered (Knuth, volume 3, section 6.4), and below which they stay.
const SCATTER: (usize, usize) = (2_654_435_761, 1 << 32);

/// Fills the guard's other table: so many addresses ($2) in all mailings of an owner ($1), of the installation or of a topic ($5), of
/// which some are clients', but for the first ones ($3).
const FILL: &str = "
    insert into suppressed_many (scope_id, mailbox, reason, suppression_id)
    select case a.n / $4 % 10 when 0 then uuid '00000000-0000-0000-0000-000000000000' when 1 then $5 else $1 end,
           lpad(to_hex((k.n * 2654435761) % 4294967296), 8, '0') || '.' || k.n || '@example.' || k.ending,
           'imported', gen_random_uuid()
      from generate_series(0::bigint, $2 - 1) as a (n)
     cross join lateral (
        select case when a.n % $4 = 0 and a.n >= $3 then a.n else a.n + $2 end as n,
               case when a.n % $4 = 0 and a.n >= $3 then 'org' else 'net' end as ending) k";

/// The list that people look at, of the same.
const LIST: &str = "
    insert into suppressions (id, scope, scope_id, owner_id, email, mailbox, reason, source, source_kind, suppressed_at, version)
    select suppression_id, 'owner', scope_id, $1, mailbox, mailbox, reason,
           '{\"kind\": \"file\", \"file\": \"left.csv\", \"row\": 2}', 'file', now(), 1
      from suppressed_many";

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
    let quick = std::env::args().any(|argument| argument == "--quick");
    let sizes = setting("SUPPRESSIONS").unwrap_or_else(|| vec![if quick { 100_000 } else { 1_000_000 }, 20_000]);
    let [size, letters] = sizes[..] else { anyhow::bail!("SUPPRESSIONS names an audience and letters: 100000,20000") };
    ensure!(letters <= size, "there are no more letters than clients");
    let mut bench = Bench::start(sink, size, letters).await?;
    let mut rows = Rows::default();
    bench.questions(&mut rows).await?;
    bench.flushes(&mut rows).await?;
    bench.freezing(&mut rows).await?;
    rows.print();
    drop(bench.sink);
    bench.world.stop().await
}

/// The address of a client.
fn address(number: usize) -> String {
    format!("{:08x}.{number}@example.org", number * SCATTER.0 % SCATTER.1)
}

/// What both ways came to, sorted.
#[derive(Default)]
struct Both {
    without: Vec<f64>,
    with: Vec<f64>,
}

impl Both {
    fn add(&mut self, many: bool, measured: f64) {
        let these = if many { &mut self.with } else { &mut self.without };
        these.push(measured);
        these.sort_by(f64::total_cmp);
    }

    /// Those in the middle.
    fn middles(&self) -> (f64, f64) {
        (at(&self.without, 50), at(&self.with, 50))
    }
}

/// A database with clients, and a server that receives.
struct Bench {
    world: World,
    sink: Sink,
    /// How many clients there are, and suppressed addresses.
    size: usize,
    /// How many letters are sent.
    letters: usize,
    /// Whether these addresses are suppressed now.
    many: bool,
}

impl Bench {
    async fn start(sink: &Path, size: usize, letters: usize) -> anyhow::Result<Self> {
        let mut csv = String::from("email,full_name,groups\n");
        for number in 0..size {
            let group = if number < letters { "First;All" } else { "All" };
            let _ = writeln!(csv, "{},Client Number {number},{group}", address(number));
        }
        let world = World::start(&csv, size).await?;
        sqlx::query("create table suppressed_many (like suppressed including all)").execute(&world.pool).await?;
        let topic = world.group("All").await?.groups.first().copied();
        let filled = sqlx::query(FILL)
            .bind(world.owner.0)
            .bind(i64::try_from(size)?)
            .bind(i64::try_from(letters)?)
            .bind(i64::try_from(ONE_OF)?)
            .bind(topic.map(|group| group.0));
        filled.execute(&world.pool).await?;
        sqlx::query(LIST).bind(world.owner.0).execute(&world.pool).await?;
        // As the autovacuum does soon, in the middle of what is measured.
        for table in ["suppressed", "suppressed_many", "suppressions", "clients", "group_members"] {
            sqlx::query(&format!("vacuum analyze {table}")).execute(&world.pool).await?;
        }
        Ok(Self { world, sink: Sink::start(sink).await?, size, letters, many: false })
    }

    /// From now on these addresses are suppressed, or nobody is. Nobody may work meanwhile.
    async fn suppress(&mut self, many: bool) -> anyhow::Result<()> {
        if many != self.many {
            let (away, here) = if many { ("none", "many") } else { ("many", "none") };
            let exchange = format!(
                "begin; alter table suppressed rename to suppressed_{away};
                 alter table suppressed_{here} rename to suppressed; commit"
            );
            sqlx::raw_sql(&exchange).execute(&self.world.pool).await?;
            self.many = many;
        }
        // What was written before is not what is measured.
        sqlx::query("checkpoint").execute(&self.world.pool).await?;
        Ok(())
    }

    /// The order in which both ways take turns: neither is always the first one.
    fn turns() -> impl Iterator<Item = bool> {
        (0..TIMES).flat_map(|time| if time % 2 == 0 { [false, true] } else { [true, false] })
    }

    /// How many recipients of a run of so many are left out.
    fn left_out(&self, recipients: usize) -> usize {
        if self.many { (self.letters..recipients).filter(|number| number % ONE_OF == 0).count() } else { 0 }
    }

    /// The guard alone.
    async fn questions(&mut self, rows: &mut Rows) -> anyhow::Result<()> {
        let scopes = Scope::ids_of(self.world.owner, MailingId(Uuid::now_v7()));
        for asked in ASKED {
            let mut both = Both::default();
            for many in [false, true] {
                self.suppress(many).await?;
                for question in 0..QUESTIONS {
                    let first = question * asked;
                    let mailboxes: Vec<String> = (first..first + asked).map(|n| address(n % self.size)).collect();
                    let (began, kind) = (Instant::now(), mailing::Kind::default());
                    let reasons = guard::reasons(&self.world.pool, &scopes, kind, &mailboxes).await?;
                    both.add(many, began.elapsed().as_secs_f64() * 1_000.0);
                    ensure!(reasons.len() == asked, "an answer for each");
                }
            }
            let (without, with) = both.middles();
            let goal = if asked == ASKED[0] { Goal::Under(2.0) } else { Goal::None };
            rows.add(&format!("who of {asked} is written to, nobody is suppressed"), without, "ms", Goal::None);
            rows.add(&format!("who of {asked} is written to, {} are suppressed", self.size), with, "ms", goal);
        }
        Ok(())
    }

    /// Two audiences are frozen with and without: as many people as are suppressed, and much fewer, for whom not all of these are read.
    async fn freezing(&mut self, rows: &mut Rows) -> anyhow::Result<()> {
        for (group, people, goal) in [("All", self.size, Goal::Under(1.1)), ("First", self.letters, Goal::None)] {
            let mut both = Both::default();
            for many in Self::turns() {
                self.suppress(many).await?;
                both.add(many, self.freeze(group, people).await?);
            }
            let (without, with) = both.middles();
            let of = format!("freezing an audience of {people}, {TIMES} times");
            rows.add(&format!("{of}, nobody is suppressed"), as_f64(people) / without, "people/s", Goal::None);
            rows.add(&format!("{of}, {} are", self.size), as_f64(people) / with, "people/s", Goal::None);
            rows.add(&format!("{of}, with to without"), with / without, "", goal);
        }
        Ok(())
    }

    /// Seconds from the start of a run to a group of so many people until its audience is frozen. Its letters stay where they are.
    async fn freeze(&self, group: &str, people: usize) -> anyhow::Result<f64> {
        let nowhere = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut worker = Worker::start(self.world.server.url(), nowhere, CONNECTIONS)?;
        let mailing = self.world.plan(self.world.group(group).await?, wire::wall_clock().now()).await?;
        let began = Instant::now();
        loop {
            let frozen: Option<(i64, i64)> =
                sqlx::query_as("select planned, suppressed from runs where mailing_id = $1 and status = 'sending'")
                    .bind(mailing.0)
                    .fetch_optional(&self.world.pool)
                    .await?;
            if let Some((planned, suppressed)) = frozen {
                ensure!(usize::try_from(planned)? == people, "{planned} are planned");
                ensure!(usize::try_from(suppressed)? == self.left_out(people), "{suppressed} are left out");
                break;
            }
            ensure!(began.elapsed() < Duration::from_mins(5), "the audience is not frozen");
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.world.tell(mailing, mailing::Command::Pause { by: self.world.owner }).await?;
        worker.stop().await?;
        let seconds: Option<f64> = sqlx::query_scalar(
            "select extract(epoch from max(e.recorded_at) - min(e.recorded_at))::float8
               from runs r join events e on e.aggregate_type = 'run' and e.aggregate_id = r.id::text
              where r.mailing_id = $1 and e.event_type in ('Started', 'AudienceFrozen')",
        )
        .bind(mailing.0)
        .fetch_one(&self.world.pool)
        .await?;
        seconds.context("it was started and frozen")
    }

    /// Letters are sent with and without.
    async fn flushes(&mut self, rows: &mut Rows) -> anyhow::Result<()> {
        let mut both = Both::default();
        for many in Self::turns() {
            self.suppress(many).await?;
            both.add(many, self.send().await?);
        }
        let (without, with) = both.middles();
        let of = format!("run of {}, {TIMES} times", self.letters);
        rows.add(&format!("{of}, nobody is suppressed"), without, "letters/s", Goal::None);
        rows.add(&format!("{of}, {} are", self.size), with, "letters/s", Goal::None);
        rows.add(&format!("{of}, with to without"), with / without, "", Goal::AtLeast(0.97));
        Ok(())
    }

    /// Letters a second of a run, by a worker that has just been started.
    async fn send(&self) -> anyhow::Result<f64> {
        let mut worker = Worker::start(self.world.server.url(), self.sink.port, CONNECTIONS)?;
        let mailing = self.world.plan(self.world.group("First").await?, wire::wall_clock().now()).await?;
        let began = Instant::now();
        loop {
            let finished: Option<(i64, f64)> = sqlx::query_as(
                "select accepted, extract(epoch from finished_at - started_at)::float8
                   from runs where mailing_id = $1 and status = 'finished'",
            )
            .bind(mailing.0)
            .fetch_optional(&self.world.pool)
            .await?;
            if let Some((accepted, seconds)) = finished {
                ensure!(usize::try_from(accepted)? == self.letters, "{accepted} letters were accepted");
                worker.stop().await?;
                return Ok(rate(self.letters, Duration::from_secs_f64(seconds)));
            }
            ensure!(began.elapsed() < Duration::from_mins(5), "the run takes too long");
            worker.is_alive()?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
