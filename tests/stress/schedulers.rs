//! Many schedulers and workers on one PostgreSQL: an occurrence is one run.

use super::chaos::{Moment, fenced};
use super::dice::{Seed, say};
use super::proof::{self, Causes};
use super::watcher::Watcher;
use super::world::{Member, PATIENCE, World, now};

use chrono::TimeDelta;
use domain::{Periodicity, RunId};
use rand::Rng;
use std::collections::BTreeSet;
use uuid::Uuid;

/// For so many days mailings that run every day were planned.
const DAYS: i64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_schedulers_and_three_workers_never_start_an_occurrence_twice() {
    story("schedulers", Due { once: 6, daily: 4, clients: 100 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_burst_of_small_mailings_every_letter_is_accounted_for_whoever_is_killed() {
    story("bursts", Due { once: 80, daily: 0, clients: 20 }).await;
}

/// What is due at the same moment.
struct Due {
    /// Mailings that run once.
    once: usize,
    /// Mailings that run every day, planned as if since [`DAYS`] days: the last day's occurrence runs at once,
    /// those before it were never to run, and moments later comes today's.
    daily: usize,
    /// How many clients each of them goes to.
    clients: usize,
}

/// Two schedulers and three workers, of which the dice kill some.
async fn story(name: &str, due: Due) {
    let _turn = super::TWO_AT_A_TIME.acquire().await;
    let seed = Seed::of(name);
    let mut dice = seed.dice();
    let world = World::start(seed).await;
    let owner = world.owner().await;
    let group = owner.clients(due.clients).await;
    let mut crew: Vec<Member> = ["serve", "serve", "worker", "worker", "worker"]
        .map(|subcommand| Member::start(&world, subcommand))
        .into_iter()
        .collect();
    // All of them are there before anything is due.
    let missing = "select 5 - count(distinct application_name) from pg_stat_activity
                    where application_name like 'process-%'";
    world.none_left("all have connected", missing).await;
    let moment = now() + TimeDelta::seconds(3);
    for _ in 0..due.once {
        owner.mailing(group, moment, Periodicity::Once).await;
    }
    for _ in 0..due.daily {
        owner.mailing(group, moment - TimeDelta::days(DAYS), Periodicity::Daily).await;
    }
    owner.leave().await;

    let mut watcher = Watcher::start(world.pool.clone());
    let runs = due.once + 2 * due.daily;
    let mut moments = Vec::new();
    for part in 1..=4 {
        let letters = runs * due.clients * part / 6 + dice.random_range(0..100);
        world.letters(letters, PATIENCE).await;
        let (whom, from) = (dice.random_range(0..crew.len()), now());
        crew[whom].is_alive(&world).await;
        crew[whom].kill().await;
        moments.push(Moment { from, to: now() });
        crew[whom].replace(&world);
    }
    watcher.finished(&world, runs).await;
    for member in &mut crew {
        member.is_alive(&world).await;
        member.leave().await;
    }

    let started: Vec<(Uuid, Option<chrono::DateTime<chrono::Utc>>, Uuid)> =
        sqlx::query_as("select mailing_id, occurrence, id from runs where status = 'finished'")
            .fetch_all(&world.pool)
            .await
            .expect("runs can be read");
    let occurrences: BTreeSet<_> = started.iter().map(|(mailing, occurrence, _)| (mailing, occurrence)).collect();
    assert_eq!((started.len(), occurrences.len()), (runs, runs), "one run per occurrence");
    let count = async |event: &str| {
        let query = format!("select count(*) from events where aggregate_type = 'run' and event_type = '{event}'");
        world.number(&query).await.map(|count| usize::try_from(count).expect("a count"))
    };
    assert_eq!((count("Started").await, count("OccurrencesMissed").await), (Some(runs), Some(0)));
    let fenced = fenced(&crew);
    let (mut accepted, mut unknown) = (0, 0);
    for (_, _, run) in started {
        let causes = Causes { moments: &moments, fenced: &fenced, cut_off: 0, left: &BTreeSet::new() };
        let numbers = proof::check(&world.pool, &world.receiver, RunId(run), &causes).await;
        assert_eq!(numbers.totals.planned, due.clients as u64);
        accepted += numbers.totals.accepted;
        unknown += numbers.totals.unknown;
    }
    say(&format!("{name}: {runs} runs, {accepted} accepted, {unknown} unknown"));
}
