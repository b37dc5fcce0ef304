//! Where letters come back to, and where mail programs write to leave, as a mail server gets it: addresses that only their own letter has.

use crate::support::all_read;
use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Act, Offers, Received, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::letter::{Letterhead, Purpose, ReturnPaths, Separator};
use domain::mailing::{Kind, Plan};
use domain::notice::{self, Notice, Request};
use domain::sender_domain::DomainName;
use domain::{EmailAddress, FullName, Language, MailingId, NoticeId, RunId, UserId};
use mail_parser::{HeaderValue, MessageParser};
use projections::{Access, LinkKeys, deliveries};
use scheduler::Settings;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

fn paths() -> ReturnPaths {
    let domain = DomainName::parse("bounce.example.org").expect("a domain");
    ReturnPaths { domain, separator: Separator::Plus }
}

/// Settings of a service to which letters come back.
fn settings() -> Settings {
    Settings { returns: Some(paths()), ..Service::settings() }
}

/// The envelope sender of a letter.
fn sender(received: &Received) -> String {
    let address = received.mail.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let Some((address, _)) = address else { panic!("no sender in {}", received.mail) };
    address.to_owned()
}

/// The addresses to leave at, as another parser reads them.
fn ways(received: &Received) -> Vec<String> {
    let letter = MessageParser::default().parse(&received.letter).expect("a letter");
    match letter.list_unsubscribe() {
        HeaderValue::Address(list) => list.iter().filter_map(|one| one.address().map(str::to_owned)).collect(),
        HeaderValue::Empty => Vec::new(),
        other => panic!("no addresses: {other:?}"),
    }
}

/// The letter that one of our addresses is of.
async fn read(pool: &PgPool, address: &str, expected: Purpose) -> Letterhead {
    let paths = paths();
    let (purpose, token) = paths.read(address).expect("one of ours");
    assert_eq!(purpose, expected, "{address}");
    let letter = LinkKeys::default().read(pool, purpose, token).await.expect("the keys can be read");
    letter.expect("the service made it")
}

/// Who got which letter of a run.
async fn recipients(pool: &PgPool, run: RunId) -> BTreeMap<u32, String> {
    let all = deliveries::Filter::default();
    let page = all_read(deliveries::page(pool, Access::All, run, &all, None, i64::MAX).await);
    page.into_iter().map(|one| (one.ordinal.unsigned_abs(), one.email)).collect()
}

/// A mailing of this kind to so many clients, once all have their letters.
async fn sent(service: &Service, server: &SmtpServer, kind: Kind, clients: usize, settings: Settings) -> MailingId {
    let group = service.clients(clients).await;
    let plan = Plan { kind, ..service.plan(group).await };
    let engine = Service::work_with(&service.node, Service::relay(server), settings);
    let mailing = service.create(plan).await;
    assert_eq!(service.finished(mailing).await.accepted, clients as u64);
    engine.stop().await;
    mailing
}

#[tokio::test]
async fn every_letter_comes_back_to_an_address_of_its_own_and_can_be_answered_by_leaving() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    // More than one batch of them.
    let mailing = sent(&service, &server, Kind::Bulk, 620, settings()).await;
    let pool = &service.database.pool;
    let run = RunId(service.runs(mailing).await[0].id);
    let recipients = recipients(pool, run).await;

    let received = server.received();
    assert_eq!((received.len(), recipients.len()), (620, 620));
    let mut seen = BTreeSet::new();
    for letter in &received {
        let from = sender(letter);
        let (local, _) = from.split_once('@').expect("an address");
        assert!(local.len() <= 64 && from.to_lowercase() == from, "{from}");
        let letterhead = read(pool, &from, Purpose::Bounce).await;
        assert_eq!((letterhead.run, recipients.get(&letterhead.ordinal)), (run, Some(&letter.recipient)));
        assert!(seen.insert(letterhead.ordinal), "each has its own");

        let ways = ways(letter);
        let [page, mail] = ways.as_slice() else { panic!("two addresses: {ways:?}") };
        assert!(page.starts_with("https://mail.example.com/u/"), "the link comes first: {ways:?}");
        let mail = mail.strip_prefix("mailto:").and_then(|mail| mail.strip_suffix("?subject=unsubscribe"));
        let to_leave = read(pool, mail.expect("an address to write to"), Purpose::Unsubscribe).await;
        assert_eq!(to_leave, letterhead, "nobody leaves for somebody else");
        let text = String::from_utf8_lossy(&letter.letter);
        assert!(text.contains(">,\r\n <mailto:") && text.contains("From: \"Sky Mailing\" <sky@example.com>"), "{text}");
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{text}");
    }
}

