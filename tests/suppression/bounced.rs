//! Whoever's letters came back, or who complained, is not written to.

use super::{counts, friends, lift, owners, started};
use crate::support::all_read;
use crate::support::feedback::{bounced, complained, full, gone, late, letter_to, refused};
use crate::support::followers::{follow_from, followed};
use crate::support::service::{Service, found};
use chrono::TimeDelta;
use domain::feedback::{BOUNCED_FOR, Letter};
use domain::suppression::{DEAD_FOR, Reason, Source};
use domain::{GroupId, MailingId, ReportId, RunId};
use projections::deliveries::Suppressed;
use projections::suppressions::{self, Suppression};
use projections::{Access, runs};
use serde_json::Value;
use skymailing::wire::wall_clock;
use std::time::Duration;

const FOLLOWER: &str = "feedback";

const BOB: &str = "bob@example.org";

/// The stories' clock shows the present: what ends is compared with PostgreSQL's.
fn turn_to_the_present(service: &Service) {
    let ahead = wall_clock().now() - service.clock.now();
    service.clock.advance(ahead);
}

async fn listed(service: &Service) -> Vec<Suppression> {
    let filter = suppressions::Filter::default();
    all_read(suppressions::page(&service.database.pool, Access::All, &filter, None, 10).await)
}

/// Waits until the list shows one.
async fn bobs(service: &Service) -> Suppression {
    found("Bob is suppressed", async || listed(service).await.pop()).await
}

/// A mailing to the group that everybody has got, and its run.
async fn sent(service: &Service, group: GroupId) -> (MailingId, runs::Run) {
    let mailing = service.mailing(group).await;
    service.finished(mailing).await;
    (mailing, service.runs(mailing).await.remove(0))
}

/// Bob's letter of a mailing to the group.
async fn bobs_letter(service: &Service, group: GroupId) -> Letter {
    let (_, run) = sent(service, group).await;
    letter_to(&service.database.pool, RunId(run.id), BOB).await
}

#[tokio::test]
async fn one_letter_that_comes_back_because_there_is_no_such_mailbox_is_enough() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    let engine = service.work(&server);
    let letter = bobs_letter(&service, group).await;

    bounced(&service.node.services, letter, "<1@mx.example.org>", gone()).await;

    let row = bobs(&service).await;
    let report = ReportId::derive("message", "<1@mx.example.org>");
    assert_eq!((row.email.as_str(), row.reason, row.place()), (BOB, Reason::Bounced, Some(owners(&service))));
    assert_eq!(row.source.0, Source::Report { run: letter.run, ordinal: letter.ordinal, report });
    assert_eq!((row.until, row.lifted_at), (Some(row.suppressed_at + DEAD_FOR), None));

    // It follows from the report, and belongs to what that belongs to.
    let (metadata, cause): (Value, Option<String>) = sqlx::query_as(
        "select s.metadata, c.event_type from events s
           left join events c on c.event_id::text = s.metadata ->> 'causation_id'
                             and c.metadata ->> 'correlation_id' = s.metadata ->> 'correlation_id'
          where s.aggregate_type = 'suppression'",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("there is one");
    assert_eq!((metadata["actor"].as_str(), cause.as_deref()), (Some("system:scheduler"), Some("BounceReported")));

    let (next, run) = sent(&service, group).await;
    let totals = service.finished(next).await;
    assert_eq!((totals.accepted, totals.suppressed), (2, 1));
    assert_eq!(counts(&service, &run).await, [(Suppressed::Reason(Reason::Bounced), 1)]);
    engine.stop().await;
}

#[tokio::test]
async fn otherwise_it_takes_the_fifth_letter_however_often_each_is_reported() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    let engine = service.work(&server);
    let mut last = 0;
    for number in 1..=4 {
        let letter = bobs_letter(&service, group).await;
        for again in 1..=3 {
            let what = if again == 2 { refused() } else { full() };
            last = bounced(&service.node.services, letter, &format!("<{number}.{again}@mx.example.org>"), what).await;
        }
        service.clock.advance(TimeDelta::minutes(1));
    }
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suppressed").await, 0, "four are not enough");

    let letter = bobs_letter(&service, group).await;
    bounced(&service.node.services, letter, "<5@mx.example.org>", full()).await;

    let row = bobs(&service).await;
    assert_eq!((row.email.as_str(), row.reason), (BOB, Reason::Bounced));
    assert_eq!(row.until, Some(row.suppressed_at + BOUNCED_FOR));
    let report = ReportId::derive("message", "<5@mx.example.org>");
    assert_eq!(row.source.0, Source::Report { run: letter.run, ordinal: letter.ordinal, report });
    assert_eq!(service.events("Suppressed").await, 1, "and nobody else");
    engine.stop().await;
}

