//! Before a mailing starts: whoever plans it is told of what is bad, and with `REQUIRE_ALIGNMENT` it does not start.

use super::{KEY, in_order};
use crate::pages::reader::Reader;
use crate::support::dns_server::DnsServer;
use crate::support::http::{Api, Person, plan, text, with};
use crate::support::process::skymailing;
use crate::support::service::{Service, Working, found, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use acts::Services;
use acts::senders::{Dns, Senders};
use chrono::{DateTime, TimeDelta, Utc};
use domain::mailing::{self, Mailing};
use domain::sender::{self, Sender};
use domain::sender_domain::{Algorithm, Command, DomainName, Selector, SenderDomain};
use domain::{ClientId, EmailAddress, FullName, MailingId, Periodicity, SenderDomainId, SenderId, TimeZone, Window};
use projections::{Access, mailings};
use reqwest::StatusCode;
use scheduler::smtp::Mailbox;
use scheduler::{Records, Settings};
use serde_json::{Value, json};
use skymailing::wire;
use std::collections::BTreeSet;
use uuid::Uuid;

const SELECT: &str = "mailing { id } warnings { code field line message }";

const NOT_ALIGNED: &str = "SENDER_NOT_ALIGNED";

/// The API, whose letters are from example.org, of which this server knows.
async fn api(server: &DnsServer, required: bool) -> Api {
    let (dns, from) = (Dns::new(Some(server.at())), "example.org".to_owned());
    let senders = Senders { dns, from, required, ..Senders::default() };
    Api::serving_as(|services| services.senders = senders).await
}

async fn planned(person: &Person) -> Value {
    let client = person.client("anna@example.com", &[]).await;
    plan(&person.message().await, &client)
}

/// The warnings about who the letters are from.
async fn warned(person: &Person) -> Vec<Value> {
    let done = person.does("mailingCreate", planned(person).await, SELECT).await;
    let warnings = done["warnings"].as_array().expect("a list").iter();
    warnings.filter(|warning| warning["field"] == "sender").cloned().collect()
}

/// Letters of example.org are signed with a key of this name.
async fn signs_with(services: &Services, selector: &str, at: DateTime<Utc>) {
    let domain = DomainName::parse("example.org").expect("a domain");
    let (id, selector) = (SenderDomainId::derive(&domain), Selector::parse(selector).expect("a name"));
    let made = Command::MakeKey {
        selector: selector.clone(),
        algorithm: Algorithm::Rsa,
        public: KEY.to_owned(),
        imported: true,
        at,
    };
    for command in [Command::Add { domain }, made, Command::Activate { selector, at }] {
        let told = services.store.execute::<SenderDomain>(id.0, command, &metadata()).await.expect("it may be done");
        assert!(services.shown(told.position).await, "the read models follow");
    }
}

/// A server for which a letter from example.org is to be refused.
async fn bad() -> DnsServer {
    let server = in_order().await;
    server.without_text("_dmarc.example.org");
    server
}

/// An engine whose letters are from example.org, and that starts nothing of which this server says something bad.
fn work(service: &Service, server: &DnsServer, smtp: &SmtpServer) -> Working {
    work_knowing(service, wire::records(Dns::new(Some(server.at()))), smtp)
}

fn work_knowing(service: &Service, records: Records, smtp: &SmtpServer) -> Working {
    let sender = Mailbox::parse("News <news@example.org>").expect("a sender");
    let settings = Settings { sender, records: Some(records), ..Service::settings() };
    Service::work_with(&service.node, Service::relay(smtp), settings)
}

#[tokio::test]
async fn whoever_plans_a_mailing_is_told_what_other_mail_servers_hold_against_its_sender() {
    let server = bad().await;
    let api = api(&server, false).await;
    let ann = api.owner("Ann").await;
    let warnings = warned(&ann).await;
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!((&warning["code"], &warning["line"]), (&json!(NOT_ALIGNED), &json!(1)));
    let said = text(&warning["message"]);
    assert!(said.contains("letters from example.org") && said.contains("DMARC: "), "{said}");
    assert!(!said.contains("SPF") && !said.contains("DKIM"), "only what is bad: {said}");
    let started = ann.mailing(&ann.message().await, &ann.client("eva@example.com", &[]).await).await;
    ann.does("mailingStart", json!({ "id": started }), "").await;

    let well = in_order().await;
    let api = self::api(&well, false).await;
    assert_eq!(warned(&api.owner("Ann").await).await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_page_that_checks_a_plan_tells_it_before_anything_is_written() {
    let server = bad().await;
    let api = api(&server, false).await;
    let ann = api.owner("Ann").await;
    let (client, message) = (ann.client("anna@example.com", &[]).await, ann.message().await);
    let fields = [
        ("idempotencyKey", "a"),
        ("name", "News"),
        ("messageId", message.as_str()),
        ("audience.clientIds", client.as_str()),
        ("when", "now"),
        ("endsAt", "2026-05-20T09:00"),
        ("timeZone", "UTC"),
        ("periodicity.kind", "ONCE"),
        ("inDoubt", "HOLD"),
        ("sender", ""),
    ];
    let check = Reader::of(&api, &ann).post("/mailings/check", &fields).await;
    assert_eq!(check.status(), StatusCode::OK);
    let check = check.text().await.expect("a page");
    assert!(check.contains("Many mail servers would refuse letters from example.org"), "{check}");
}

#[tokio::test]
async fn the_keys_that_sign_for_a_domain_here_are_looked_for_without_being_named() {
    let server = in_order().await;
    let api = api(&server, false).await;
    signs_with(&api.node.services, "mail", api.clock.now()).await;
    let ann = api.owner("Ann").await;
    let query = "query { senderCheck { findings { subject verdict } } }";
    let dkim = async || {
        let findings = ann.ask(query, json!({})).await["senderCheck"]["findings"].take();
        findings.as_array().expect("a list").iter().find(|it| it["subject"] == "DKIM").cloned().expect("it is told")
    };
    assert_eq!(dkim().await["verdict"], "GOOD");
    assert_eq!(warned(&ann).await, Vec::<Value>::new());

    // A key whose record nobody has entered makes signatures that are wrong.
    let other = in_order().await;
    other.without_text("mail._domainkey.example.org");
    let api = self::api(&other, false).await;
    signs_with(&api.node.services, "mail", api.clock.now()).await;
    let warnings = warned(&api.owner("Ann").await).await;
    assert!(warnings.len() == 1 && text(&warnings[0]["message"]).contains("there is no key mail"), "{warnings:?}");
}

#[tokio::test]
async fn the_command_line_looks_for_the_keys_that_the_database_has() {
    let (server, service) = (in_order().await, Service::start().await);
    signs_with(&service.node.services, "mail", service.clock.now()).await;
    let command = skymailing(&["sender", "check", "example.org"]).set("DNS_SERVER", server.at().to_string());
    let printed = command.clone().set("DATABASE_URL", &service.database.url).succeeds().await;
    assert!(printed.contains("good     DKIM: "), "{printed}");
    // It does without.
    let printed = command.set("DATABASE_URL", "postgres://127.0.0.1:1/mail").succeeds().await;
    assert!(printed.contains("warning  DKIM: "), "{printed}");
}

#[tokio::test]
async fn where_alignment_is_required_such_a_mailing_is_neither_planned_nor_started_by_hand() {
    let server = bad().await;
    let api = api(&server, true).await;
    let ann = api.owner("Ann").await;
    let plan = planned(&ann).await;
    let before = api.events().await;
    let told = |field: &str| vec![(NOT_ALIGNED.to_owned(), field.to_owned())];
    assert_eq!(ann.fails("mailingCreate", plan.clone()).await, told("input.sender"));
    let several = ann.fails("mailingCreate", with(plan.clone(), "relay", json!("No!"))).await;
    assert_eq!(several.len(), 2, "all that is wrong is told at once: {several:?}");
    assert_eq!(api.events().await, before);

    // One that was planned before that was required.
    let id = MailingId(Uuid::now_v7());
    let now = api.clock.now();
    let client: ClientId = text(&plan["audience"]["clientIds"][0]).parse().expect("an id");
    let old = mailing::Plan {
        name: mailing::Name::parse("Old").expect("a name"),
        message: text(&plan["messageId"]).parse().expect("an id"),
        audience: mailing::Audience { clients: BTreeSet::from([client]), ..mailing::Audience::default() },
        window: Window::new(now - TimeDelta::minutes(1), now + TimeDelta::days(1)).expect("a window"),
        periodicity: Periodicity::Once,
        time_zone: TimeZone::UTC,
        sending: mailing::Sending::default(),
        kind: mailing::Kind::default(),
        sender: None,
    };
    let command = mailing::Command::Create { owner: ann.id, plan: old, now };
    let services = &api.node.services;
    let created = services.store.execute::<Mailing>(id.0, command, &metadata()).await.expect("it may be done");
    assert!(services.shown(created.position).await, "the read models follow");
    assert_eq!(ann.fails("mailingStart", json!({ "id": id.to_string() })).await, told("input.id"));
    assert_eq!(ann.fails("mailingUpdate", json!({ "id": id.to_string(), "sender": "" })).await, told("input.sender"));
    // What has nothing to do with it can be changed.
    ann.does("mailingUpdate", json!({ "id": id.to_string(), "name": "Older" }), "").await;
}

#[tokio::test]
async fn what_the_name_service_does_not_answer_refuses_nothing() {
    let server = in_order().await;
    server.fails("_dmarc.example.org");
    server.is_silent_about("example.org");
    let api = api(&server, true).await;
    let ann = api.owner("Ann").await;
    let made = ann.does("mailingCreate", planned(&ann).await, SELECT).await;
    assert!(made["warnings"].as_array().is_some_and(|all| all.iter().all(|it| it["field"] != "sender")), "{made}");
    ann.does("mailingStart", json!({ "id": made["mailing"]["id"] }), "").await;
}

#[tokio::test]
async fn a_due_mailing_with_such_a_sender_is_stopped_with_the_reason_and_goes_on_when_that_is_corrected() {
    let (service, smtp) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(1).await;
    let server = bad().await;
    let engine = work(&service, &server, &smtp);
    let mailing = service.mailing(group).await;
    let reason = found("the mailing is stopped", async || {
        let row = mailings::get(&service.database.pool, Access::All, mailing).await.expect("a row");
        row.and_then(|row| row.reason)
    })
    .await;
    assert!(reason.contains("letters from example.org") && reason.contains("DMARC: "), "{reason}");
    assert!(reason.ends_with("resume the mailing"), "{reason}");
    engine.stop().await;
    assert_eq!(smtp.count(), 0);

    let corrected = in_order().await;
    let engine = work(&service, &corrected, &smtp);
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 1);
    engine.stop().await;
}

#[tokio::test]
async fn a_due_mailing_starts_when_the_name_service_says_nothing() {
    let (service, smtp) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(1).await;
    let server = in_order().await;
    server.is_silent_about("_dmarc.example.org");
    server.fails("example.org");
    let engine = work(&service, &server, &smtp);
    let mailing = service.mailing(group).await;
    assert_eq!(service.finished(mailing).await.accepted, 1);
    assert!(server.asked().iter().any(|(name, _)| name == "_dmarc.example.org"), "{:?}", server.asked());
    assert_eq!(service.events("Suspended").await, 0);
    engine.stop().await;
}

#[tokio::test]
async fn while_the_name_service_is_asked_about_a_domain_mailings_from_others_start() {
    let (service, smtp) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.clients(1).await;
    let waits = service.mailing(group).await;
    // Of a domain that nobody else may know there is nothing to be asked.
    let (id, services) = (SenderId(Uuid::now_v7()), &service.node.services);
    let made = sender::Command::Create {
        owner: service.owner,
        name: FullName::default(),
        address: EmailAddress::parse("news@aurora.example").expect("an address"),
        reply_to: None,
    };
    for command in [made, sender::Command::Verify { at: service.clock.now() }] {
        let told = services.store.execute::<Sender>(id.0, command, &metadata()).await.expect("it may be done");
        assert!(services.shown(told.position).await, "the read models follow");
    }
    let other = service.create(mailing::Plan { sender: Some(id), ..service.plan(group).await }).await;

    // Somebody is still asking, for as long as the story lasts.
    let engine = work_knowing(&service, Records::new(|_| None), &smtp);
    assert_eq!(service.finished(other).await.accepted, 1);
    assert!(service.runs(waits).await.is_empty());
    engine.stop().await;
}
