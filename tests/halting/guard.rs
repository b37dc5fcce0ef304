//! A mailing of which too many letters come back is paused, also in the middle of a run, and whoever resumes it begins anew.

use crate::support::feedback::{all_bounced, complained, full, late, letters, refused};
use crate::support::followers::followed;
use crate::support::service::{Service, found, in_flight, metadata};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::feedback::Letter;
use domain::feedback::guard::{Limits, Share};
use domain::mailing::{self, Status};
use domain::run::{Command, Run, Trigger};
use domain::{CronExpression, Language, MailingId, Periodicity, RunId};
use projections::{Access, mailings, runs};
use scheduler::Settings;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use words::mailings::Halt;

const FOLLOWER: &str = "guard";

async fn started() -> (Service, SmtpServer) {
    (Service::start().await, SmtpServer::start(Offers::default()).await)
}

/// A mailing to so many clients that all of them have got, its run, and its letters.
async fn sent(service: &Service, clients: usize) -> (MailingId, Vec<Letter>) {
    let group = service.clients(clients).await;
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.accepted, clients as u64);
    let run = service.runs(mailing).await.remove(0);
    (mailing, letters(&service.database.pool, RunId(run.id)).await)
}

async fn row(service: &Service, mailing: MailingId) -> mailings::Mailing {
    mailings::get(&service.database.pool, Access::All, mailing).await.expect("readable").expect("there")
}

/// Waits until it is paused, and says why.
async fn paused(service: &Service, mailing: MailingId) -> String {
    let row = found("the mailing is paused", async || {
        let row = row(service, mailing).await;
        (row.status == Status::Paused).then_some(row)
    })
    .await;
    row.reason.expect("a reason")
}

async fn resume(service: &Service, mailing: MailingId) {
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
}

/// Another run of a mailing that everybody gets, started by hand, and its letters.
async fn sent_again(service: &Service, mailing: MailingId, key: &str) -> Vec<Letter> {
    let origin = mailings::origin(&service.database.pool, mailing).await.expect("readable").expect("there");
    let trigger = Trigger::SendNow(key.to_owned());
    let id = trigger.run_of(mailing);
    let command = Command::Start { origin, trigger, at: service.clock.now(), message_id_domain: None };
    let store = &service.node.services.store;
    store.execute::<Run>(id.0, command, &metadata()).await.expect("a run starts");
    let run = service.run_where(mailing, |run| run.id == id.0 && run.status == runs::Status::Finished).await;
    letters(&service.database.pool, RunId(run.id)).await
}

