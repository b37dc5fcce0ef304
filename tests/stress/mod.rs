//! The proof of the delivery engine: whatever is killed, every letter is accounted for.
//!
//! Real processes send to a receiving server that remembers every letter it accepted, while the dice decide who is killed
//! (kill -9), stopped and resumed, and when. Then the receiver's memory is held against the events and the read models:
//!
//! * nobody got two letters;
//! * everything the receiver accepted is recorded as accepted or unknown;
//! * everything recorded as accepted, the receiver has;
//! * the run is finished, and its numbers add up, at every moment and wherever they are shown;
//! * unknown is only what was in flight at a kill, or what the receiver itself hung up on;
//! * whoever was told that they have left gets no letter that is promised later (`leaving.rs`), and whoever is left out is told why;
//! * of what is unknown because of kills, at least two thirds were accepted, and those that never left are few.
//!
//! The dice start from a seed that is printed. `STRESS_SEED=...` gives it again: the same blows in the same order after the
//! same shares of the letters; what exactly is in flight then is up to the machine. `STRESS_RECIPIENTS` and `STRESS_KILLS`
//! make it longer: `make stress` is 100,000 recipients and 300 kills of workers, see `docs/testing.md`.

mod chaos;
mod clocks;
mod cut_off;
mod dice;
mod doubt;
mod leaving;
mod ledger;
mod moods;
mod network;
mod postgres;
mod proof;
mod receiver;
mod schedulers;
mod watcher;
mod world;

use chaos::{Chaos, Measure, fenced};
use chrono::TimeDelta;
use dice::{Seed, given, say};
use domain::{Periodicity, RunId};
use proof::{Causes, Numbers};
use std::collections::BTreeSet;
use std::time::Instant;
use tokio::sync::Semaphore;
use watcher::Watcher;
use world::{CONNECTIONS, World, now};

/// A story of several processes waits for leases half of its time, so two of them keep the processors busy, and more would keep
/// each other waiting: with three the longest took three times as long.
static TWO_AT_A_TIME: Semaphore = Semaphore::const_new(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_number_of_kills_every_letter_is_accounted_for() {
    let kills = given("STRESS_KILLS").unwrap_or(30);
    let measure =
        Measure { kills, crashes_of_postgres: kills.div_ceil(10), kills_of_the_api: kills.div_ceil(15), stops: 0 };

    let (numbers, _) = story("kills", given("STRESS_RECIPIENTS").unwrap_or(20_000), measure).await;

    assert!(numbers.lost > 0, "the kills left nothing in doubt, so they proved nothing");
    // Of the letters whose beginning was marked, few have not left: each time that a worker is lost, no more than it has
    // connections. When PostgreSQL crashes the marks are lost, and then those of both workers are in doubt that were promised,
    // which are the letters of a moment beside those on the connections.
    // What the receiver refused or put off has left, too; the faster it goes the more of it is not recorded yet.
    let (sent, unheard) = (numbers.lost_and_received, numbers.lost_and_unheard);
    let losses = kills + 2 * measure.crashes_of_postgres;
    say(&format!(
        "kills: of {} unknown letters {sent} were accepted and {unheard} never left, after {losses} losses of a worker",
        numbers.lost
    ));
    assert!(sent * 3 >= numbers.lost * 2, "too many are named that were never sent: {numbers:?}");
    let promised = 2 * measure.crashes_of_postgres * 4 * CONNECTIONS;
    assert!(unheard <= kills * CONNECTIONS + promised, "marked too far ahead: {numbers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_stopped_past_its_lease_and_resumed_sends_nothing_twice() {
    let stops = given::<usize>("STRESS_KILLS").map_or(8, |kills| kills / 4);
    let measure = Measure { kills: 0, crashes_of_postgres: 0, kills_of_the_api: 0, stops };

    let (_, fenced) = story("stops", given::<usize>("STRESS_RECIPIENTS").map_or(12_000, |all| all / 2), measure).await;

    assert!(fenced > 0, "nobody lost a batch while it was stopped, so the stops proved nothing");
}

/// One run over so many recipients in which so much happens. The second number: how many batches were taken over from
/// workers that lived to hear of it.
async fn story(name: &str, recipients: usize, measure: Measure) -> (Numbers, usize) {
    let _turn = TWO_AT_A_TIME.acquire().await;
    let (seed, began) = (Seed::of(name), Instant::now());
    let mut world = World::start(seed).await;
    let owner = world.owner().await;
    let group = owner.clients(recipients).await;
    owner.mailing(group, now() - TimeDelta::minutes(1), Periodicity::Once).await;
    owner.leave().await;

    let mut watcher = Watcher::start(world.pool.clone());
    let mut chaos = Chaos::begin(&world, seed.dice());
    say(&format!("{name}: {recipients} recipients are there after {:.1?}, now {measure:?}", began.elapsed()));
    chaos.rage(&mut world, &mut watcher, measure, recipients).await;
    let last = watcher.finished(&world, 1).await;
    chaos.end(&world).await;

    let runs: Vec<uuid::Uuid> = sqlx::query_scalar("select id from runs").fetch_all(&world.pool).await.expect("runs");
    let [run] = *runs else { panic!("it is one run: {runs:?}") };
    let fenced = fenced(&chaos.crew);
    let causes = Causes { moments: &chaos.moments, fenced: &fenced, cut_off: 0, left: &BTreeSet::new() };
    let numbers = proof::check(&world.pool, &world.receiver, RunId(run), &causes).await;
    assert_eq!(numbers.totals.planned, recipients as u64);
    say(&format!("{name}: {numbers:?}"));
    say(&format!(
        "{name}: {} blows, {} looks at the read models ({} in vain), {} batches taken over from the living, {:.1?}",
        chaos.moments.len(),
        last.looks,
        last.away,
        fenced.len(),
        began.elapsed()
    ));
    for member in &chaos.crew {
        member
            .said
            .iter()
            .filter(|line| line.contains("ERROR") || line.contains("panicked"))
            .for_each(|line| say(line));
    }
    (numbers, fenced.len())
}
