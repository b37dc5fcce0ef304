//! Imports and replays: clients a second and bytes of each, events a second of each read model that is filled anew, and all of
//! them in one pass. `make bench` runs it in the release profile.
//!
//! Everything is on this machine: PostgreSQL (private, in a temporary directory, fsync on), and the program. The log has an address
//! book that is imported, and runs of which every letter was tried once, recorded a few at a time, as happens when many mailings
//! share the mail servers. `REPLAY=1200000,1700000` names the numbers of clients and of attempts; `--quick` takes fewer of both.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

#[allow(dead_code, reason = "each benchmark uses what it needs of it")]
mod kit;

use acts::who::Operator;
use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use domain::batch::{self, Attempt, AttemptOutcome, Batch, Recipient};
use domain::run::{self, Run, Trigger};
use domain::{BatchId, ClientId, Language, MailingId, mailing};
use eventstore::{Append, EventStore};
use kit::rows::{Goal, Rows};
use kit::world::{World, metadata};
use kit::{as_f64, rate, setting};
use projections::{Projection, RebuildProgress, rebuild, rebuild_together};
use skymailing::wire::{self, Node};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Recipients of a batch.
const BATCH: usize = 100;

/// Attempts that are recorded together.
const FLUSH: usize = 12;

/// Batches of a run.
const BATCHES: usize = 10;

/// The numbers of clients and attempts of the goal, and the most seconds that filling all read models anew may take.
const GOAL: (usize, usize, f64) = (1_200_000, 1_700_000, 40.0);

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_env_filter("warn").init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let sizes = setting("REPLAY").unwrap_or_else(|| if quick { vec![60_000, 80_000] } else { vec![GOAL.0, GOAL.1] });
    let [clients, attempts] = sizes[..] else { anyhow::bail!("REPLAY names clients and attempts: 60000,80000") };
    let mut rows = Rows::default();
    let world = World::start("email,full_name\nann@example.org,Ann\n", 1).await?;
    import(&world, clients, &mut rows).await?;
    let events = send(&world, attempts).await?;
    catch_up(&world, events, &mut rows).await?;
    replay(&world, clients, attempts, &mut rows).await?;
    rows.print();
    world.stop().await
}

async fn size(world: &World) -> anyhow::Result<f64> {
    Ok(sqlx::query_scalar("select pg_database_size(current_database())::float8").fetch_one(&world.pool).await?)
}

/// Imports an address book, with the read models following.
async fn import(world: &World, clients: usize, rows: &mut Rows) -> anyhow::Result<()> {
    let mut csv = String::from("email,full_name\n");
    for number in 0..clients {
        let _ = writeln!(csv, "client{number}@example.org,Client Number {number}");
    }
    let node = Node::over(sqlx::PgPool::connect(world.server.url()).await?, wire::wall_clock(), None);
    let (before, of) = (size(world).await?, Operator::of_this_host().owner(world.owner));
    let began = Instant::now();
    let imported =
        acts::address_book::import::import(&node.services, of, csv.as_bytes(), &metadata(), Language::En, |_| {})
            .await?;
    let took = began.elapsed();
    ensure!(imported.imported == clients as u64, "{imported:?}");
    let head = EventStore::head(&world.pool).await?;
    ensure!(node.services.reached.wait_for(head, Duration::from_mins(10)).await, "too slow");
    node.close().await?;
    rows.add(&format!("import of {clients}"), rate(clients, took), "clients/s", Goal::AtLeast(40_000.0));
    let bytes = (size(world).await? - before) / as_f64(clients);
    rows.add(&format!("import of {clients}, on disk"), bytes, "B/client", Goal::Under(900.0));
    Ok(())
}

/// Writes what runs leave in the log, and returns how many events that were.
async fn send(world: &World, attempts: usize) -> anyhow::Result<usize> {
    let clients: Vec<Uuid> = sqlx::query_scalar("select id from clients where owner_id = $1 order by id limit $2")
        .bind(world.owner.0)
        .bind(i64::try_from(BATCH * BATCHES)?)
        .fetch_all(&world.pool)
        .await?;
    let audience =
        mailing::Audience { clients: BTreeSet::from([ClientId(clients[0])]), ..mailing::Audience::default() };
    let mut events = 0;
    for number in 0..attempts.div_ceil(BATCH * BATCHES) {
        let mailing = world.plan(audience.clone(), wire::wall_clock().now()).await?;
        let appends = one_run(world, mailing, &clients)?;
        world.store.append(&appends, &metadata()).await.with_context(|| format!("run {number}"))?;
        events += 3 + BATCHES * (2 + 2 * BATCH.div_ceil(FLUSH));
    }
    Ok(events)
}