#[tokio::test]
async fn letters_that_are_only_late_suppress_nobody_and_count_for_nothing() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let mut settings = Service::settings();
    settings.soft_bounces = 2;
    let group = friends(&service).await;
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    for number in 1..=5 {
        let letter = bobs_letter(&service, group).await;
        bounced(&service.node.services, letter, &format!("<{number}@mx.example.org>"), late()).await;
    }
    // The first that has come back for the moment, of which others were late before.
    let letter = bobs_letter(&service, group).await;
    let last = bounced(&service.node.services, letter, "<6@mx.example.org>", full()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suppressed").await, 0);

    // And the second.
    let letter = bobs_letter(&service, group).await;
    bounced(&service.node.services, letter, "<7@mx.example.org>", late()).await;
    bounced(&service.node.services, letter, "<8@mx.example.org>", full()).await;

    let row = bobs(&service).await;
    let report = ReportId::derive("message", "<8@mx.example.org>");
    assert_eq!(row.source.0, Source::Report { run: letter.run, ordinal: letter.ordinal, report });
    engine.stop().await;
}

#[tokio::test]
async fn letters_count_that_went_to_the_same_mailbox_within_the_time_and_no_others() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let mut settings = Service::settings();
    (settings.soft_bounces, settings.soft_bounces_within) = (2, Duration::from_hours(1));
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let group = service.group("Friends").await;
    let bob = service.client(BOB, "Bob", &[group]).await;
    // An old one.
    let letter = bobs_letter(&service, group).await;
    bounced(&service.node.services, letter, "<1@mx.example.org>", full()).await;
    service.clock.advance(TimeDelta::hours(2));
    // One to Bob's other address, which he has for a while.
    tell_address(&service, bob, "robert@example.org").await;
    let (_, run) = sent(&service, group).await;
    let to_the_other = letter_to(&service.database.pool, RunId(run.id), "robert@example.org").await;
    bounced(&service.node.services, to_the_other, "<2@mx.example.org>", full()).await;
    tell_address(&service, bob, BOB).await;
    let letter = bobs_letter(&service, group).await;
    // Bob is deleted and added again, with the same mailbox.
    service.tell_client(bob, domain::client::Command::Delete { by: service.owner }).await;
    service.client("Bob@example.org", "Bob", &[group]).await;
    let (_, run) = sent(&service, group).await;
    let to_the_new_one = letter_to(&service.database.pool, RunId(run.id), "Bob@example.org").await;
    let last = bounced(&service.node.services, to_the_new_one, "<3@mx.example.org>", full()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suppressed").await, 0);

    bounced(&service.node.services, letter, "<4@mx.example.org>", full()).await;

    assert_eq!(bobs(&service).await.reason, Reason::Bounced);
    engine.stop().await;
}

#[tokio::test]
async fn whoever_is_not_written_to_for_a_while_is_not_for_a_year_once_it_is_known_that_there_is_no_such_mailbox() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let mut settings = Service::settings();
    settings.soft_bounces = 1;
    let group = friends(&service).await;
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let letter = bobs_letter(&service, group).await;
    bounced(&service.node.services, letter, "<1@mx.example.org>", full()).await;
    let row = bobs(&service).await;
    assert_eq!(row.until, Some(row.suppressed_at + BOUNCED_FOR));

    service.clock.advance(TimeDelta::hours(5));
    let last = bounced(&service.node.services, letter, "<2@mx.example.org>", gone()).await;
    followed(&service, FOLLOWER, last).await;

    found("the list follows", async || {
        let row = listed(&service).await.pop()?;
        (row.until == Some(row.suppressed_at + DEAD_FOR)).then_some(())
    })
    .await;
    // What says less than that puts nothing off.
    service.clock.advance(TimeDelta::hours(5));
    let last = bounced(&service.node.services, letter, "<3@mx.example.org>", refused()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suppressed").await, 2);
    engine.stop().await;
}

async fn tell_address(service: &Service, client: domain::ClientId, address: &str) {
    let (by, email) = (service.owner, Some(super::email(address)));
    let change = domain::client::Command::Change {
        by,
        email,
        full_name: None,
        first_name: None,
        last_name: None,
        comment: None,
    };
    service.tell_client(client, change).await;
}

#[tokio::test]
async fn who_complains_is_not_written_to_for_good() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    let engine = service.work(&server);
    let [letter, other] = [bobs_letter(&service, group).await, bobs_letter(&service, group).await];

    complained(&service.node.services, letter, "<1@mx.example.org>").await;

    let row = bobs(&service).await;
    assert_eq!((row.email.as_str(), row.reason, row.until), (BOB, Reason::Complained, None));
    assert_eq!(row.place(), Some(owners(&service)));
    // Another complaint is the same suppression.
    let last = complained(&service.node.services, other, "<2@mx.example.org>").await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suppressed").await, 1);
    engine.stop().await;
}

