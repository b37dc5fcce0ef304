//! Recipients leave in the middle of a run, while workers are killed and PostgreSQL crashes: whoever was told that they have left gets
//! no letter that is promised after that.
//!
//! They leave as mail programs have them leave (RFC 8058), by the link of their own letter. Some are anybody, and most are next in
//! their batch. Each is asked about twice: how many intents named them when they had their answer, and what the mail server had
//! heard of them at the end. An intent that was not there when they had their answer must have come to nothing.
//!
//! Where the guard is not asked at all, all of these get their letters. Where it is asked before the intent is committed, those do who
//! leave while it is: for that a commit takes a while here, and the story fails when nobody has left meanwhile.

use super::chaos::{Chaos, Measure, fenced};
use super::dice::{Seed, say};
use super::ledger::{Delivery, Ledger};
use super::proof::{self, Causes};
use super::watcher::Watcher;
use super::world::{PATIENCE, World, now};
use crate::support::service::found;
use chrono::{DateTime, TimeDelta, Utc};
use domain::batch::AttemptOutcome;
use domain::letter::leave_link::{Letterhead, LinkKey, Purpose};
use domain::{BatchId, Outcome, Periodicity, RunId};
use projections::{LinkKeys, deliveries};
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::StatusCode;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const RECIPIENTS: i32 = 3_000;

const MEASURE: Measure = Measure { kills: 5, crashes_of_postgres: 1, kills_of_the_api: 0, stops: 0 };

/// So many leave at the same time.
const AT_A_TIME: u64 = 6;

/// How many each of them has leave: together a quarter of the recipients, so that there is somebody left to send to.
const EACH: usize = 120;

/// Whoever is no further behind the last intent of a batch is next.
const NEXT: i32 = 20;

/// How long a mail program waits for an answer before it asks again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Before a mail program asks again.
const PAUSE: Duration = Duration::from_millis(50);

/// The commit of an intent takes longer than it takes to leave.
const SLOW_INTENTS: &str = "
    create function intents_take_long() returns trigger language plpgsql as $$
    begin
        perform pg_sleep(0.1);
        return new;
    end
    $$;
    create trigger intents_take_long before insert on events
        for each row when (new.event_type = 'SendingStarted') execute function intents_take_long();";

