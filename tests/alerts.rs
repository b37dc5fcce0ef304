//! People are told by letter of what stops: owners of their mailings, managers of what the guard does, administrators of parts of the service
//! that do not do their work.

use crate::support::followers::{follow_from, followed};
use crate::support::letters::letters;
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::TimeDelta;
use domain::mailing::{Command, Mailing};
use domain::user::{self, User};
use domain::{Actor, EmailAddress, FullName, GroupId, Language, MailingId, Role, TimeZone, UserId, Window};
use eventstore::Metadata;
use scheduler::smtp::{Pauses, Relay};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

const FOLLOWER: &str = "alerts";

const OWNER: &str = "owner@example.com";

fn by(actor: Actor) -> Metadata {
    Metadata::new(actor, Uuid::new_v4())
}

fn guard() -> Metadata {
    by(Actor::System("guard".to_owned()))
}

async fn tell(service: &Service, id: UserId, command: user::Command) {
    let services = &service.node.services;
    let told = services.store.execute::<User>(id.0, command, &by(Actor::CommandLine("root".to_owned()))).await;
    assert!(services.shown(told.expect("it may be").position).await, "the read models follow");
}

/// An account whose address is not proven.
async fn registered(service: &Service, id: UserId, email: &str, language: Language) {
    let email = EmailAddress::parse(email).expect("an address");
    let full_name = FullName::parse("Ann Other").expect("a name");
    tell(service, id, user::Command::Register { email, full_name, time_zone: TimeZone::UTC, language }).await;
}

/// Somebody who can log in.
async fn person(service: &Service, id: UserId, email: &str, roles: &[Role]) {
    registered(service, id, email, Language::En).await;
    tell(service, id, user::Command::VerifyEmail).await;
    for role in roles.iter().copied() {
        tell(service, id, user::Command::GrantRole { role }).await;
    }
}

fn someone() -> UserId {
    UserId(Uuid::now_v7())
}

/// The ways that are closed.
async fn closed(service: &Service) -> Vec<String> {
    let ways = projections::ways::standing(&service.database.pool).await.expect("an answer");
    ways.into_iter().filter(|way| way.closed().is_some()).map(|way| way.via).collect()
}

/// A mailing of the owner's of which nothing is sent before tomorrow.
async fn tomorrow(service: &Service, group: GroupId) -> MailingId {
    let mut plan = service.plan(group).await;
    let start = service.clock.now() + TimeDelta::days(1);
    plan.window = Window::new(start, start + TimeDelta::days(1)).expect("a window");
    service.create(plan).await
}

/// Tells a mailing something in somebody's name. Says where that landed.
async fn stop(service: &Service, mailing: MailingId, command: Command, metadata: &Metadata) -> i64 {
    let store = &service.node.services.store;
    store.execute::<Mailing>(mailing.0, command, metadata).await.expect("it may be").position
}

fn disable() -> Command {
    Command::Disable { reason: "complaints".to_owned() }
}

fn suspend() -> Command {
    Command::Suspend { reason: "the mail server refuses the sender".to_owned() }
}

/// Who was told of what, in order.
async fn told(service: &Service) -> Vec<(String, String)> {
    let mut told: Vec<_> = letters(&service.database.pool).await.into_iter().map(|(kind, to, _)| (kind, to)).collect();
    told.sort();
    told
}

fn stopped(to: &[&str]) -> Vec<(String, String)> {
    let mut told: Vec<_> = to.iter().map(|to| ("mailing_stopped".to_owned(), (*to).to_owned())).collect();
    told.sort();
    told
}

/// What the letters are about, as the log has it.
async fn kinds(service: &Service) -> Vec<Value> {
    sqlx::query_scalar(
        "select payload #> '{Requested,kind}' from events where aggregate_type = 'notice' and event_type = 'Requested'
          order by position",
    )
    .fetch_all(&service.database.pool)
    .await
    .expect("letters")
}

