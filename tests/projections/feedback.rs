//! What came back: each letter counts once, however many reports there are of it, and is found wherever somebody looks for it.

use std::collections::{BTreeMap, BTreeSet};

use domain::feedback::{Bounce, Event, Feedback, Letter, Report as Told, Severity, Via};
use domain::{ClientId, FeedbackId, MailingId, Outcome, ReportId, RunId, UserId};
use eventstore::{Append, EventStore};
use projections::columns::Word as _;
use projections::deliveries::{self, Filter};
use projections::feedback::{self, CameBack, Counts, Place, Report, What};
use projections::{Access, Projection, audit, reports};
use sqlx::PgPool;
use uuid::Uuid;

use super::{equals_a_rebuild, follow, metadata, moment, one, rebuilt, rich};
use crate::support::{all_read, database};

/// All reports of a history, in no order.
async fn all(pool: &PgPool, access: Access, filter: &feedback::Filter) -> Vec<Report> {
    all_read(feedback::page(pool, access, filter, None, 1_000_000).await)
}

/// What the reports of a letter say together.
fn said(reports: &[&Report]) -> BTreeSet<&'static str> {
    let says = |what: What| reports.iter().any(|report| report.what == what);
    let (gone, put_off) = (says(What::Permanent), says(What::Temporary));
    [
        (CameBack::Bounced, gone),
        (CameBack::SoftBounced, put_off && !gone),
        (CameBack::Complained, says(What::Complaint)),
    ]
    .into_iter()
    .filter(|(_, is)| *is)
    .map(|(came_back, _)| came_back.word())
    .collect()
}

/// The letters of each run that came back or were complained of, and what was reported. What is only late is none of that.
fn letters(reports: &[Report]) -> BTreeMap<Uuid, BTreeMap<i32, BTreeSet<&'static str>>> {
    let mut of_each: BTreeMap<(Uuid, i32), Vec<&Report>> = BTreeMap::new();
    for report in reports {
        of_each.entry((report.run_id, report.ordinal)).or_default().push(report);
    }
    let mut letters: BTreeMap<Uuid, BTreeMap<i32, BTreeSet<&'static str>>> = BTreeMap::new();
    for ((run, ordinal), reports) in of_each {
        let said = said(&reports);
        if !said.is_empty() {
            letters.entry(run).or_default().insert(ordinal, said);
        }
    }
    letters
}

