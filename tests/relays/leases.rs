//! A worker that has lost its lease stops before the next letter, and cannot record over its successor.

use super::{hold_recipients, plain_server};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Act, Gate, SmtpServer, Turn};
use chrono::{DateTime, Utc};
use domain::Totals;
use skymailing::wire::Node;
use sqlx::PgPool;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// The account of a node that can be cut off.
struct Account {
    name: String,
    admin: PgPool,
}

impl Account {
    async fn open(admin: &PgPool) -> Self {
        let account = Self { name: format!("node_{}", Uuid::new_v4().simple()), admin: admin.clone() };
        account.tell("create role NAME superuser login password 'secret'").await;
        account
    }

    async fn tell(&self, statement: &str) {
        let statement = statement.replace("NAME", &self.name);
        sqlx::query(&statement).execute(&self.admin).await.expect("the statement is right");
    }

    async fn node(&self, service: &Service) -> Node {
        let mut url = Url::parse(&service.database.url).expect("a URL");
        url.set_username(&self.name).expect("a name");
        url.set_password(Some("secret")).expect("a password");
        let options = sqlx::postgres::PgPoolOptions::new().acquire_timeout(Duration::from_secs(1));
        let pool = options.connect(url.as_str()).await.expect("the account may connect");
        Node::over(pool, service.clock.clock(), None)
    }

    /// Takes the node's connections away and lets it have no others.
    async fn cut(&self) {
        self.tell("alter role NAME nologin").await;
        self.tell("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'NAME'").await;
    }

    async fn restore(&self) {
        self.tell("alter role NAME login").await;
    }
}

#[tokio::test]
async fn a_worker_cut_off_from_the_database_sends_nothing_that_was_queued_and_records_nothing_over_its_successor() {
    let server = plain_server().await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if matches!(turn, Turn::Body(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let (connections, totals) = cut_off(&server, &gate).await;
    assert_eq!(server.received().len() as u64, connections, "only what had begun");
    assert_eq!((totals.unknown, totals.accepted), (connections, 400 - connections), "and only that is in doubt");
}

#[tokio::test]
async fn a_letter_whose_text_had_not_left_when_its_worker_was_cut_off_never_leaves_and_is_not_in_doubt() {
    let server = plain_server().await;
    let gate = hold_recipients(&server);
    let (_, totals) = cut_off(&server, &gate).await;
    assert_eq!(server.received().len(), 0, "its beginning cannot be marked any more");
    assert_eq!((totals.unknown, totals.accepted), (0, 400));
}

/// A worker whose letters this server holds at the gate is cut off for longer than its lease, and is back when another one
/// has done the rest. Says how many connections it had.
async fn cut_off(server: &SmtpServer, gate: &Gate) -> (u64, Totals) {
    let service = Service::start().await;
    let group = service.clients(400).await;
    let account = Account::open(&service.database.pool).await;
    let node = account.node(&service).await;
    let relay = Service::relay(server);
    let connections = relay.connections();
    // One slot, so that the one batch has more letters in hand than there are connections.
    let mut settings = Service::settings();
    (settings.batches, settings.small_batches) = (1, 0);
    let old = Service::work_with(&node, relay, settings);
    let mailing = service.mailing(group).await;
    gate.reached_by(connections).await;
    let outbox = super::outbox(&old.relays);
    found("letters wait behind those at the gate", async || (outbox.queued() > 0).then_some(())).await;

    account.cut().await;
    found("its leases have run out", async || {
        let alive = "select count(*) from batch_leases where worker is not null and expires_at > clock_timestamp()";
        let alive: i64 = sqlx::query_scalar(alive).fetch_one(&service.database.pool).await.ok()?;
        (alive == 0).then_some(())
    })
    .await;
    let second = plain_server().await;
    let new = Service::work_with(&service.node, Service::relay(&second), Service::settings());
    let totals = service.finished(mailing).await;
    let before = service.events("AttemptRecorded").await;
    gate.open();
    found("the old worker has nothing left", async || (outbox.in_flight() == 0 && outbox.queued() == 0).then_some(()))
        .await;
    account.restore().await;

    let probe = "select count(*) from pg_stat_activity where usename = $1";
    found("the old worker is connected again", async || {
        let connected: i64 =
            sqlx::query_scalar(probe).bind(&account.name).fetch_one(&service.database.pool).await.ok()?;
        (connected > 0).then_some(())
    })
    .await;
    old.stop().await;

    assert_eq!(outbox.counts().accepted, server.received().len() as u64);
    assert_eq!(second.received().len() as u64, totals.accepted);
    assert_eq!(service.events("AttemptRecorded").await, before, "it records nothing over its successor");
    assert_eq!(service.finished(mailing).await, totals);
    new.stop().await;
    (u64::try_from(connections).expect("few"), totals)
}

#[tokio::test]
async fn a_worker_that_is_told_to_end_keeps_its_leases_until_the_last_answer_is_recorded() {
    let (service, server) = (Service::start().await, plain_server().await);
    let group = service.clients(40).await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if matches!(turn, Turn::Body(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let ending = service.work(&server);
    let mailing = service.mailing(group).await;
    gate.reached_by(1).await;
    let lease = "select worker, expires_at from batch_leases where worker is not null";
    let (worker, end): (Uuid, DateTime<Utc>) =
        sqlx::query_as(lease).fetch_one(&service.database.pool).await.expect("the batch is held");

    let ended = tokio::spawn(ending.stop());
    let second = service.second_node().await;
    let successor = Service::work_with(&second, Service::relay(&server), Service::settings());
    found("the lease holds beyond the end that it had", async || {
        let held =
            "select clock_timestamp() > $2 from batch_leases where worker = $1 and expires_at > clock_timestamp()";
        let held = sqlx::query_scalar(held).bind(worker).bind(end).fetch_optional(&service.database.pool);
        held.await.ok()?.filter(|beyond: &bool| *beyond)
    })
    .await;
    gate.open();

    ended.await.expect("it ends");
    assert_eq!(service.finished(mailing).await.accepted, 40, "nothing is in doubt");
    assert_eq!(server.received().len(), 40);
    successor.stop().await;
}
