//! Statistics and the numbers of the home page are a fold of the log, written here a second time and differently.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use domain::{MailingId, Period, RunId, UserId};
use eventstore::EventStore;
use projections::{
    Access, Projection,
    feedback::Counts,
    home,
    statistics::{self, Attempts},
};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{moment, one, rebuilt, rich, zone};

/// An attempt, as the log has it.
struct Tried {
    owner: UserId,
    mailing: MailingId,
    at: DateTime<Utc>,
    outcome: String,
}

async fn log(pool: &PgPool, aggregate: &str) -> Vec<(String, Value)> {
    sqlx::query_as("select aggregate_id, payload::jsonb from events where aggregate_type = $1 order by position")
        .bind(aggregate)
        .fetch_all(pool)
        .await
        .expect("the log can be read")
}

fn id(value: &Value) -> Uuid {
    value.as_str().and_then(|text| text.parse().ok()).expect("an id")
}

async fn tried(pool: &PgPool) -> Vec<Tried> {
    let mut batches: BTreeMap<String, (UserId, MailingId)> = BTreeMap::new();
    let mut found = Vec::new();
    for (batch, event) in log(pool, "batch").await {
        if let Some(planned) = event.get("Planned") {
            batches.insert(batch, (UserId(id(&planned["owner"])), MailingId(id(&planned["mailing"]))));
        } else if let Some(recorded) = event.get("AttemptRecorded") {
            let (owner, mailing) = batches[&batch];
            for attempt in recorded["attempts"].as_array().expect("attempts") {
                let text = |name: &str| attempt[name].as_str().expect("text").to_owned();
                if text("outcome") != "not_tried" {
                    found.push(Tried { owner, mailing, at: moment(&text("at")), outcome: text("outcome") });
                }
            }
        }
    }
    found
}

fn counted<'a>(tried: impl Iterator<Item = &'a Tried>) -> Attempts {
    let mut attempts = Attempts::default();
    for one in tried {
        match one.outcome.as_str() {
            "accepted" => attempts.accepted += 1,
            "rejected" => attempts.rejected += 1,
            "deferred" => attempts.deferred += 1,
            "unknown" => attempts.unknown += 1,
            other => panic!("{other} is no outcome"),
        }
    }
    attempts
}

