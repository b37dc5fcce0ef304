//! Whoever a mail server calls dead is not written to again for a year.

use super::{counts, friends, owners, started};
use crate::support::all_read;
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::suppression::{DEAD_FOR, Reason, Source};
use domain::{RunId, SuppressionId};
use projections::deliveries::Suppressed;
use projections::suppressions::{self, ScopeKind, SourceKind, Suppression};
use projections::{Access, runs};
use serde_json::Value;
use skymailing::wire::wall_clock;
use sqlx::PgPool;

/// The stories' clock shows the present: what ends is compared with PostgreSQL's.
fn turn_to_the_present(service: &Service) {
    let ahead = wall_clock().now() - service.clock.now();
    service.clock.advance(ahead);
}

/// Bob's mailbox is not there.
fn bob_is_gone(server: &SmtpServer) {
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.starts_with("bob") => Act::Say("550 5.1.1 no such user"),
        _ => Act::Usual,
    });
}

/// How often the server was asked about Bob.
fn asked_about_bob(server: &SmtpServer) -> usize {
    server.dialogue().iter().filter(|(_, command)| command.starts_with("RCPT") && command.contains("bob@")).count()
}

async fn listed(pool: &PgPool) -> Vec<Suppression> {
    all_read(suppressions::page(pool, Access::All, &suppressions::Filter::default(), None, 10).await)
}

/// Waits until the list shows one.
async fn bobs(service: &Service) -> Suppression {
    found("Bob is suppressed", async || listed(&service.database.pool).await.pop()).await
}

async fn position(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select position from followers where name = 'dead_addresses'")
        .fetch_one(pool)
        .await
        .expect("there is a follower")
}

#[tokio::test]
async fn an_address_of_which_a_mail_server_says_that_it_is_dead_is_not_written_to_in_the_next_run() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    bob_is_gone(&server);
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.rejected), (2, 1));

    let row = bobs(&service).await;
    let run = service.runs(mailing).await.remove(0);
    assert_eq!((row.email.as_str(), row.scope, row.reason), ("bob@example.org", ScopeKind::Owner, Reason::Dead));
    assert_eq!((row.owner_id, row.mailing_id, row.source_kind), (Some(service.owner.0), None, SourceKind::MailServer));
    assert_eq!(row.source.0, Source::MailServer { run: RunId(run.id), ordinal: 1 });
    assert_eq!((row.until, row.lifted_at), (Some(row.suppressed_at + DEAD_FOR), None));
    assert_eq!(row.place(), Some(owners(&service)));
    assert_eq!(row.id, SuppressionId::derive(owners(&service), "bob@example.org", Reason::Dead).0);

    // It follows from the answer, and belongs to what that belongs to.
    let (metadata, cause): (Value, Option<String>) = sqlx::query_as(
        "select s.metadata, c.event_type from events s
           left join events c on c.event_id::text = s.metadata ->> 'causation_id'
                             and c.metadata ->> 'correlation_id' = s.metadata ->> 'correlation_id'
          where s.aggregate_type = 'suppression'",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("there is one");
    assert_eq!((metadata["actor"].as_str(), cause.as_deref()), (Some("system:scheduler"), Some("AttemptRecorded")));

    server.play(|_| Act::Usual);
    let next = service.mailing(group).await;
    let totals = service.finished(next).await;
    assert_eq!((totals.accepted, totals.suppressed), (2, 1));
    let run = service.runs(next).await.remove(0);
    assert_eq!(counts(&service, &run).await, [(Suppressed::Reason(Reason::Dead), 1)]);
    assert_eq!(asked_about_bob(&server), 1, "once, in the first run");
    engine.stop().await;
}

#[tokio::test]
async fn an_engine_that_is_killed_before_it_has_suppressed_a_dead_address_is_followed_by_one_that_does_so_once() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = friends(&service).await;
    bob_is_gone(&server);
    let held = "create function suppressing_is_held() returns trigger language plpgsql as $$
                begin
                    raise exception 'the story holds this' using errcode = 'lock_not_available';
                end
                $$;
                create trigger suppressing_is_held before insert on events
                    for each row when (new.event_type = 'Suppressed') execute function suppressing_is_held()";
    sqlx::raw_sql(held).execute(&service.database.pool).await.expect("it is held");
    let dying = service.work(&server);
    let mailing = service.mailing(group).await;
    service.finished(mailing).await;
    let recorded: i64 = sqlx::query_scalar(
        "select min(position) from events where event_type = 'AttemptRecorded' and payload::text like '%\"dead\": true%'",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("it is recorded");

    // It has read what came before, and does not come beyond that.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    drop(dying);
    assert!(position(&service.database.pool).await < recorded, "nothing is passed over");
    let free = "drop trigger suppressing_is_held on events; drop function suppressing_is_held()";
    sqlx::raw_sql(free).execute(&service.database.pool).await.expect("it goes on");
    let second = service.second_node().await;
    let engines =
        [&service.node, &second].map(|node| Service::work_with(node, Service::relay(&server), Service::settings()));

    bobs(&service).await;
    found("the follower has come beyond", async || (position(&service.database.pool).await >= recorded).then_some(()))
        .await;
    assert_eq!(service.events("Suppressed").await, 1);
    for engine in engines {
        engine.stop().await;
    }
    second.close().await.expect("closed");
}

/// The follower reads nothing for now, or all of the log anew.
async fn follow_from(pool: &PgPool, position: i64) {
    sqlx::query("update followers set position = $1 where name = 'dead_addresses'")
        .bind(position)
        .execute(pool)
        .await
        .expect("there is a follower");
}

