//! A worker on another host is cut off from PostgreSQL, from its mail server, or from both: packets are dropped both ways
//! for longer than its lease, and then get through again, with what was still on its way.

use super::chaos::{Moment, fenced};
use super::dice::{Seed, say};
use super::network::Host;
use super::proof::{self, Causes};
use super::watcher::Watcher;
use super::world::{CONNECTIONS, LEASE, Member, PATIENCE, World, now};
use crate::support::service::found;
use chrono::TimeDelta;
use domain::{Periodicity, RunId};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

const RECIPIENTS: usize = 12_000;

/// How long the far worker waits for an answer of its mail server.
const SMTP_TIMEOUT: Duration = Duration::from_secs(2);

/// How many letters go out between two cuts.
const BETWEEN: usize = 800;

/// How many letters intents name and no outcome, in the batches that a worker holds.
async fn in_flight(world: &World, worker: Uuid) -> i64 {
    sqlx::query_scalar(
        "select coalesce(sum(case event_type
             when 'SendingStarted' then jsonb_array_length(payload #> '{SendingStarted,recipients}')
             else -jsonb_array_length(payload #> '{AttemptRecorded,attempts}') end), 0)::bigint
           from events e join batch_leases l on l.batch_id::text = e.aggregate_id
          where l.worker = $1 and event_type in ('SendingStarted', 'AttemptRecorded')",
    )
    .bind(worker)
    .fetch_one(&world.pool)
    .await
    .expect("letters can be counted")
}

/// How many batches a worker holds, as far as others know.
async fn batches_of(world: &World, worker: Uuid) -> i64 {
    sqlx::query_scalar("select count(*) from batch_leases where worker = $1")
        .bind(worker)
        .fetch_one(&world.pool)
        .await
        .expect("batches can be counted")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_cut_off_for_longer_than_its_lease_and_is_back_loses_and_doubles_nothing() {
    let _turn = super::TWO_AT_A_TIME.acquire().await;
    let Some(mut host) = Host::new() else { return };
    let world = World::start(Seed::of("cut off")).await;
    let owner = world.owner().await;
    let group = owner.clients(RECIPIENTS).await;
    owner.mailing(group, now() - TimeDelta::minutes(1), Periodicity::Once).await;
    owner.leave().await;
    let mut postgres = url::Url::parse(world.postgres.url()).expect("it is a URL");
    let port = postgres.port().expect("it has a port");
    let to_postgres = host.line_to(([127, 0, 0, 1], port).into()).await;
    let to_receiver = host.line_to(world.receiver.address()).await;
    postgres.set_ip_host(to_postgres.address.ip()).expect("it has a host");
    postgres.set_port(Some(to_postgres.address.port())).expect("it has a port");

    world.receiver.answers_up_to(BETWEEN / 4);
    let mut watcher = Watcher::start(world.pool.clone());
    let timeout = format!("{}s", SMTP_TIMEOUT.as_secs());
    let far = world
        .program("worker", postgres.as_str(), &format!("smtp://{}", to_receiver.address))
        .through(&host.launcher())
        .set("SMTP_COMMAND_TIMEOUT", &timeout)
        .set("SMTP_DATA_TIMEOUT", &timeout);
    let mut far = Member::of("worker", far.start());
    far.says("sending letters").await;
    // It is alone so far, so the first lease is its own.
    let worker = found("the far worker takes a batch", async || {
        let holder = sqlx::query_scalar("select worker from batch_leases where worker is not null limit 1");
        holder.fetch_optional(&world.pool).await.expect("an answer")
    });
    let worker: Uuid = worker.await;
    let mut near = Member::start(&world, "worker");
    world.letters(1, PATIENCE).await;

    let mut moments = Vec::new();
    for (what, lines) in [
        ("PostgreSQL", vec![&to_postgres]),
        ("its mail server", vec![&to_receiver]),
        ("both", vec![&to_postgres, &to_receiver]),
    ] {
        let point = world.receiver.count() + BETWEEN;
        world.receiver.answers_up_to(point);
        world.letters(point, PATIENCE).await;
        // The receiver answers nobody any more, so what it has in flight now, it has when it is cut off.
        found("the far worker has letters in flight", async || (in_flight(&world, worker).await > 0).then_some(()))
            .await;
        say(&format!("cut off from {what} after {} letters", world.receiver.count()));
        let from = now();
        for line in &lines {
            line.cut();
        }
        world.receiver.answers_up_to(point + BETWEEN);
        // Longer than the lease, and than the worker waits for answers.
        tokio::time::sleep(LEASE + SMTP_TIMEOUT).await;
        world.letters(point + BETWEEN / 2, PATIENCE).await;
        if what == "PostgreSQL" {
            // Whoever is near takes over when they are done with one of their own batches, however busy the machine is.
            world.receiver.answers_up_to(usize::MAX);
            found("the other worker takes over", async || (batches_of(&world, worker).await == 0).then_some(())).await;
            world.receiver.answers_up_to(world.receiver.count());
        }
        for line in &lines {
            line.heal();
        }
        // What was on its way arrives now, and finds another worker's batches.
        world.letters(point + BETWEEN, SMTP_TIMEOUT).await;
        moments.push(Moment { from, to: now() });
    }
    world.receiver.answers_up_to(usize::MAX);
    watcher.finished(&world, 1).await;
    far.leave().await;
    near.leave().await;

    let run: uuid::Uuid = sqlx::query_scalar("select id from runs").fetch_one(&world.pool).await.expect("one run");
    let crew = [far, near];
    let fenced = fenced(&crew);
    // Each connection may lose the answer about one letter in a cut, and two cuts are of the mail server.
    let causes = Causes { moments: &moments, fenced: &fenced, cut_off: 2 * CONNECTIONS, left: &BTreeSet::new() };
    let numbers = proof::check(&world.pool, &world.receiver, RunId(run), &causes).await;
    say(&format!("cut off: {numbers:?}, {} batches taken over from the living", fenced.len()));
    assert_eq!(numbers.totals.planned, RECIPIENTS as u64);
    assert!(!fenced.is_empty() || numbers.lost > 0, "the cuts left nothing in doubt, so they proved nothing");
}