/// The last place that an intent names, of each batch that is being sent and has more.
const FRONTS: &str = "
    select b.number, max(p.place::integer)
      from batches b
      join events e on e.aggregate_type = 'batch' and e.aggregate_id = b.id::text and e.event_type = 'SendingStarted'
     cross join lateral jsonb_array_elements_text(e.payload #> '{SendingStarted,recipients}') as p (place)
     where b.run_id = $1 and b.completed_at is null
     group by b.number, b.recipients
    having max(p.place::integer) < b.recipients - 1";

/// How many intents of a batch name a place.
const PROMISED: &str = "
    select count(*) from events
     where aggregate_type = 'batch' and aggregate_id = $1 and event_type = 'SendingStarted'
       and payload #> '{SendingStarted,recipients}' @> to_jsonb($2::integer)";

/// Whom the log has for leaving: the number of the letter by whose link it was, and the mailbox.
const GONE: &str = "
    select (payload #>> '{Suppressed,source,ordinal}')::integer, payload #>> '{Suppressed,mailbox}'
      from events
     where aggregate_type = 'suppression' and event_type = 'Suppressed'
       and payload #>> '{Suppressed,reason}' = 'unsubscribed'
       and payload #>> '{Suppressed,source,run}' = $1";

/// Somebody who has left.
#[derive(Clone, Copy, Debug)]
struct Left {
    ordinal: i32,
    /// When they began to say so.
    from: DateTime<Utc>,
    /// How many intents named them when they had their answer, or a moment later.
    promised: usize,
}

/// The way out of a run.
#[derive(Clone)]
struct Door {
    pool: PgPool,
    http: reqwest::Client,
    /// Ends with a slash.
    url: String,
    key: LinkKey,
    run: RunId,
    /// Whoever is on their way out, by ordinal.
    gone: Arc<Mutex<BTreeSet<i32>>>,
}

impl Door {
    async fn new(world: &World, url: String, run: RunId) -> Self {
        let key = LinkKeys::default().newest(&world.pool).await.expect("there is a key").clone();
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().expect("a client");
        Self { pool: world.pool.clone(), http, url, key, run, gone: Arc::default() }
    }

    /// One after the other leaves, at random moments.
    async fn leave_one_by_one(self, mut dice: StdRng, stop: CancellationToken) -> Vec<Left> {
        let mut left = Vec::new();
        while left.len() < EACH && !stop.is_cancelled() {
            if let Some(ordinal) = self.whoever(&mut dice).await {
                left.push(self.leave(ordinal).await);
            }
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..80))).await;
        }
        left
    }

    /// Somebody who has not left yet: anybody, or one of those who are next. Nobody while PostgreSQL is away.
    async fn whoever(&self, dice: &mut StdRng) -> Option<i32> {
        let ordinal = if dice.random_bool(0.25) {
            dice.random_range(0..RECIPIENTS)
        } else {
            let fronts: Vec<(i32, i32)> =
                sqlx::query_as(FRONTS).bind(self.run.0).fetch_all(&self.pool).await.unwrap_or_default();
            if fronts.is_empty() {
                return None;
            }
            let (number, front) = fronts[dice.random_range(0..fronts.len())];
            let first = deliveries::ordinal(u32::try_from(number).expect("a number"), 0);
            first + front + dice.random_range(1..=NEXT)
        };
        let is_new = self.gone.lock().unwrap_or_else(PoisonError::into_inner).insert(ordinal);
        (is_new && ordinal < RECIPIENTS).then_some(ordinal)
    }

    /// Has a recipient leave, and asks again until there is an answer that says so.
    async fn leave(&self, ordinal: i32) -> Left {
        let letter = Letterhead { run: self.run, ordinal: ordinal.unsigned_abs() };
        let url = format!("{}u/{}", self.url, self.key.token(Purpose::Unsubscribe, letter));
        let (mut from, began) = (now(), Instant::now());
        loop {
            let request = self.http.post(&url).form(&[("List-Unsubscribe", "One-Click")]);
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::OK => break,
                other => assert!(began.elapsed() < PATIENCE, "nobody hears who leaves: {other:?}"),
            }
            tokio::time::sleep(PAUSE).await;
            from = now();
        }
        Left { ordinal, from, promised: self.promised(ordinal).await }
    }

    /// How many intents name a recipient by now.
    async fn promised(&self, ordinal: i32) -> usize {
        let (number, place) = deliveries::place(ordinal);
        let (batch, began) = (BatchId::derive(self.run, number).to_string(), Instant::now());
        loop {
            let count = sqlx::query_scalar::<_, i64>(PROMISED).bind(&batch).bind(i32::from(place));
            match count.fetch_one(&self.pool).await {
                Ok(count) => return usize::try_from(count).expect("a count"),
                // PostgreSQL is away. What it has promised when it is back was not there before, or counts as if it was.
                Err(error) => assert!(began.elapsed() < PATIENCE, "nobody tells what was promised: {error}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_told_that_they_have_left_gets_no_letter_that_is_promised_later() {
    let _turn = super::TWO_AT_A_TIME.acquire().await;
    let (seed, began) = (Seed::of("leaving"), Instant::now());
    let mut world = World::start(seed).await;
    let owner = world.owner().await;
    let recipients = usize::try_from(RECIPIENTS).expect("a count");
    let group = owner.clients(recipients).await;
    owner.mailing(group, now() - TimeDelta::minutes(1), Periodicity::Once).await;
    owner.leave().await;
    sqlx::raw_sql(SLOW_INTENTS).execute(&world.pool).await.expect("a trigger");

    // Nobody sends much before there is somebody to leave.
    world.receiver.answers_up_to(100);
    let mut watcher = Watcher::start(world.pool.clone());
    let mut chaos = Chaos::begin(&world, seed.dice());
    let url = chaos.api().await;
    let run = found("the audience is frozen", async || {
        let frozen = sqlx::query_scalar::<_, Uuid>("select id from runs where status = 'sending'");
        frozen.fetch_optional(&world.pool).await.ok().flatten()
    });
    let run = RunId(run.await);
    let (door, stop) = (Door::new(&world, url, run).await, CancellationToken::new());
    let leaving: Vec<_> = (0..AT_A_TIME)
        .map(|number| {
            let dice = Seed(seed.0.wrapping_add(number)).dice();
            tokio::spawn(door.clone().leave_one_by_one(dice, stop.clone()))
        })
        .collect();
    chaos.rage(&mut world, &mut watcher, MEASURE, recipients).await;
    watcher.finished(&world, 1).await;
    stop.cancel();
    let mut left = Vec::new();
    for leaving in leaving {
        left.extend(leaving.await.expect("they leave"));
    }
    chaos.end(&world).await;

    let (fenced, ordinals) = (fenced(&chaos.crew), left.iter().map(|one| one.ordinal).collect());
    let causes = Causes { moments: &chaos.moments, fenced: &fenced, cut_off: 0, left: &ordinals };
    let numbers = proof::check(&world.pool, &world.receiver, run, &causes).await;
    assert_eq!(numbers.totals.planned, recipients as u64);
    let ledger = Ledger::of(&world.pool, run).await;
    let clients = proof::clients(&world.pool).await;
    everybody_has_left_by_their_own_link(&world, &ledger, &clients, &ordinals).await;
    let (caught, meanwhile) = no_later_promise_was_kept(&world, &ledger, &clients, &left, &fenced);
    say(&format!(
        "leaving: {} left, {caught} before a letter was promised to them, {meanwhile} while it was; {numbers:?}; {:.1?}",
        left.len(),
        began.elapsed()
    ));
    assert!(caught > 0, "nobody left before a letter was promised to them, so it proved nothing");
    assert!(meanwhile > 0, "nobody left while a letter was being promised to them, so it proved too little");
    assert!(numbers.totals.suppressed > 0 && numbers.totals.accepted > numbers.totals.suppressed, "{numbers:?}");
}

/// What was answered is in the log, for the one whose link it was, and in force.
async fn everybody_has_left_by_their_own_link(
    world: &World,
    ledger: &Ledger,
    clients: &BTreeMap<Uuid, String>,
    left: &BTreeSet<i32>,
) {
    let gone: Vec<(i32, String)> =
        sqlx::query_as(GONE).bind(ledger.run.to_string()).fetch_all(&world.pool).await.expect("there is a log");
    let told: BTreeSet<i32> = gone.iter().map(|(ordinal, _)| *ordinal).collect();
    assert_eq!((gone.len(), &told), (left.len(), left), "each has left once");
    for (ordinal, mailbox) in gone {
        assert_eq!(mailbox, clients[&ledger.deliveries[&ordinal].client], "the link of letter {ordinal}");
    }
    let guarded = world.number("select count(*) from suppressed where reason = 'unsubscribed'").await;
    assert_eq!(guarded.and_then(|count| usize::try_from(count).ok()), Some(left.len()), "all of it is in force");
}

/// The law. Says to how many of those who have left a letter was promised after they had their answer, and to how many of these it was
/// being promised when they began to say so.
fn no_later_promise_was_kept(
    world: &World,
    ledger: &Ledger,
    clients: &BTreeMap<Uuid, String>,
    left: &[Left],
    fenced: &[BatchId],
) -> (usize, usize) {
    let named = world.receiver.named();
    let received: BTreeSet<String> = world.receiver.accepted().into_iter().map(|letter| letter.recipient).collect();
    let (mut caught, mut meanwhile) = (0, 0);
    for one in left {
        let delivery: &Delivery = &ledger.deliveries[&one.ordinal];
        let address = &clients[&delivery.client];
        let Some((before, later)) = delivery.flights.split_at_checked(one.promised) else {
            panic!("{address} was promised more than the log has: {one:?} {delivery:?}");
        };
        let told = || format!("{address}: {one:?} {delivery:?}");
        if let Some(first) = later.first() {
            assert!(!received.contains(address), "a letter was promised after the answer, and sent: {}", told());
            // Whoever is fenced may still have the promise of before in hand.
            let sent = named.get(address).is_some_and(|at| *at >= first.from) && !fenced.contains(&delivery.batch);
            assert!(!sent, "a mail server has heard of somebody who had left: {}", told());
            caught += 1;
            meanwhile += usize::from(one.from >= first.from);
        }
        for flight in later {
            let taken_back = flight.outcome == AttemptOutcome::NotTried || flight.recovered;
            assert!(taken_back, "what was promised after the answer was not taken back: {}", told());
        }
        // What was promised before may have gone out; whoever had nothing gets nothing, or nobody knows as a worker was lost.
        let lost = delivery.flights.last().is_some_and(|flight| flight.recovered);
        let is_left_out = delivery.outcome == Outcome::Suppressed || delivery.outcome == Outcome::Unknown && lost;
        assert!(!before.is_empty() || is_left_out, "whoever left in time is left out: {}", told());
    }
    (caught, meanwhile)
}
