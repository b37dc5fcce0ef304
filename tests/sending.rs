//! The way of a letter: from a plan to an outcome.

use crate::support::all_read;
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Act, Gate, Offers, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::mailing::Status;
use domain::run::{self, Run, Trigger};
use domain::{EmailAddress, MailingId, Periodicity, TimeZone, Window, client, mailing, message};
use projections::deliveries::Ending;
use projections::{Access, mailings, reports};
use std::collections::BTreeSet;
use std::time::Duration;

async fn started() -> (Service, SmtpServer) {
    (Service::start().await, SmtpServer::start(Offers::default()).await)
}

/// Starts a run by hand, as "send now" does.
async fn send_now(service: &Service, mailing: MailingId, key: &str) {
    let origin = mailings::origin(&service.database.pool, mailing).await.expect("readable").expect("there");
    let trigger = Trigger::SendNow(key.to_owned());
    let command =
        run::Command::Start { origin, trigger: trigger.clone(), at: service.clock.now(), message_id_domain: None };
    let store = &service.node.services.store;
    store.execute::<Run>(trigger.run_of(mailing).0, command, &metadata()).await.expect("a run starts");
}

#[tokio::test]
async fn a_mailing_whose_window_is_open_starts_by_itself_and_everybody_gets_one_personal_letter() {
    let (service, server) = started().await;
    let group = service.clients(1_203).await;
    let engine = service.work(&server);

    let mailing = service.mailing(group).await;
    let totals = service.finished(mailing).await;

    assert_eq!((totals.planned, totals.accepted), (1_203, 1_203));
    let received = server.received();
    assert_eq!(received.len(), 1_203, "nobody gets two");
    assert_eq!(server.accepted_recipients().len(), 1_203, "everybody gets one");
    let letter = received.iter().find(|letter| letter.recipient.contains("client77@")).expect("a letter");
    let text = String::from_utf8_lossy(&letter.letter);
    for expected in
        ["Dear Client 77,", "client77@example.org", "Subject: Hello Client", "To: \"Client 77\"", "Message-ID: <"]
    {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("client78@"), "only this recipient is named");
    let run = service.runs(mailing).await.remove(0);
    let report = reports::get(&service.database.pool, Access::All, domain::RunId(run.id)).await;
    assert_eq!(report.expect("readable").expect("written").totals.0, totals);
    engine.stop().await;
}

#[tokio::test]
async fn a_mailing_starts_by_itself_when_its_moment_comes_and_not_before() {
    let (service, server) = started().await;
    let group = service.clients(3).await;
    let engine = service.work(&server);
    let mut plan = service.plan(group).await;
    let now = service.clock.now();
    plan.window = Window::new(now + TimeDelta::hours(1), now + TimeDelta::hours(2)).expect("a window");
    let early = service.create(plan).await;
    // Another mailing that is due has been sent: the planner has looked, and left the early one alone.
    let due = service.mailing(group).await;
    service.finished(due).await;
    assert!(service.runs(early).await.is_empty());

    service.clock.advance(TimeDelta::hours(1));

    assert_eq!(service.finished(early).await.accepted, 3);
    engine.stop().await;
}

#[tokio::test]
async fn a_service_that_was_down_starts_the_last_occurrence_once_and_records_the_others_as_missed() {
    let (service, server) = started().await;
    let group = service.clients(2).await;
    let mut plan = service.plan(group).await;
    let now = service.clock.now();
    plan.window = Window::new(now, now + TimeDelta::days(30)).expect("a window");
    plan.periodicity = Periodicity::Daily;
    let mailing = service.create(plan).await;
    service.clock.advance(TimeDelta::days(4) + TimeDelta::hours(2));

    let engine = service.work(&server);

    assert_eq!(service.finished(mailing).await.accepted, 2);
    let runs = service.runs(mailing).await;
    let missed: Vec<_> = runs.iter().filter_map(projections::runs::Run::missed).collect();
    assert_eq!(missed, [domain::Missed { first: now, last: now + TimeDelta::days(3), count: 4 }]);
    assert_eq!(runs.len(), 2, "however many were missed, they are one line");
    assert_eq!(server.received().len(), 2);
    engine.stop().await;
}