#[tokio::test]
async fn an_owner_gets_one_letter_about_a_mailing_that_a_manager_or_the_engine_stops() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    person(&service, service.owner, OWNER, &[]).await;
    let max = someone();
    person(&service, max, "max@example.com", &[Role::Manager]).await;
    let group = service.clients(1).await;
    let [first, second] = [tomorrow(&service, group).await, tomorrow(&service, group).await];
    let engine = service.work(&server);

    let at = stop(&service, first, disable(), &by(Actor::User(max))).await;
    followed(&service, FOLLOWER, at).await;

    assert_eq!(told(&service).await, stopped(&[OWNER]));
    let kind = kinds(&service).await.remove(0);
    assert_eq!((kind["by"].as_str(), kind["reason"].as_str()), (Some("manager"), Some("complaints")));
    assert_eq!((kind["mailing"].as_str(), kind["name"].as_str()), (Some(first.to_string().as_str()), Some("Spring")));
    assert_eq!(kind["owner"], Value::Null, "they know whose it is");
    found("the letter arrives", async || {
        server.received().iter().any(|letter| letter.recipient.contains(OWNER)).then_some(())
    })
    .await;

    let at = stop(&service, second, suspend(), &by(Actor::System("scheduler".to_owned()))).await;
    followed(&service, FOLLOWER, at).await;
    assert_eq!(told(&service).await, stopped(&[OWNER, OWNER]));
    assert_eq!(kinds(&service).await[1]["by"], "engine");

    // It follows from what happened, and is told once, however often that is read.
    let cause: String = sqlx::query_scalar(
        "select c.event_type from events n join events c on c.event_id::text = n.metadata ->> 'causation_id'
          where n.aggregate_type = 'notice' and n.event_type = 'Requested' order by n.position limit 1",
    )
    .fetch_one(&service.database.pool)
    .await
    .expect("a cause");
    assert_eq!(cause, "Disabled");
    follow_from(&service, FOLLOWER, 0).await;
    followed(&service, FOLLOWER, at).await;
    assert_eq!(told(&service).await, stopped(&[OWNER, OWNER]));
    engine.stop().await;
}

#[tokio::test]
async fn of_what_the_guard_pauses_managers_and_administrators_are_told_too_if_they_can_log_in() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    // The owner is a manager, too, and gets one letter all the same.
    person(&service, service.owner, OWNER, &[Role::Manager]).await;
    person(&service, someone(), "max@example.com", &[Role::Manager]).await;
    person(&service, someone(), "root@example.com", &[Role::Administrator, Role::Manager]).await;
    person(&service, someone(), "writer@example.com", &[Role::ContentManager]).await;
    let blocked = someone();
    person(&service, blocked, "blocked@example.com", &[Role::Manager]).await;
    let block = user::Command::Block { reason: "gone".to_owned(), even_administrators: true };
    tell(&service, blocked, block).await;
    let unproven = someone();
    registered(&service, unproven, "unproven@example.com", Language::En).await;
    tell(&service, unproven, user::Command::GrantRole { role: Role::Manager }).await;
    let group = service.clients(1).await;
    let mailing = tomorrow(&service, group).await;
    let engine = service.work(&server);

    let at = stop(&service, mailing, suspend(), &guard()).await;
    followed(&service, FOLLOWER, at).await;

    assert_eq!(told(&service).await, stopped(&[OWNER, "max@example.com", "root@example.com"]));
    let kinds = kinds(&service).await;
    assert!(kinds.iter().all(|kind| kind["by"] == "guard"), "{kinds:?}");
    let owners = kinds.iter().filter(|kind| kind["owner"] == "Ann Other").count();
    assert_eq!(owners, 2, "others are told whose it is: {kinds:?}");
    engine.stop().await;
}

#[tokio::test]
async fn who_stops_their_own_mailing_or_cannot_log_in_gets_no_letter() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    person(&service, service.owner, OWNER, &[Role::Manager]).await;
    let group = service.clients(1).await;
    let [own, other] = [tomorrow(&service, group).await, tomorrow(&service, group).await];
    let engine = service.work(&server);

    stop(&service, own, disable(), &by(Actor::User(service.owner))).await;
    let block = user::Command::Block { reason: "gone".to_owned(), even_administrators: true };
    tell(&service, service.owner, block).await;
    let at = stop(&service, other, disable(), &by(Actor::User(someone()))).await;
    followed(&service, FOLLOWER, at).await;

    assert_eq!(told(&service).await, []);
    engine.stop().await;
}