/// Waits until the follower has read all that there is.
async fn all_is_read(pool: &PgPool) {
    let head: i64 = sqlx::query_scalar("select max(position) from events").fetch_one(pool).await.expect("a log");
    found("all is read", async || (position(pool).await >= head).then_some(())).await;
}

#[tokio::test]
async fn an_old_answer_suppresses_nobody_to_whom_a_mail_server_took_a_letter_since() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let pool = &service.database.pool;
    let group = service.group("Friends").await;
    let bob = service.client("bob@example.org", "Bob", &[group]).await;
    let carl = service.client("carl@example.org", "Carl", &[group]).await;
    service.client("ann@example.org", "Ann", &[group]).await;
    // What was recorded before anybody followed.
    follow_from(pool, i64::MAX).await;
    server.play(|turn| match turn {
        Turn::Rcpt(to) if !to.starts_with("ann") => Act::Say("550 5.1.1 no such user"),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.rejected, 2);
    service.clock.advance(TimeDelta::hours(1));
    server.play(|_| Act::Usual);
    // Bob is deleted, and added again. Carl has another address now: that says nothing of the one before.
    service.tell_client(bob, domain::client::Command::Delete { by: service.owner }).await;
    service.client("Bob@example.org", "Bob", &[group]).await;
    let email = Some(super::email("charles@example.org"));
    let by = service.owner;
    let change = domain::client::Command::Change {
        by,
        email,
        full_name: None,
        first_name: None,
        last_name: None,
        comment: None,
    };
    service.tell_client(carl, change).await;
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.accepted, 3);

    follow_from(pool, 0).await;
    all_is_read(pool).await;

    found("the list follows", async || (listed(pool).await.len() == 1).then_some(())).await;
    assert_eq!(listed(pool).await[0].email, "carl@example.org");
    assert_eq!(service.events("Suppressed").await, 1);
    engine.stop().await;
}

#[tokio::test]
async fn what_was_known_when_a_suppression_was_lifted_suppresses_nobody_anew() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let pool = &service.database.pool;
    let group = friends(&service).await;
    bob_is_gone(&server);
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    service.finished(mailing).await;
    bobs(&service).await;
    service.clock.advance(TimeDelta::hours(1));
    super::lift(&service, owners(&service), "bob@example.org", Reason::Dead).await;

    follow_from(pool, 0).await;
    all_is_read(pool).await;
    assert_eq!(service.events("Suppressed").await, 1);

    // Only what a mail server says after that counts.
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.rejected, 1);
    found("Bob is suppressed anew", async || (service.events("Suppressed").await == 2).then_some(())).await;
    engine.stop().await;
}

#[tokio::test]
async fn what_two_runs_say_of_one_address_is_one_suppression_of_the_one_that_was_written_to() {
    let (service, server) = started().await;
    turn_to_the_present(&service);
    let group = service.group("Friends").await;
    let bob = service.client("bob@example.org", "Bob", &[group]).await;
    bob_is_gone(&server);
    // Both are planned before anybody is suppressed.
    let mailings = [service.mailing(group).await, service.mailing(group).await];
    let planning = super::plans_only(&service);
    for mailing in mailings {
        service.run_where(mailing, |run| run.status == runs::Status::Sending && run.pending == 1).await;
    }
    planning.stop().await;
    let email = Some(super::email("robert@example.org"));
    let by = service.owner;
    let change = domain::client::Command::Change {
        by,
        email,
        full_name: None,
        first_name: None,
        last_name: None,
        comment: None,
    };
    service.tell_client(bob, change).await;

    let engine = service.work(&server);
    for mailing in mailings {
        let totals = service.finished(mailing).await;
        // The second one may know already.
        assert_eq!(totals.rejected + totals.suppressed, 1, "{totals:?}");
    }

    let row = bobs(&service).await;
    assert_eq!(row.email, "bob@example.org", "and not the one that he has now");
    let pool = &service.database.pool;
    let head: i64 = sqlx::query_scalar("select max(position) from events").fetch_one(pool).await.expect("a log");
    found("all is read", async || (position(pool).await >= head).then_some(())).await;
    assert_eq!((service.events("Suppressed").await, listed(pool).await.len()), (1, 1));
    engine.stop().await;
}

/// Something is in the log that nobody here has appended.
async fn appended(pool: &PgPool, kind: &str, event_type: &str, version: &str, payload: Value) {
    let event = "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
                 values ($1, gen_random_uuid()::text, 1, $2, $3, $4)";
    let event = sqlx::query(event).bind(kind).bind(event_type).bind(version).bind(payload);
    event.execute(pool).await.expect("it is written");
}

#[tokio::test]
async fn whoever_stands_still_at_an_event_says_so_until_it_goes_on() {
    let (service, server) = started().await;
    let pool = &service.database.pool;
    friends(&service).await;
    let of_tomorrow = serde_json::json!({ "AttemptRecorded": { "dead": true } });
    appended(pool, "batch", "AttemptRecorded", "99", of_tomorrow).await;
    let unread: i64 = sqlx::query_scalar("select max(position) from events").fetch_one(pool).await.expect("a log");
    let told = async || {
        let followers = scheduler::followers(pool).await.expect("they can be read");
        followers.into_iter().find(|one| one.name == "dead_addresses").expect("it is there")
    };

    let engine = service.work(&server);
    let still = found("it stands still", async || told().await.error).await;

    assert!(still.contains(&format!("position {unread}")), "{still}");
    assert!(position(pool).await < unread, "it has passed over nothing");

    // As a newer program would, that can read it.
    follow_from(pool, unread).await;
    appended(pool, "group", "Deleted", "1", serde_json::json!("Deleted")).await;
    found("it goes on", async || told().await.error.is_none().then_some(())).await;
    let follower = told().await;
    assert_eq!((follower.position, follower.waited()), (follower.head, None));
    engine.stop().await;
}