fn counted(letters: &BTreeMap<i32, BTreeSet<&'static str>>) -> Counts {
    let number = |came_back: CameBack| {
        let letters = letters.values().filter(|said| said.contains(came_back.word())).count();
        i64::try_from(letters).expect("a number")
    };
    Counts {
        bounced: number(CameBack::Bounced),
        soft_bounced: number(CameBack::SoftBounced),
        complained: number(CameBack::Complained),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_numbers_of_runs_mailings_and_reports_are_those_of_the_letters() {
    let database = rich().await;
    let pool = &database.pool;
    let everything = all(pool, Access::All, &feedback::Filter::default()).await;
    let letters = letters(&everything);
    assert!(letters.len() > 5 && everything.len() > 50, "{} {}", letters.len(), everything.len());

    let runs: Vec<Uuid> = sqlx::query_scalar("select id from runs").fetch_all(pool).await.expect("runs");
    let counts: BTreeMap<Uuid, Counts> = feedback::counts(pool, &runs).await.expect("numbers").into_iter().collect();
    let expected: BTreeMap<Uuid, Counts> = letters.iter().map(|(run, letters)| (*run, counted(letters))).collect();
    assert_eq!(counts, expected);

    let mailing_of: BTreeMap<Uuid, Uuid> = everything.iter().map(|report| (report.run_id, report.mailing_id)).collect();
    let mut of_mailings: BTreeMap<Uuid, Counts> = BTreeMap::new();
    for (run, counts) in &expected {
        *of_mailings.entry(mailing_of[run]).or_default() += *counts;
    }
    let mailings: Vec<Uuid> = sqlx::query_scalar("select id from mailings").fetch_all(pool).await.expect("mailings");
    let told = feedback::counts_of_mailings(pool, &mailings).await.expect("numbers");
    assert_eq!(told.into_iter().collect::<BTreeMap<_, _>>(), of_mailings);

    let mut reported = 0;
    for run in runs {
        let Some(report) = reports::get(pool, Access::All, RunId(run)).await.expect("an answer") else { continue };
        assert_eq!(report.came_back(), expected.get(&run).copied().unwrap_or_default());
        assert!(report.totals.add_up(), "what came back is no outcome");
        reported += i64::from(report.bounced > 0);
    }
    assert!(reported > 0, "some runs with bounces are finished");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_listed_newest_first_and_everyone_sees_only_theirs() {
    let database = rich().await;
    let pool = &database.pool;
    let everything = all(pool, Access::All, &feedback::Filter::default()).await;
    let key = |report: &Report| (report.reported_at, report.run_id, report.ordinal, report.version);
    assert!(everything.windows(2).all(|pair| key(&pair[0]) > key(&pair[1])), "newest first, each once");

    let owners: BTreeSet<Uuid> = everything.iter().map(|report| report.owner_id).collect();
    let some = &everything[everything.len() / 2];
    let (mailing, run) = (Some(MailingId(some.mailing_id)), Some(RunId(some.run_id)));
    let nobody = UserId(Uuid::now_v7());
    let accesses = owners.iter().map(|owner| Access::Owner(UserId(*owner))).chain([Access::All, Access::Owner(nobody)]);
    let mut seen = 0;
    for access in accesses {
        let filters = [
            feedback::Filter::default(),
            feedback::Filter { owner: Some(UserId(some.owner_id)), ..feedback::Filter::default() },
            feedback::Filter { mailing, ..feedback::Filter::default() },
            feedback::Filter { run, what: Some(What::Permanent), ..feedback::Filter::default() },
            feedback::Filter { what: Some(What::Complaint), ..feedback::Filter::default() },
        ];
        for filter in filters {
            let passes = |report: &&Report| {
                (access == Access::All || access == Access::Owner(UserId(report.owner_id)))
                    && filter.owner.is_none_or(|owner| owner.0 == report.owner_id)
                    && filter.mailing.is_none_or(|mailing| mailing.0 == report.mailing_id)
                    && filter.run.is_none_or(|run| run.0 == report.run_id)
                    && filter.what.is_none_or(|what| what == report.what)
            };
            let expected: Vec<_> = everything.iter().filter(passes).map(key).collect();
            let count = feedback::count(pool, access, &filter).await.expect("a count");
            assert_eq!(usize::try_from(count).ok(), Some(expected.len()), "{access:?} {filter:?}");
            let (mut listed, mut after): (Vec<_>, Option<Place>) = (Vec::new(), None);
            loop {
                let page = feedback::page(pool, access, &filter, after, 7).await.expect("a page");
                let Some((place, _)) = page.last() else { break };
                after = Some(*place);
                listed.extend(page.into_iter().map(|(_, row)| key(&row.expect("it reads"))));
            }
            assert_eq!(listed, expected, "{access:?} {filter:?}");
            seen += listed.len();
        }
    }
    assert!(seen > everything.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_that_came_back_are_found_among_the_deliveries_of_their_run() {
    let database = rich().await;
    let pool = &database.pool;
    let everything = all(pool, Access::All, &feedback::Filter::default()).await;
    let (mut found, mut sought) = (0, 0);
    for (run, letters) in letters(&everything) {
        let id = RunId(run);
        let owner = everything.iter().find(|report| report.run_id == run).map(|report| report.owner_id);
        let access = Access::Owner(UserId(owner.expect("an owner")));
        let ordinals = async |filter: &Filter| -> Vec<i32> {
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let page = all_read(deliveries::page(pool, access, id, filter, after, 3).await);
                let Some(last) = page.last() else { break };
                after = Some(last.ordinal);
                listed.extend(page.iter().map(|row| row.ordinal));
            }
            let count = deliveries::count(pool, access, id, filter).await.expect("a count");
            assert_eq!(usize::try_from(count).ok(), Some(listed.len()), "{run} {filter:?}");
            listed
        };
        for came_back in CameBack::ALL.iter().copied() {
            let said = |said: &BTreeSet<&str>| said.contains(came_back.word());
            let expected: Vec<i32> = letters.iter().filter(|(_, of)| said(of)).map(|(ordinal, _)| *ordinal).collect();
            let filter = Filter { came_back: Some(came_back), ..Filter::default() };
            assert_eq!(ordinals(&filter).await, expected, "{run} {came_back:?}");
            found += expected.len();
            // In this history all of them were accepted.
            let outcomes = vec![Outcome::Accepted];
            assert_eq!(ordinals(&Filter { outcomes, ..filter.clone() }).await, expected);
            let outcomes = vec![Outcome::Rejected, Outcome::Unknown];
            assert_eq!(ordinals(&Filter { outcomes, ..filter.clone() }).await, [0; 0]);
            assert_eq!(ordinals(&Filter { undecided: true, ..filter.clone() }).await, [0; 0]);
            let called = |text: &str| Some(text.to_owned());
            let with_a = ordinals(&Filter { search: called("a"), ..Filter::default() }).await;
            let both: Vec<i32> = expected.iter().copied().filter(|ordinal| with_a.contains(ordinal)).collect();
            assert_eq!(ordinals(&Filter { search: called("a"), ..filter.clone() }).await, both);
            sought += both.len();
            let stranger = Access::Owner(UserId(Uuid::now_v7()));
            assert!(deliveries::page(pool, stranger, id, &filter, None, 10).await.expect("a page").is_empty());
            assert_eq!(deliveries::count(pool, stranger, id, &filter).await.expect("a count"), 0);
        }
        let some: Vec<i32> = letters.keys().copied().take(2).collect();
        let listed = feedback::of_deliveries(pool, id, &some).await.expect("a list");
        let expected: Vec<(i32, i64)> = {
            let of_some = everything.iter().filter(|one| one.run_id == run && some.contains(&one.ordinal));
            let keys: BTreeSet<(i32, i64)> = of_some.map(|one| (one.ordinal, one.version)).collect();
            keys.into_iter().collect()
        };
        let read = |(place, row): (i32, projections::Read<Report>)| (place, row.expect("it reads").version);
        assert_eq!(listed.into_iter().map(read).collect::<Vec<_>>(), expected);
    }
    assert!(found > 20 && sought > 5, "{found} {sought}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_stands_in_the_histories_of_its_mailing_and_its_client_and_in_the_log_of_its_owner() {
    let database = rich().await;
    let pool = &database.pool;
    let missing = "select count(*) from feedback f
                    where not exists (select from history h where h.mailing_id = f.mailing_id and h.position = f.position)";
    assert_eq!(one::<i64>(pool, missing).await, 0, "the mailing tells of it");

    let client: Uuid =
        one(pool, "select client_id from feedback group by client_id order by count(*) desc, client_id limit 1").await;
    let expected: Vec<i64> = sqlx::query_scalar(
        "select position from events where aggregate_type = 'client' and aggregate_id = $1::text
         union select position from feedback where client_id = $2 order by 1",
    )
    .bind(client.to_string())
    .bind(client)
    .fetch_all(pool)
    .await
    .expect("positions");
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = audit::of_client(pool, ClientId(client), after, 2).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = Some(last.position);
        listed.extend(page.iter().map(|event| event.position));
    }
    assert_eq!(listed, expected);
    let count = audit::count_of_client(pool, ClientId(client)).await.expect("a count");
    assert_eq!(usize::try_from(count).ok(), Some(expected.len()));

    let owner = all(pool, Access::All, &feedback::Filter::default()).await[0].owner_id;
    let filter = audit::Filter { kind: Some(domain::StreamKind::Feedback), ..audit::Filter::default() };
    let of_owner: i64 = sqlx::query_scalar("select count(*) from feedback where owner_id = $1")
        .bind(owner)
        .fetch_one(pool)
        .await
        .expect("a count");
    let listed = audit::count(pool, Access::Owner(UserId(owner)), &filter).await.expect("a count");
    assert_eq!(listed, of_owner);
}

/// Three batches of which every letter comes back, and some of them twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_reports_at_once_are_counted_as_if_they_had_come_one_by_one() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let [run, mailing, owner] = [(); 3].map(|()| Uuid::now_v7());
    let event = |ordinal: u32, severity: Severity| {
        let client = ClientId(Uuid::now_v7());
        let (run, mailing, owner) = (run.into(), mailing.into(), owner.into());
        Event::BounceReported {
            letter: Letter { run, ordinal, mailing, owner, client, revision: 1 },
            report: Told { id: ReportId(Uuid::now_v7()), via: Via::Smtp, by: None, at: moment("2026-03-02T09:00:00Z") },
            bounce: Bounce { severity, dead: false, code: None, words: None },
        }
    };
    let appends: Vec<Append> = (0..3_u32)
        .map(|number| {
            let events = (number * 500..(number + 1) * 500).flat_map(|ordinal| {
                let later = (ordinal % 2 == 0).then(|| event(ordinal, Severity::Permanent));
                [event(ordinal, Severity::Temporary)].into_iter().chain(later)
            });
            let stream = FeedbackId::derive(RunId(run), number);
            Append::begin::<Feedback>(stream.0, events.collect()).expect("events")
        })
        .collect();
    store.append(&appends, &metadata()).await.expect("appended");
    following.shows_all(&database.pool).await;

    let expected = Counts { bounced: 750, soft_bounced: 750, complained: 0 };
    assert_eq!(feedback::counts(&database.pool, &[run]).await.expect("numbers"), [(run, expected)]);
    rebuilt(&store, Projection::Feedback).await;
    assert_eq!(feedback::counts(&database.pool, &[run]).await.expect("numbers"), [(run, expected)]);
    following.end().await;
    equals_a_rebuild(&store).await;
}