#[tokio::test]
async fn one_act_on_many_mailings_is_one_letter_and_many_acts_are_ten_within_an_hour() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    person(&service, service.owner, OWNER, &[]).await;
    let group = service.clients(1).await;
    let mut mailings = Vec::new();
    for _ in 0..25 {
        mailings.push(tomorrow(&service, group).await);
    }
    let from: i64 =
        sqlx::query_scalar("select max(position) from events").fetch_one(&service.database.pool).await.expect("a log");
    // All of it is there when somebody looks.
    follow_from(&service, FOLLOWER, i64::MAX).await;
    let engine = service.work(&server);
    let at_once = by(Actor::User(someone()));
    for mailing in &mailings[..10] {
        stop(&service, *mailing, disable(), &at_once).await;
    }
    let mut last = 0;
    for mailing in &mailings[10..24] {
        last = stop(&service, *mailing, disable(), &by(Actor::User(someone()))).await;
    }

    follow_from(&service, FOLLOWER, from).await;
    followed(&service, FOLLOWER, last).await;

    assert_eq!(told(&service).await.len(), 10);
    assert_eq!(kinds(&service).await[0]["mailing"], mailings[0].to_string(), "the first of them is named");
    found("the read model shows them", async || {
        let shown: i64 =
            sqlx::query_scalar("select count(*) from notices").fetch_one(&service.database.pool).await.ok()?;
        (shown == 10).then_some(())
    })
    .await;
    let last = stop(&service, mailings[24], disable(), &by(Actor::User(someone()))).await;
    followed(&service, FOLLOWER, last).await;
    assert_eq!(told(&service).await.len(), 10);
    engine.stop().await;
}

#[tokio::test]
async fn administrators_are_told_at_once_that_a_relay_refuses_the_password_and_again_after_a_day() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers { credentials: Some(("kim", "right")), ..Offers::default() }).await;
    person(&service, someone(), "root@example.com", &[Role::Administrator]).await;
    person(&service, someone(), "max@example.com", &[Role::Manager]).await;
    let group = service.clients(1).await;
    let pauses = Pauses { failures: 3, first: Duration::from_millis(20), longest: Duration::from_millis(100) };
    let sick = Relay::parse(&format!("smtp://kim:wrong@{}?name=sick", server.address())).expect("a relay");
    let engine = Service::work_with(&service.node, sick.with_pauses(pauses), Service::settings());
    service.mailing(group).await;
    let trouble = ("trouble".to_owned(), "root@example.com".to_owned());

    found("an administrator is told", async || (told(&service).await == [trouble.clone()]).then_some(())).await;

    let kind = kinds(&service).await.remove(0);
    assert_eq!((kind["part"].as_str(), kind["name"].as_str()), (Some("relay"), Some("sick")));
    let words = kind["words"].as_str().expect("words");
    assert!(!words.is_empty() && !words.contains("kim:wrong"), "{words}");
    let a_day_later =
        "update troubles set told_at = told_at - interval '25 hours', since = since - interval '25 hours'";
    sqlx::query(a_day_later).execute(&service.database.pool).await.expect("time passes");
    found("they are told again", async || (told(&service).await.len() == 2).then_some(())).await;
    assert_eq!(told(&service).await, [trouble.clone(), trouble]);
    engine.stop().await;
}

#[tokio::test]
async fn administrators_are_told_of_all_else_only_when_it_lasts() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    person(&service, someone(), "root@example.com", &[Role::Administrator]).await;
    sqlx::query(
        "insert into intake_states (via, error, since, looked_at)
         values ('imap', 'the mailbox of <ann@example.org> is away', now() - interval '11 minutes', now()),
                ('ses', 'nobody answers', now() - interval '1 minute', now()), ('smtp', null, null, now()),
                -- It was set up once, and is no longer.
                ('pipe', 'no such host', now() - interval '9 days', now() - interval '3 hours')",
    )
    .execute(&service.database.pool)
    .await
    .expect("written");
    assert_eq!(closed(&service).await, ["imap", "ses"]);
    let engines = [service.work(&server), service.work(&server)];

    found("an administrator is told", async || (!told(&service).await.is_empty()).then_some(())).await;

    let kinds = kinds(&service).await;
    let [kind] = kinds.as_slice() else { panic!("one letter: {kinds:?}") };
    assert_eq!((kind["part"].as_str(), kind["name"].as_str()), (Some("intake"), Some("imap")));
    assert_eq!(kind["words"], "the mailbox of <address> is away");
    let seen: Vec<(String, bool)> =
        sqlx::query_as("select name, told_at is not null from troubles where part = 'intake' order by name")
            .fetch_all(&service.database.pool)
            .await
            .expect("troubles");
    assert_eq!(seen, [("imap".to_owned(), true), ("ses".to_owned(), false)]);

    // What is over is over, and what comes back has to last anew.
    sqlx::query("update intake_states set error = null, since = null")
        .execute(&service.database.pool)
        .await
        .expect("written");
    found("all is well", async || {
        let troubled: i64 = sqlx::query_scalar("select count(*) from troubles where since is not null")
            .fetch_one(&service.database.pool)
            .await
            .ok()?;
        (troubled == 0).then_some(())
    })
    .await;
    assert_eq!(told(&service).await.len(), 1);
    for engine in engines {
        engine.stop().await;
    }
}