/// The streams of a run, until its letters have gone out.
fn one_run(world: &World, mailing: MailingId, clients: &[Uuid]) -> anyhow::Result<Vec<Append>> {
    let at = wire::wall_clock().now();
    let trigger = Trigger::SendNow(mailing.to_string());
    let run = trigger.run_of(mailing);
    let origin = run::Origin {
        mailing,
        owner: world.owner,
        message: world.message,
        revision: 1,
        kind: mailing::Kind::default(),
        sender: None,
    };
    let planned = (BATCHES * BATCH) as u64;
    let mut appends = Vec::with_capacity(BATCHES + 1);
    appends.push(Append::begin::<Run>(
        run.0,
        vec![
            run::Event::Started { origin, trigger, at, message_id_domain: None },
            run::Event::AudienceFrozen {
                planned,
                batches: u32::try_from(BATCHES)?,
                message_id_domain: "bench.example.com".to_owned(),
            },
        ],
    )?);
    for (number, clients) in (0..).zip(clients.chunks(BATCH).take(BATCHES)) {
        let recipients = clients.iter().map(|client| Recipient(ClientId(*client), 1)).collect();
        let mut events = vec![batch::Event::Planned { run, mailing, owner: world.owner, number, recipients }];
        let places: Vec<u16> = (0..u16::try_from(BATCH)?).collect();
        for some in places.chunks(FLUSH) {
            events.push(batch::Event::SendingStarted { recipients: some.to_vec(), hold: None });
            events.push(batch::Event::AttemptRecorded {
                attempts: some.iter().map(|place| attempt(*place, at)).collect(),
            });
        }
        events.push(batch::Event::Completed);
        appends.push(Append::begin::<Batch>(BatchId::derive(run, number).0, events)?);
    }
    Ok(appends)
}

fn attempt(recipient: u16, at: DateTime<Utc>) -> Attempt {
    Attempt {
        recipient,
        at,
        outcome: AttemptOutcome::Accepted,
        code: Some(250),
        enhanced: Some("2.0.0".to_owned()),
        reply: Some("Ok: queued as 4F1".to_owned()),
    }
}

/// How fast the read models follow.
async fn catch_up(world: &World, events: usize, rows: &mut Rows) -> anyhow::Result<()> {
    let began = Instant::now();
    let (mut projector, _) = projections::Projector::new(world.store.clone());
    projector.catch_up().await?;
    rows.add("read models that follow", rate(events, began.elapsed()), "events/s", Goal::None);
    Ok(())
}

async fn replay(world: &World, clients: usize, attempts: usize, rows: &mut Rows) -> anyhow::Result<()> {
    for projection in Projection::ALL {
        let began = Instant::now();
        let done = rebuild(&world.store, projection, &metadata(), |_| {}).await?;
        let per_second = rate(usize::try_from(done.folded)?, began.elapsed());
        let goal = match projection {
            Projection::Clients | Projection::Runs | Projection::History => Goal::None,
            _ => Goal::AtLeast(1_000_000.0),
        };
        rows.add(&format!("rebuild of {}", projection.name()), per_second, "events/s", goal);
    }
    let began = Instant::now();
    let mut events = 0;
    for (projection, ended) in rebuild_together(&world.store, &Projection::ALL, &metadata(), |_, _| {}).await? {
        let RebuildProgress { folded, .. } = ended.with_context(|| projection.name())?;
        events = events.max(folded);
    }
    let took = began.elapsed();
    // As much is asked of a log that is smaller.
    let goal = GOAL.2 * as_f64(clients + attempts) / as_f64(GOAL.0 + GOAL.1);
    println!("{events} events with {attempts} attempts");
    rows.add("all read models in one pass", took.as_secs_f64(), "s", Goal::Under(goal));
    rows.add("the same", rate(usize::try_from(events)?, took), "events/s", Goal::None);
    Ok(())
}
