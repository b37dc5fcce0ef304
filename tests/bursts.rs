//! Many small mailings that are due at the same moment: each is sent once, none waits for the others one by one, and nobody's
//! keep anybody else's waiting.

use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::TimeDelta;
use domain::mailing::{self, Mailing};
use domain::run::{self, Run, Trigger};
use domain::{ClientId, GroupId, MailingId, RunId, UserId, Window};
use projections::{mailings, runs};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Recipients of each mailing.
const EACH: usize = 5;

/// As many mailings, each to clients of its own, that are due at the clock's time. Nobody works yet.
async fn burst(service: &Service, count: usize) -> Vec<MailingId> {
    let group = service.clients(count * EACH).await;
    let plan = service.plan(group).await;
    let clients: Vec<Uuid> = sqlx::query_scalar("select id from clients order by id")
        .fetch_all(&service.database.pool)
        .await
        .expect("clients");
    let mut mailings = Vec::with_capacity(count);
    for clients in clients.chunks(EACH) {
        let clients: BTreeSet<ClientId> = clients.iter().copied().map(ClientId).collect();
        let audience = mailing::Audience { clients, ..mailing::Audience::default() };
        mailings.push(service.create(mailing::Plan { audience, ..plan.clone() }).await);
    }
    mailings
}

async fn all_finished(service: &Service, mailings: &[MailingId]) {
    for mailing in mailings {
        let totals = service.finished(*mailing).await;
        assert_eq!((totals.planned, totals.accepted), (EACH as u64, EACH as u64));
        assert_eq!(service.runs(*mailing).await.len(), 1, "one run per occurrence");
    }
}

/// With how many appends events of this name were written.
async fn appends(service: &Service, event_type: &str) -> i64 {
    sqlx::query_scalar("select count(distinct metadata ->> 'request_id') from events where event_type = $1")
        .bind(event_type)
        .fetch_one(&service.database.pool)
        .await
        .expect("events can be counted")
}

#[tokio::test]
async fn small_mailings_that_are_due_together_are_started_and_planned_together_and_each_letter_goes_out_once() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let mailings = burst(&service, 60).await;

    let engine = service.work(&server);

    all_finished(&service, &mailings).await;
    assert_eq!(server.received().len(), 60 * EACH, "nobody gets two");
    assert_eq!(server.accepted_recipients().len(), 60 * EACH, "everybody gets one");
    for (event, count) in [("Started", 60), ("Planned", 60), ("AudienceFrozen", 60), ("Finished", 60)] {
        assert_eq!(service.events(event).await, count, "{event}");
    }
    for event in ["Started", "Planned", "AudienceFrozen"] {
        assert_eq!(appends(&service, event).await, 1, "all of {event}");
    }
    engine.stop().await;
}

#[tokio::test]
async fn two_engines_that_plan_the_same_small_mailings_freeze_each_of_them_once() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let mailings = burst(&service, 60).await;
    let second = service.second_node().await;

    let engines =
        [&service.node, &second].map(|node| Service::work_with(node, Service::relay(&server), Service::settings()));

    all_finished(&service, &mailings).await;
    assert_eq!(server.received().len(), 60 * EACH);
    for event in ["Started", "Planned", "AudienceFrozen", "Finished"] {
        assert_eq!(service.events(event).await, 60, "{event}");
    }
    for engine in engines {
        engine.stop().await;
    }
}

#[tokio::test]
async fn who_has_a_hundred_and_fifty_mailings_due_keeps_nobody_waiting_who_has_one() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let many = burst(&service, 150).await;
    // Somebody else's is due a moment later than all of these.
    let other = UserId(Uuid::now_v7());
    let store = &service.node.services.store;
    let first = store.load::<Mailing>(many[0].0).await.expect("a mailing").state;
    let Mailing::Planned { mut plan, .. } = first else { panic!("it is planned") };
    let start = plan.window.start() + TimeDelta::seconds(1);
    plan.window = Window::new(start, plan.window.end()).expect("a window");
    plan.audience =
        mailing::Audience { groups: BTreeSet::from([GroupId(Uuid::now_v7())]), ..mailing::Audience::default() };
    sqlx::query("update messages set shared = true").execute(&service.database.pool).await.expect("shared");
    let single = MailingId(Uuid::now_v7());
    let command = mailing::Command::Create { owner: other, plan, now: service.clock.now() };
    let receipt = store.execute::<Mailing>(single.0, command, &metadata()).await.expect("a mailing");
    assert!(service.node.services.shown(receipt.position).await, "the read models follow");

    let engine = service.work(&server);

    service.finished(single).await;
    let run = service.runs(single).await.remove(0);
    for event in ["Started", "AudienceFrozen"] {
        let before: i64 = sqlx::query_scalar(
            "select count(*) from events where event_type = $1 and position <=
                (select position from events where event_type = $1 and aggregate_id = $2)",
        )
        .bind(event)
        .bind(run.id.to_string())
        .fetch_one(&service.database.pool)
        .await
        .expect("events");
        assert!(before <= 2, "{event} is number {before}: owners take turns");
    }
    all_finished(&service, &many).await;
    engine.stop().await;
}