#[tokio::test]
async fn administrators_are_told_once_of_a_way_on_which_others_deliver_however_many_processes_meet_the_same() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    person(&service, someone(), "root@example.com", &[Role::Administrator]).await;
    sqlx::query(
        "insert into intake_ways (via, holder, error, since, looked_at)
         values ('sendgrid', gen_random_uuid(), 'its signature is wrong', now() - interval '1 hour', now()),
                ('sendgrid', gen_random_uuid(), 'its signature is wrong', now() - interval '2 minutes', now()),
                ('sendgrid', gen_random_uuid(), null, null, now()),
                ('smtp', gen_random_uuid(), 'the port is taken', now() - interval '1 minute', now()),
                -- The process is gone.
                ('ses', gen_random_uuid(), 'another topic', now() - interval '1 day', now() - interval '6 minutes')",
    )
    .execute(&service.database.pool)
    .await
    .expect("written");
    // One that is fetched is not told of by whoever used to look there, if others say how it is now.
    sqlx::query(
        "insert into intake_states (via, error, since, looked_at)
         values ('smtp', 'no such host', now() - interval '9 days', now() - interval '3 hours')",
    )
    .execute(&service.database.pool)
    .await
    .expect("written");
    assert_eq!(closed(&service).await, ["sendgrid", "smtp"]);
    let engines = [service.work(&server), service.work(&server)];

    found("an administrator is told", async || (!told(&service).await.is_empty()).then_some(())).await;

    let kinds = kinds(&service).await;
    let [kind] = kinds.as_slice() else { panic!("one letter: {kinds:?}") };
    assert_eq!((kind["part"].as_str(), kind["name"].as_str()), (Some("intake"), Some("sendgrid")));
    assert_eq!(kind["words"], "its signature is wrong");
    let seen: Vec<(String, bool)> =
        sqlx::query_as("select name, told_at is not null from troubles where part = 'intake' order by name")
            .fetch_all(&service.database.pool)
            .await
            .expect("troubles");
    assert_eq!(seen, [("sendgrid".to_owned(), true), ("smtp".to_owned(), false)]);
    for engine in engines {
        engine.stop().await;
    }
}

#[tokio::test]
async fn what_was_told_before_keeps_nobody_from_being_told_of_something_else() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    person(&service, someone(), "root@example.com", &[Role::Administrator]).await;
    let away = async |via: &str| {
        sqlx::query(
            "insert into intake_states (via, error, since, looked_at)
             values ($1, 'nobody answers', now() - interval '11 minutes', now())",
        )
        .bind(via)
        .execute(&service.database.pool)
        .await
        .expect("written");
    };
    away("imap").await;
    let engine = service.work(&server);
    found("an administrator is told", async || (told(&service).await.len() == 1).then_some(())).await;

    // What is kept in mind is lost, and what was told is told by the same letter.
    sqlx::query("delete from troubles").execute(&service.database.pool).await.expect("it is forgotten");
    away("ses").await;

    found("they are told of the other one", async || (told(&service).await.len() == 2).then_some(())).await;
    let names: Vec<Value> = kinds(&service).await.into_iter().map(|kind| kind["name"].clone()).collect();
    assert_eq!(names, ["imap", "ses"]);
    engine.stop().await;
}