#[tokio::test]
async fn a_run_under_way_of_which_too_many_letters_come_back_stops_and_goes_on_when_it_is_resumed() {
    const TAKEN: usize = 400;
    let (service, server) = started().await;
    let group = service.clients(1_200).await;
    // The mail server takes so many, and the others have to wait.
    let (gate, taken) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Rcpt(_) if taken.fetch_add(1, Ordering::Relaxed) >= TAKEN => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let run = service.run_where(mailing, |run| (run.accepted, run.planned) == (400, 1_200)).await;
    let letters = letters(&service.database.pool, RunId(run.id)).await;

    // As many as may come back, some that came back for the moment, and some that are only late.
    all_bounced(&service.node.services, &letters[..20], refused()).await;
    all_bounced(&service.node.services, &letters[500..510], full()).await;
    let last = all_bounced(&service.node.services, &letters[600..700], late()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(row(&service, mailing).await.status, Status::Active, "5% of 400 are 20");
    complained(&service.node.services, letters[20], "<1@mx.example.org>").await;
    all_bounced(&service.node.services, &letters[1_000..1_001], refused()).await;

    let reason = paused(&service, mailing).await;
    assert!(reason.starts_with("21 of 400 letters came back (5.25%, at most 5% is allowed)"), "{reason}");
    assert!(Halt::shown(&reason, Language::Ru).starts_with("вернулось 21 из 400 писем"), "{reason}");
    let (metadata, cause): (Value, Option<String>) = sqlx::query_as(
        "select s.metadata, c.event_type from events s left join events c on c.event_id::text = s.metadata ->> 'causation_id'
          where s.event_type = 'Suspended'",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("it was suspended once");
    assert_eq!((metadata["actor"].as_str(), cause.as_deref()), (Some("system:guard"), Some("BounceReported")));
    found("the letters in the queues are taken back", async || {
        (in_flight(&service.database.pool).await <= 4).then_some(())
    })
    .await;
    gate.open();
    found("no batch is held", async || {
        let held: i64 = sqlx::query_scalar("select count(*) from batch_leases where worker is not null")
            .fetch_one(&service.database.pool)
            .await
            .ok()?;
        (held == 0).then_some(())
    })
    .await;
    let waiting = service.runs(mailing).await.remove(0).totals().pending;
    assert!(waiting > 700, "what had begun is brought to its end, and nothing else begins: {waiting} wait");

    resume(&service, mailing).await;

    assert_eq!(service.finished(mailing).await.accepted, 1_200, "it is not paused anew");
    assert_eq!(service.events("Suspended").await, 1);
    engine.stop().await;
}

#[tokio::test]
async fn a_thousand_reports_at_once_pause_a_mailing_once_whoever_reads_them() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let (mailing, letters) = sent(&service, 1_000).await;
    let second = service.second_node().await;
    let other = Service::work_with(&second, Service::relay(&server), Service::settings());

    let last = all_bounced(&service.node.services, &letters, refused()).await;

    let reason = paused(&service, mailing).await;
    followed(&service, FOLLOWER, last).await;
    assert!(reason.contains(" of 1,000 letters came back ("), "{reason}");
    assert_eq!(service.events("Suspended").await, 1);
    engine.stop().await;
    other.stop().await;
    second.close().await.expect("closed");
}

#[tokio::test]
async fn what_comes_back_of_a_mailing_that_the_guard_has_paused_does_not_pause_it_again_and_what_comes_later_does() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let (mailing, first) = sent(&service, 300).await;
    all_bounced(&service.node.services, &first[..16], refused()).await;
    paused(&service, mailing).await;
    // The rest of them is slow.
    let last = all_bounced(&service.node.services, &first[16..100], refused()).await;
    followed(&service, FOLLOWER, last).await;

    resume(&service, mailing).await;
    // Of runs that begin at the same moment nobody knows which is the newer one.
    service.clock.advance(TimeDelta::seconds(1));
    let again = sent_again(&service, mailing, "again").await;
    let last = all_bounced(&service.node.services, &again[..15], refused()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(row(&service, mailing).await.status, Status::Active, "15 of the 300 newest");
    all_bounced(&service.node.services, &again[15..16], refused()).await;

    let reason = paused(&service, mailing).await;
    assert!(reason.starts_with("16 of 300 letters came back"), "{reason}");
    assert_eq!(service.events("Suspended").await, 2);
    engine.stop().await;
}

#[tokio::test]
async fn complaints_weigh_more_and_a_mailing_that_is_between_two_runs_is_paused_too() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let group = service.clients(250).await;
    let mut plan = service.plan(group).await;
    plan.periodicity = Periodicity::Cron(CronExpression::parse("0 8 * * *").expect("every morning"));
    let mailing = service.create(plan).await;
    let letters = sent_again(&service, mailing, "now").await;
    for (place, letter) in letters.iter().take(2).enumerate() {
        let last = complained(&service.node.services, *letter, &format!("<{place}@mx.example.org>")).await;
        followed(&service, FOLLOWER, last).await;
    }
    assert_eq!(row(&service, mailing).await.status, Status::Active, "two are never too many");

    complained(&service.node.services, letters[2], "<2@mx.example.org>").await;

    let reason = paused(&service, mailing).await;
    assert!(
        reason.starts_with("recipients complained of 3 of 250 letters (1.2%, at most 0.3% is allowed)"),
        "{reason}"
    );
    engine.stop().await;
}