/// Starts a run by hand, as "send now" does, while nobody works.
async fn started(service: &Service, mailing: MailingId) -> RunId {
    let origin = mailings::origin(&service.database.pool, mailing).await.expect("readable").expect("there");
    let trigger = Trigger::SendNow("now".to_owned());
    let run = trigger.run_of(mailing);
    let command = run::Command::Start { origin, trigger, at: service.clock.now(), message_id_domain: None };
    let store = &service.node.services.store;
    let receipt = store.execute::<Run>(run.0, command, &metadata()).await.expect("a run starts");
    assert!(service.node.services.shown(receipt.position).await, "the read models follow");
    run
}

/// A mailing that is not due before tomorrow.
async fn tomorrow(service: &Service, group: GroupId) -> MailingId {
    let mut plan = service.plan(group).await;
    let start = service.clock.now() + TimeDelta::days(1);
    plan.window = Window::new(start, start + TimeDelta::days(1)).expect("a window");
    service.create(plan).await
}

#[tokio::test]
async fn the_audience_that_a_lost_planner_has_staged_counts_also_where_it_would_fit_into_one_batch() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(3).await;
    let mailing = service.mailing(group).await;
    service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
    let run = started(&service, mailing).await;
    sqlx::query(
        "insert into run_audience (run_id, ordinal, client_id, revision)
         select $1, row_number() over (order by id) - 1, id, revision from (select * from clients order by id limit 2) c",
    )
    .bind(run.0)
    .execute(&service.database.pool)
    .await
    .expect("staged");

    let engine = service.work(&server);

    let frozen = service.run_where(mailing, |run| run.status == runs::Status::Sending).await;
    assert_eq!(frozen.planned, 2, "whoever came later is not of it");
    let staged: i64 =
        sqlx::query_scalar("select count(*) from run_audience").fetch_one(&service.database.pool).await.expect("rows");
    assert_eq!(staged, 0);
    engine.stop().await;
}

#[tokio::test]
async fn a_run_that_another_planner_has_in_hand_keeps_no_other_waiting() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(3).await;
    let held = tomorrow(&service, group).await;
    let run = started(&service, held).await;
    let mut planner = service.database.pool.begin().await.expect("a transaction");
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('plan ' || $1, 0))")
        .bind(run.0.to_string())
        .execute(&mut *planner)
        .await
        .expect("the lock is free");
    let engine = service.work(&server);

    let other = service.mailing(group).await;

    assert_eq!(service.finished(other).await.accepted, 3);
    assert_eq!(service.runs(held).await.remove(0).status, runs::Status::Planning);
    planner.rollback().await.expect("it lets go");
    found("the other one is frozen, too", async || {
        (service.runs(held).await.remove(0).status == runs::Status::Sending).then_some(())
    })
    .await;
    engine.stop().await;
}

#[tokio::test]
async fn the_first_letters_of_a_large_run_wait_for_no_other_run_to_be_frozen() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(1_200).await;
    // Whoever plans one of these waits until it is known whether another planner has begun with it.
    let mut undecided = service.database.pool.begin().await.expect("a transaction");
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mailing = tomorrow(&service, group).await;
        let run = started(&service, mailing).await;
        sqlx::query("insert into runs_in_pages (run_id) values ($1)")
            .bind(run.0)
            .execute(&mut *undecided)
            .await
            .expect("written");
        slow.push(mailing);
    }
    let engine = service.work(&server);
    found("all of them are being planned", async || {
        let waiting = "select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&service.database.pool).await.ok()?;
        (waiting == 4).then_some(())
    })
    .await;

    let fifth = service.mailing(group).await;

    service.run_where(fifth, |run| run.accepted >= 1_000).await;
    undecided.rollback().await.expect("they go on");
    for mailing in slow.iter().chain([&fifth]) {
        assert_eq!(service.finished(*mailing).await.accepted, 1_200);
    }
    engine.stop().await;
}

#[tokio::test]
async fn an_audience_that_ends_where_a_page_does_is_frozen_with_all_of_it() {
    for (clients, batches) in [(1_000, 2), (6_000, 12)] {
        let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
        let group = service.clients(clients).await;
        let mailing = tomorrow(&service, group).await;
        // What is planned is looked at, and not sent.
        service.tell(mailing, mailing::Command::Pause { by: service.owner }).await;
        started(&service, mailing).await;

        let engine = service.work(&server);

        let run = service.run_where(mailing, |run| run.status == runs::Status::Sending).await;
        assert_eq!((run.totals().planned, run.batches), (clients as u64, Some(batches)));
        let planned: i64 = sqlx::query_scalar(
            "select count(distinct client) from batches, unnest(clients) as t (client) where run_id = $1",
        )
        .bind(run.id)
        .fetch_one(&service.database.pool)
        .await
        .expect("batches");
        assert_eq!(usize::try_from(planned), Ok(clients), "each of them once");
        engine.stop().await;
    }
}