#[tokio::test]
async fn a_daily_mailing_runs_once_a_day_in_its_own_time_zone() {
    let (service, server) = started().await;
    let group = service.clients(1).await;
    let engine = service.work(&server);
    let mut plan = service.plan(group).await;
    // 10:00 in Berlin, three days around the end of summer time on 2026-10-25.
    service.clock.advance(
        "2026-10-24T08:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time") - service.clock.now(),
    );
    let start = service.clock.now();
    plan.window = Window::new(start, start + TimeDelta::days(10)).expect("a window");
    plan.periodicity = Periodicity::Daily;
    plan.time_zone = TimeZone::parse("Europe/Berlin").expect("a zone");
    let mailing = service.create(plan).await;
    for letters in 1..=3 {
        server.wait_for(letters).await;
        service.run_where(mailing, |run| run.status == projections::runs::Status::Finished).await;
        service.clock.advance(TimeDelta::hours(25));
    }
    server.wait_for(4).await;
    let runs = service.runs(mailing).await;
    let occurrences: BTreeSet<_> = runs.iter().filter_map(|run| run.occurrence).map(|at| at.to_rfc3339()).collect();
    let expected = ["2026-10-24T08:00:00", "2026-10-25T09:00:00", "2026-10-26T09:00:00", "2026-10-27T09:00:00"];
    assert_eq!(occurrences, expected.iter().map(|at| format!("{at}+00:00")).collect());
    engine.stop().await;
}

/// From client 20 on everybody waits at the gate, which nobody opens, before they are accepted.
fn stuck_after_twenty(server: &SmtpServer) -> Gate {
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Rcpt(to) if number_of(to) >= 20 => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    gate
}

fn number_of(address: &str) -> u32 {
    let digits: String = address.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("the address has a number")
}

/// Cuts the connections of letters that are stuck until `done`: whatever is tried again is stuck again.
async fn unstick<T>(server: &mut SmtpServer, mut done: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(done) = done().await {
            return done;
        }
        server.hang_up().await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_paused_run_stops_and_goes_on_where_it_was() {
    let (service, mut server) = started().await;
    let group = service.clients(300).await;
    let gate = stuck_after_twenty(&server);
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(4).await;

    service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
    let leased = || sqlx::query_scalar::<_, i64>("select count(*) from batch_leases").fetch_one(&service.database.pool);
    unstick(&mut server, async || (leased().await.ok()? == 0).then_some(())).await;

    let run = service.run_where(mailing, |run| run.accepted == 20).await;
    assert_eq!(run.totals().pending, 280, "{:?}", run.totals());
    assert_eq!(server.received().len(), 20);
    server.play(|_| Act::Usual);
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 300);
    assert_eq!(server.received().len(), 300);
    engine.stop().await;
}

#[tokio::test]
async fn cancelling_suppresses_what_was_never_tried() {
    let (service, mut server) = started().await;
    let group = service.clients(600).await;
    let gate = stuck_after_twenty(&server);
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(4).await;

    service.tell(mailing, mailing::Command::Cancel { by: service.owner }).await;
    let done =
        async || service.runs(mailing).await.pop().filter(|run| run.status == projections::runs::Status::Finished);
    let totals = unstick(&mut server, done).await.totals();

    // Two batches share the connections, so those of the second one may be stuck before the first one has come to client
    // 20, or has begun at all.
    let sent = server.received().len() as u64;
    assert!(sent <= 20, "{sent}");
    // Whoever cuts connections may cut one in the middle of a text, or before its answer: that letter is in doubt.
    assert!((totals.accepted..=totals.accepted + totals.unknown).contains(&sent), "{sent} of {totals:?}");
    assert_eq!(totals.suppressed, 600 - totals.accepted - totals.unknown, "{totals:?}");
    engine.stop().await;
}