/// The first local day of the period.
fn begins(period: Period, day: NaiveDate) -> NaiveDate {
    match period {
        Period::Day => day,
        Period::Week => day.week(chrono::Weekday::Mon).first_day(),
        Period::Month => NaiveDate::from_ymd_opt(day.year(), day.month(), 1).expect("a day"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_are_what_a_fold_of_the_log_gives() {
    let database = rich().await;
    let (pool, store) = (&database.pool, EventStore::new(database.pool.clone()));

    let tried = tried(pool).await;
    let owners: BTreeSet<UserId> = tried.iter().map(|one| one.owner).collect();
    let some = tried.iter().map(|one| one.mailing).next().expect("something was sent");
    assert!(owners.len() > 1 && tried.len() > 500, "{} {}", owners.len(), tried.len());
    let times = || tried.iter().map(|one| one.at);
    let (from, to) = (times().min().expect("a time"), times().max().expect("a time") + TimeDelta::microseconds(1));
    let accesses = owners.iter().map(|owner| Access::Owner(*owner)).chain([Access::All]);
    for (access, mailing) in accesses.flat_map(|access| [(access, None), (access, Some(some))]) {
        let of_theirs = |one: &&Tried| {
            (access == Access::All || access == Access::Owner(one.owner))
                && mailing.is_none_or(|mailing| one.mailing == mailing)
        };
        for (period, name) in [
            (Period::Day, "Europe/Berlin"),
            (Period::Day, "Asia/Kathmandu"),
            (Period::Week, "America/New_York"),
            (Period::Month, "Pacific/Chatham"),
        ] {
            let zone = zone(name);
            let first_day = |at: DateTime<Utc>| begins(period, zone.local(at).date());
            let boundaries = period.boundaries(from, to, zone, 400).expect("periods");
            let counts = statistics::by_period(pool, access, mailing, &boundaries).await.expect("statistics");
            assert_eq!(counts.unreadable, None);
            let counts = counts.attempts;
            assert_eq!(counts.len() + 1, boundaries.len());
            let mut days: BTreeMap<NaiveDate, Vec<&Tried>> = BTreeMap::new();
            for one in tried.iter().filter(of_theirs) {
                days.entry(first_day(one.at)).or_default().push(one);
            }
            for (begin, count) in boundaries.iter().zip(&counts) {
                let day = first_day(*begin);
                let inside = days.remove(&day).unwrap_or_default();
                assert_eq!(*count, counted(inside.into_iter()), "{day} {name} {period:?} {access:?} {mailing:?}");
            }
            assert_eq!(days.len(), 0, "every attempt has its period");
            let sum = |number: fn(&Attempts) -> i64| counts.iter().map(number).sum::<i64>();
            let all = counted(tried.iter().filter(of_theirs));
            assert_eq!((sum(|it| it.accepted), sum(Attempts::failed)), (all.accepted, all.failed()));

            let (first, last) = (boundaries[0], boundaries[boundaries.len() - 1]);
            let by_mailing =
                statistics::by_mailing(pool, access, mailing, first, last, 1_000).await.expect("statistics");
            let mailings: BTreeSet<MailingId> = tried.iter().filter(of_theirs).map(|one| one.mailing).collect();
            assert_eq!(by_mailing.len(), mailings.len());
            for (id, attempts) in by_mailing {
                let inside = tried.iter().filter(of_theirs).filter(|one| one.mailing.0 == id);
                assert_eq!(attempts, counted(inside), "{id}");
            }
        }
    }

    // And what the runs say.
    let accepted: i64 = one(pool, "select sum(accepted)::bigint from runs").await;
    assert_eq!(counted(tried.iter()).accepted, accepted);
    let counts = "select sum(count)::bigint from attempt_counts";
    let before: i64 = one(pool, counts).await;
    rebuilt(&store, Projection::Runs).await;
    assert_eq!(one::<i64>(pool, counts).await, before);
}

/// A letter of which something was reported, as the log has it.
#[derive(Default)]
struct Reported {
    mailing: Uuid,
    owner: Uuid,
    permanent: bool,
    temporary: bool,
    complaint: bool,
}

impl Reported {
    fn counts(&self) -> Counts {
        Counts {
            bounced: self.permanent.into(),
            soft_bounced: (self.temporary && !self.permanent).into(),
            complained: self.complaint.into(),
        }
    }
}

/// A letter, by its run and its place there.
type Letter = (RunId, u64);

/// When the last attempt at each letter ended.
async fn last_tried(pool: &PgPool) -> BTreeMap<Letter, DateTime<Utc>> {
    let mut batches: BTreeMap<String, Letter> = BTreeMap::new();
    let mut last = BTreeMap::new();
    for (batch, event) in log(pool, "batch").await {
        if let Some(planned) = event.get("Planned") {
            let first = planned["number"].as_u64().expect("a number") * 500;
            batches.insert(batch, (RunId(id(&planned["run"])), first));
        } else if let Some(recorded) = event.get("AttemptRecorded") {
            let (run, first) = batches[&batch];
            for attempt in recorded["attempts"].as_array().expect("attempts") {
                let place = attempt["recipient"].as_u64().expect("a place");
                last.insert((run, first + place), moment(attempt["at"].as_str().expect("a time")));
            }
        }
    }
    last
}

async fn reported(pool: &PgPool) -> BTreeMap<Letter, Reported> {
    let mut letters: BTreeMap<Letter, Reported> = BTreeMap::new();
    for (_, event) in log(pool, "feedback").await {
        let (bounce, complaint) = (event.get("BounceReported"), event.get("Complained"));
        let letter = &bounce.or(complaint).expect("a report")["letter"];
        let key = (RunId(id(&letter["run"])), letter["ordinal"].as_u64().expect("a place"));
        let of = letters.entry(key).or_default();
        (of.mailing, of.owner) = (id(&letter["mailing"]), id(&letter["owner"]));
        let severity = bounce.map(|told| told["bounce"]["severity"].as_str().expect("a severity"));
        of.permanent |= severity == Some("permanent");
        of.temporary |= severity == Some("temporary");
        of.complaint |= complaint.is_some();
    }
    letters
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_back_counts_once_in_the_period_in_which_the_letter_was_taken() {
    let database = rich().await;
    let pool = &database.pool;
    let (last, reported) = (last_tried(pool).await, reported(pool).await);
    assert!(reported.len() > 30, "{}", reported.len());
    let (from, to) =
        (*last.values().min().expect("a time"), *last.values().max().expect("a time") + TimeDelta::microseconds(1));
    let owners: BTreeSet<Uuid> = reported.values().map(|one| one.owner).collect();
    let some = reported.values().map(|one| MailingId(one.mailing)).next();
    let accesses = owners.iter().map(|owner| Access::Owner(UserId(*owner))).chain([Access::All]);
    for (access, mailing) in accesses.flat_map(|access| [(access, None), (access, some)]) {
        for (period, name) in [(Period::Day, "Europe/Berlin"), (Period::Month, "Pacific/Chatham")] {
            let boundaries = period.boundaries(from, to, zone(name), 400).expect("periods");
            let mut expected = vec![Counts::default(); boundaries.len() - 1];
            let mut of_mailings: BTreeMap<Uuid, Counts> = BTreeMap::new();
            for (letter, one) in &reported {
                let is_theirs = access == Access::All || access == Access::Owner(UserId(one.owner));
                // What is only late is in no number.
                let came_back = one.counts() != Counts::default();
                if came_back && is_theirs && mailing.is_none_or(|mailing| mailing.0 == one.mailing) {
                    let place = boundaries.partition_point(|begin| *begin <= last[letter]) - 1;
                    expected[place] += one.counts();
                    *of_mailings.entry(one.mailing).or_default() += one.counts();
                }
            }
            let told = statistics::feedback_by_period(pool, access, mailing, &boundaries).await.expect("statistics");
            let mut total = Counts::default();
            for counts in &expected {
                total += *counts;
            }
            assert_eq!((told.unreadable.clone(), told.total()), (None, total), "{access:?} {mailing:?} {name}");
            assert_eq!(told.counts, expected, "{access:?} {mailing:?} {name}");
            let accepted = statistics::by_period(pool, access, mailing, &boundaries).await.expect("statistics");
            for (counts, attempts) in expected.iter().zip(accepted.attempts) {
                assert!(counts.bounced + counts.soft_bounced <= attempts.accepted, "they are a part of those accepted");
            }
            let (first, end) = (boundaries[0], boundaries[boundaries.len() - 1]);
            let told = statistics::feedback_by_mailing(pool, access, mailing, first, end).await.expect("statistics");
            assert_eq!(told.into_iter().collect::<BTreeMap<_, _>>(), of_mailings, "{access:?} {mailing:?}");
        }
    }
    let nowhere = statistics::feedback_by_period(pool, Access::All, None, &[]).await.expect("statistics");
    assert_eq!((nowhere.counts.len(), nowhere.unreadable), (0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_are_counted_once_for_all_owners() {
    let database = rich().await;
    let (pool, store) = (&database.pool, EventStore::new(database.pool.clone()));

    let mut addresses: BTreeMap<String, String> = BTreeMap::new();
    for (client, event) in log(pool, "client").await {
        let email = |event: &Value| event["email"].as_str().map(str::to_lowercase);
        if let Some(email) = event.get("Added").or(event.get("Changed")).and_then(email) {
            addresses.insert(client, email);
        } else if event == "Deleted" {
            addresses.remove(&client);
        }
    }
    let different: BTreeSet<&String> = addresses.values().collect();
    assert!(different.len() > 20, "{}", different.len());
    let expected = i64::try_from(different.len()).expect("a count");
    let recipients = async || home::numbers(pool, DateTime::UNIX_EPOCH).await.expect("numbers").recipients;
    assert_eq!(recipients().await, expected);
    rebuilt(&store, Projection::Clients).await;
    assert_eq!(recipients().await, expected);
}