#[tokio::test]
async fn what_was_reported_when_a_suppression_was_lifted_neither_suppresses_anew_nor_counts() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let mut settings = Service::settings();
    settings.soft_bounces = 2;
    let group = friends(&service).await;
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let [first, second, third, fourth] = [
        bobs_letter(&service, group).await,
        bobs_letter(&service, group).await,
        bobs_letter(&service, group).await,
        bobs_letter(&service, group).await,
    ];
    bounced(&service.node.services, first, "<1@mx.example.org>", full()).await;
    bounced(&service.node.services, second, "<2@mx.example.org>", gone()).await;
    bobs(&service).await;
    service.clock.advance(TimeDelta::hours(1));
    let lifted = lift(&service, owners(&service), BOB, Reason::Bounced).await;

    follow_from(&service, FOLLOWER, 0).await;
    followed(&service, FOLLOWER, lifted).await;
    assert_eq!(service.events("Suppressed").await, 1, "what was known does not count");

    // Only what comes after that does, and the one from before is none of the two that it takes.
    service.clock.advance(TimeDelta::minutes(1));
    let last = bounced(&service.node.services, third, "<3@mx.example.org>", full()).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(service.events("Suppressed").await, 1);
    bounced(&service.node.services, fourth, "<4@mx.example.org>", full()).await;
    found("Bob is suppressed anew", async || (service.events("Suppressed").await == 2).then_some(())).await;
    engine.stop().await;
}

#[tokio::test]
async fn an_old_report_suppresses_nobody_to_whom_a_mail_server_took_a_letter_since_unless_that_came_back_too() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    // Nobody looks at what comes back for now.
    follow_from(&service, FOLLOWER, i64::MAX).await;
    let engine = service.work(&server);
    let (_, run) = sent(&service, group).await;
    let [bob, carl] = [
        letter_to(&service.database.pool, RunId(run.id), BOB).await,
        letter_to(&service.database.pool, RunId(run.id), "carl@example.org").await,
    ];
    for (letter, name) in [(bob, "<1@mx.example.org>"), (carl, "<2@mx.example.org>")] {
        bounced(&service.node.services, letter, name, gone()).await;
    }
    service.clock.advance(TimeDelta::hours(1));
    let (_, run) = sent(&service, group).await;
    let carl = letter_to(&service.database.pool, RunId(run.id), "carl@example.org").await;
    service.clock.advance(TimeDelta::minutes(1));
    // Not one that says that there is no such mailbox, so that it is nothing by itself.
    let last = bounced(&service.node.services, carl, "<3@mx.example.org>", refused()).await;

    follow_from(&service, FOLLOWER, 0).await;
    followed(&service, FOLLOWER, last).await;

    found("the list follows", async || (listed(&service).await.len() == 1).then_some(())).await;
    assert_eq!(listed(&service).await[0].email, "carl@example.org");
    assert_eq!(service.events("Suppressed").await, 1);
    engine.stop().await;
}

#[tokio::test]
async fn an_engine_that_is_killed_before_it_has_suppressed_whoever_bounced_is_followed_by_one_that_does_so_once() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    let held = "create function suppressing_is_held() returns trigger language plpgsql as $$
                begin
                    raise exception 'the story holds this' using errcode = 'lock_not_available';
                end
                $$;
                create trigger suppressing_is_held before insert on events
                    for each row when (new.event_type = 'Suppressed') execute function suppressing_is_held()";
    sqlx::raw_sql(held).execute(&service.database.pool).await.expect("it is held");
    let dying = service.work(&server);
    let letter = bobs_letter(&service, group).await;
    let reported = bounced(&service.node.services, letter, "<1@mx.example.org>", gone()).await;

    // It has read what came before, and does not come beyond that.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    drop(dying);
    let position: i64 = sqlx::query_scalar("select position from followers where name = 'feedback'")
        .fetch_one(&service.database.pool)
        .await
        .expect("there is a follower");
    assert!(position < reported, "nothing is passed over");
    let free = "drop trigger suppressing_is_held on events; drop function suppressing_is_held()";
    sqlx::raw_sql(free).execute(&service.database.pool).await.expect("it goes on");
    let second = service.second_node().await;
    let engines =
        [&service.node, &second].map(|node| Service::work_with(node, Service::relay(&server), Service::settings()));

    bobs(&service).await;
    followed(&service, FOLLOWER, reported).await;
    assert_eq!(service.events("Suppressed").await, 1);
    for engine in engines {
        engine.stop().await;
    }
    second.close().await.expect("closed");
}