#[tokio::test]
async fn after_the_windows_end_nothing_is_sent_and_the_rest_has_expired() {
    let (service, server) = started().await;
    let group = service.clients(10).await;
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.contains("client3@") => Act::Say("450 4.2.0 greylisted"),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    service.run_where(mailing, |run| run.accepted == 9 && run.deferred == 1).await;

    service.clock.advance(TimeDelta::days(2));

    let totals = service.finished(mailing).await;
    assert_eq!((totals.accepted, totals.expired), (9, 1));
    let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("readable").expect("there");
    assert_eq!(row.status, Status::Completed { paused: false, disabled: false });
    assert_eq!(server.received().len(), 9);
    engine.stop().await;
}

#[tokio::test]
async fn a_temporary_refusal_is_tried_again_after_its_pause_with_the_same_message_id() {
    let (service, server) = started().await;
    let group = service.clients(5).await;
    server.play(|turn| match turn {
        Turn::Body(to) if to.contains("client2@") => Act::Say("451 4.7.1 try later"),
        _ => Act::Usual,
    });
    let mut settings = Service::settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let mailing = service.mailing(group).await;
    service.run_where(mailing, |run| run.accepted == 4 && run.deferred == 1).await;

    server.play(|_| Act::Usual);
    // The clock stands still, so only turning it ends the pause.
    service.clock.advance(TimeDelta::minutes(1));

    assert_eq!(service.finished(mailing).await.accepted, 5);
    let run = service.runs(mailing).await.remove(0);
    let attempts = projections::deliveries::attempts(&service.database.pool, domain::RunId(run.id), &[0, 1, 2, 3, 4]);
    let attempts = all_read(attempts.await);
    let twice: Vec<_> = attempts.iter().filter(|attempt| attempt.ordinal == 2).map(|attempt| attempt.outcome).collect();
    assert_eq!(twice, [Ending::Deferred, Ending::Accepted]);
    engine.stop().await;
}

#[tokio::test]
async fn a_rejection_is_recorded_with_the_servers_words_and_never_tried_again() {
    let (service, server) = started().await;
    let group = service.clients(8).await;
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.contains("client5@") => {
            Act::Say("550 5.1.1 no such user client5 here (<client5@example.org>)")
        }
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.accepted, totals.rejected), (7, 1));
    let run = service.runs(mailing).await.remove(0);
    let outcomes = service.outcomes(&run).await;
    let (outcome, reply) = &outcomes["client5@example.org"];
    assert_eq!(outcome, "rejected");
    assert_eq!(reply.as_deref(), Some("no such user <address> here (<address>)"), "nobody is named");
    engine.stop().await;
}