#[tokio::test]
async fn a_transactional_letter_comes_back_in_the_same_way_and_is_not_answered_by_leaving() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let mailing = sent(&service, &server, Kind::Transactional, 3, settings()).await;
    let pool = &service.database.pool;
    let run = RunId(service.runs(mailing).await[0].id);
    let recipients = recipients(pool, run).await;

    assert_eq!(server.received().len(), 3);
    for letter in server.received() {
        let letterhead = read(pool, &sender(&letter), Purpose::Bounce).await;
        assert_eq!((letterhead.run, recipients.get(&letterhead.ordinal)), (run, Some(&letter.recipient)));
        assert_eq!(ways(&letter), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_letter_that_is_sent_again_has_the_same_addresses() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(1).await;
    server.play(|turn| if matches!(turn, Turn::Body(_)) { Act::Say("451 4.7.1 try later") } else { Act::Usual });
    let mut settings = settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = Service::work_with(&service.node, Service::relay(&server), settings.clone());
    let mailing = service.mailing(group).await;
    service.run_where(mailing, |run| run.deferred == 1).await;
    engine.stop().await;
    let refused: Vec<String> =
        server.dialogue().into_iter().map(|(_, said)| said).filter(|said| said.starts_with("MAIL")).collect();

    server.play(|_| Act::Usual);
    service.clock.advance(TimeDelta::minutes(1));
    let other = service.second_node().await;
    let engine = Service::work_with(&other, Service::relay(&server), settings);
    assert_eq!(service.finished(mailing).await.accepted, 1);
    engine.stop().await;

    let received = server.received().pop().expect("a letter");
    let from = sender(&received);
    assert!(from.starts_with("b+") && !refused.is_empty(), "{from}");
    assert!(refused.iter().all(|said| said.contains(&from)), "{from} and {refused:?}");
    other.close().await.expect("closed");
}

#[tokio::test]
async fn a_letter_that_is_shown_afterwards_has_the_headers_with_which_it_went_and_nobodys_token() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let mailing = sent(&service, &server, Kind::Bulk, 1, settings()).await;
    let run = RunId(service.runs(mailing).await[0].id);

    let shown = scheduler::sent_letter(&service.database.pool, &settings(), run, 0).await.expect("readable");

    let headers = shown.expect("there is one").headers;
    let leave = headers.iter().find(|(name, _)| name == "List-Unsubscribe").map(|(_, value)| value.as_str());
    let expected = "<https://mail.example.com/u/sample>, <mailto:u+sample@bounce.example.org?subject=unsubscribe>";
    assert_eq!(leave, Some(expected));
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let received = server.received().pop().expect("a letter");
    let went = String::from_utf8_lossy(&received.letter);
    let went = went.split("\r\n\r\n").next().expect("a head").split("\r\n").filter(|line| !line.starts_with(' '));
    let went: Vec<&str> = went.filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, went);
}

#[tokio::test]
async fn letters_of_the_service_itself_come_back_to_it_and_without_a_domain_for_that_all_do() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&service.node, Service::relay(&server), settings());
    let request = Request {
        user: UserId(Uuid::now_v7()),
        kind: notice::Kind::RecoverPassword,
        to: EmailAddress::parse("anna@example.net").expect("an address"),
        full_name: FullName::default(),
        language: Language::En,
    };
    let (store, id) = (&service.node.services.store, NoticeId(Uuid::now_v7()));
    store.execute::<Notice>(id.0, notice::Command::Request(request), &metadata()).await.expect("it may be asked for");
    server.wait_for(1).await;
    engine.stop().await;
    assert_eq!(sender(&server.received()[0]), "sky@example.com");

    sent(&service, &server, Kind::Bulk, 2, Service::settings()).await;
    for letter in &server.received()[1..] {
        assert_eq!((sender(letter).as_str(), ways(letter).len()), ("sky@example.com", 1));
    }
}