#[tokio::test]
async fn complaints_about_a_run_count_although_a_newer_one_has_enough_letters() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let (mailing, first) = sent(&service, 250).await;
    service.clock.advance(TimeDelta::hours(6));
    let second = sent_again(&service, mailing, "again").await;
    let complains = async |letter: Letter, name: &str| {
        let last = complained(&service.node.services, letter, &format!("<{name}@mx.example.org>")).await;
        followed(&service, FOLLOWER, last).await;
    };
    complains(first[0], "1").await;
    complains(second[1], "2").await;
    assert_eq!(row(&service, mailing).await.status, Status::Active, "two are never too many");

    // Of neither run are there too many by itself, but of both there are.
    complains(first[2], "3").await;
    let reason = paused(&service, mailing).await;
    assert!(
        reason.starts_with("recipients complained of 3 of 500 letters (0.6%, at most 0.3% is allowed)"),
        "{reason}"
    );

    resume(&service, mailing).await;
    service.clock.advance(TimeDelta::hours(6));
    let third = sent_again(&service, mailing, "once more").await;
    service.clock.advance(TimeDelta::hours(6));
    sent_again(&service, mailing, "at last").await;
    // What still comes of letters from before the pause belongs to that.
    for (letter, name) in first[10..13].iter().zip(["4", "5", "6"]) {
        complains(*letter, name).await;
    }
    assert_eq!(row(&service, mailing).await.status, Status::Active);
    for (letter, name) in third[20..23].iter().zip(["7", "8", "9"]) {
        complains(*letter, name).await;
    }

    let reason = paused(&service, mailing).await;
    assert!(
        reason.starts_with("recipients complained of 3 of 2"),
        "of one run, without those who are not written to: {reason}"
    );
    assert_eq!(service.events("Suspended").await, 2);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_that_few_people_get_is_looked_at_over_as_many_runs_as_it_takes() {
    let (service, server) = started().await;
    let guard = Limits { minimum: 50, bounces: Some(Share(5_000)), complaints: None };
    let settings = Settings { guard, ..Service::settings() };
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let (mailing, mut letters) = sent(&service, 2).await;
    for number in 1..26 {
        service.clock.advance(TimeDelta::seconds(1));
        letters.extend(sent_again(&service, mailing, &number.to_string()).await);
    }
    let last = all_bounced(&service.node.services, &letters[46..48], refused()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(row(&service, mailing).await.status, Status::Active, "two are never too many");

    all_bounced(&service.node.services, &letters[48..], refused()).await;

    let reason = paused(&service, mailing).await;
    assert!(reason.starts_with("6 of 50 letters came back (12%, "), "25 of its 26 runs: {reason}");
    engine.stop().await;
}

#[tokio::test]
async fn few_letters_tell_nothing_and_who_wants_no_guard_has_none() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let (few, letters) = sent(&service, 199).await;
    let last = all_bounced(&service.node.services, &letters, refused()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(row(&service, few).await.status, Status::Active);
    engine.stop().await;

    let guard = Limits { minimum: 1, bounces: None, complaints: None };
    let off = Settings { guard, ..Service::settings() };
    let engine = Service::work_with(&service.node, Service::relay(&server), off);
    let again = sent_again(&service, few, "again").await;
    let last = all_bounced(&service.node.services, &again, refused()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(row(&service, few).await.status, Status::Active);
    assert_eq!(service.events("Suspended").await, 0);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_that_its_owner_has_paused_is_left_alone_and_what_is_known_of_it_counts_when_it_goes_on() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let (mailing, letters) = sent(&service, 300).await;
    service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
    let last = all_bounced(&service.node.services, &letters[..200], refused()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suspended").await, 0);

    resume(&service, mailing).await;
    all_bounced(&service.node.services, &letters[200..201], refused()).await;

    let reason = paused(&service, mailing).await;
    assert!(reason.starts_with("201 of 300 letters came back"), "{reason}");
    engine.stop().await;
}