#[tokio::test]
async fn a_connection_lost_after_the_final_dot_leaves_the_letter_in_doubt_and_it_is_not_sent_again() {
    let (service, server) = started().await;
    let group = service.clients(6).await;
    server.play(|turn| match turn {
        Turn::Body(to) if to.contains("client4@") => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;

    let totals = service.finished(mailing).await;

    assert_eq!((totals.accepted, totals.unknown), (5, 1));
    assert_eq!(server.received().len(), 6, "it did arrive, once");
    engine.stop().await;
}

#[tokio::test]
async fn a_relay_that_refuses_the_sender_pauses_the_mailing_and_blames_no_recipient() {
    let (service, server) = started().await;
    let group = service.clients(20).await;
    server.play(|turn| if turn == Turn::Mail { Act::Say("553 5.1.8 sender not allowed") } else { Act::Usual });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;

    let row = found("the mailing is paused", async || {
        let row = mailings::get(&service.database.pool, Access::All, mailing).await.ok()??;
        (row.status == Status::Paused).then_some(row)
    })
    .await;

    assert!(row.reason.expect("a reason").contains("sender not allowed"));
    assert_eq!(service.runs(mailing).await[0].totals().pending, 20);
    server.play(|_| Act::Usual);
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 20);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_waits_for_a_relay_that_is_away_and_goes_on_by_itself() {
    let (service, mut server) = started().await;
    let group = service.clients(50).await;
    server.stop().await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    service
        .run_where(mailing, |run| run.status == projections::runs::Status::Sending && run.last_attempt_at.is_some())
        .await;

    server.start_again().await;

    assert_eq!(service.finished(mailing).await.accepted, 50);
    engine.stop().await;
}

#[tokio::test]
async fn a_client_in_several_groups_gets_one_letter_and_a_deleted_one_none() {
    let (service, server) = started().await;
    let (friends, press) = (service.group("Friends").await, service.group("Press").await);
    let ann = service.client("ann@example.org", "Ann", &[friends, press]).await;
    let bob = service.client("bob@example.org", "Bob", &[press]).await;
    service.client("eve@example.org", "Eve", &[]).await;
    service.tell_client(bob, client::Command::Delete { by: service.owner }).await;
    let mut plan = service.plan(friends).await;
    plan.audience.groups.insert(press);
    plan.audience.clients.insert(ann);
    let engine = service.work(&server);

    let mailing = service.create(plan).await;

    assert_eq!(service.finished(mailing).await.planned, 1);
    assert_eq!(server.accepted_recipients(), BTreeSet::from(["ann@example.org".to_owned()]));
    engine.stop().await;
}

#[tokio::test]
async fn the_audience_and_the_letter_are_frozen_when_the_run_starts() {
    let (service, server) = started().await;
    let group = service.group("Friends").await;
    let ann = service.client("ann@example.org", "Ann", &[group]).await;
    let bob = service.client("bob@example.org", "Bob", &[group]).await;
    let mut relay = Service::relay(&server);
    relay = relay.with_connections(1);
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if turn == Turn::Greeting { Act::Wait(closed.clone()) } else { Act::Usual });
    let engine = Service::work_with(&service.node, relay, Service::settings());
    let plan = service.plan(group).await;
    let message = plan.message;
    let mailing = service.create(plan).await;
    gate.reached_by(1).await;

    let email = Some(EmailAddress::parse("new-ann@example.org").expect("an address"));
    let change = client::Command::Change {
        by: service.owner,
        email,
        full_name: None,
        first_name: None,
        last_name: None,
        comment: None,
    };
    service.tell_client(ann, change).await;
    service.tell_client(bob, client::Command::Delete { by: service.owner }).await;
    service.client("late@example.org", "Late", &[group]).await;
    let content = message::Content::parse("Changed", "Changed", None).expect("a letter");
    let revise = message::Command::Revise { by: service.owner, content };
    let store = &service.node.services.store;
    store.execute::<message::Message>(message.0, revise, &metadata()).await.expect("the message changes");
    gate.open();

    assert_eq!(service.finished(mailing).await.accepted, 2);
    let expected = ["ann@example.org", "bob@example.org"].map(str::to_owned);
    assert_eq!(server.accepted_recipients(), BTreeSet::from(expected));
    assert!(server.received().iter().all(|letter| !String::from_utf8_lossy(&letter.letter).contains("Changed")));
    let run = service.runs(mailing).await.remove(0);
    assert!(service.outcomes(&run).await.contains_key("ann@example.org"), "the address that was written to is shown");
    engine.stop().await;
}

#[tokio::test]
async fn send_now_with_the_same_key_is_one_run() {
    let (service, server) = started().await;
    let group = service.clients(4).await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    service.finished(mailing).await;

    for _ in 0..3 {
        send_now(&service, mailing, "monday").await;
    }
    server.wait_for(8).await;
    send_now(&service, mailing, "monday").await;
    send_now(&service, mailing, "tuesday").await;
    server.wait_for(12).await;

    found("three runs are finished", async || {
        let runs = service.runs(mailing).await;
        (runs.iter().filter(|run| run.status == projections::runs::Status::Finished).count() == 3).then_some(())
    })
    .await;
    assert_eq!(server.received().len(), 12);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_without_recipients_is_finished_at_once() {
    let (service, server) = started().await;
    let group = service.group("Nobody").await;
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let totals = service.finished(mailing).await;
    assert_eq!(totals.planned, 0);
    engine.stop().await;
}

#[tokio::test]
async fn two_engines_on_one_database_send_each_letter_once() {
    let (service, server) = started().await;
    let group = service.clients(2_500).await;
    let second = service.second_node().await;
    let first_engine = service.work(&server);
    let second_engine = Service::work_with(&second, Service::relay(&server), Service::settings());

    let mailing = service.mailing(group).await;

    assert_eq!(service.finished(mailing).await.accepted, 2_500);
    assert_eq!(server.received().len(), 2_500);
    assert_eq!(service.runs(mailing).await.len(), 1, "one run per occurrence");
    assert_eq!(service.events("AudienceFrozen").await, 1);
    first_engine.stop().await;
    second_engine.stop().await;
}

#[tokio::test]
async fn an_engine_that_dies_leaves_exactly_what_was_in_flight_in_doubt_and_another_one_goes_on() {
    let (service, server) = started().await;
    let group = service.clients(400).await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body(to) if to.contains("client30") => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    let second = service.second_node().await;
    let dying = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(1).await;

    drop(dying);
    service.node.close().await.expect("the node dies with it");
    let engine = Service::work_with(&second, Service::relay(&server), Service::settings());
    gate.open();

    let run = found("the run is finished", async || {
        let mut runs = projections::runs::page(&service.database.pool, Access::All, mailing, None, 1).await.ok()?;
        runs.pop()?.1.ok().filter(|run| run.status == projections::runs::Status::Finished)
    })
    .await;
    let totals = run.totals();
    assert!(totals.add_up() && totals.planned == 400 && totals.accepted + totals.unknown == 400, "{totals:?}");
    assert!(totals.unknown >= 1, "{totals:?}");
    let received = server.received();
    let recipients = server.accepted_recipients();
    assert_eq!(received.len(), recipients.len(), "nothing is sent twice");
    assert!(totals.accepted <= received.len() as u64, "what is recorded as accepted was accepted");
    engine.stop().await;
}

#[tokio::test]
async fn under_the_policy_resend_what_an_engine_that_died_left_in_doubt_is_sent_again_by_itself() {
    let (service, server) = started().await;
    let group = service.clients(40).await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| match turn {
        Turn::Body(to) if to.contains("client3") => Act::Wait(closed.clone()),
        _ => Act::Usual,
    });
    let second = service.second_node().await;
    let dying = service.work(&server);
    let mut plan = service.plan(group).await;
    plan.sending.in_doubt = mailing::InDoubt::Resend;
    let mailing = service.create(plan).await;
    gate.reached_by(1).await;

    drop(dying);
    service.node.close().await.expect("the node dies with it");
    let engine = Service::work_with(&second, Service::relay(&server), Service::settings());
    gate.open();

    let totals = found("the run is finished", async || {
        let mut runs = projections::runs::page(&service.database.pool, Access::All, mailing, None, 1).await.ok()?;
        runs.pop()?.1.ok().filter(|run| run.status == projections::runs::Status::Finished).map(|run| run.totals())
    })
    .await;
    assert_eq!((totals.planned, totals.accepted), (40, 40), "{totals:?}");
    let recovered: i64 = sqlx::query_scalar(
        "select count(*) from attempts where outcome = 'unknown' and reply like 'the sender stopped%'",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("readable");
    assert!(recovered >= 1, "something was in doubt in between");
    engine.stop().await;
}
