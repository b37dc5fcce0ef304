//! What letters say about leaving, as a mail server gets them: headers for programs, links for people, and a token in each that only
//! its own letter has.

use crate::support::all_read;
use crate::support::http::{Api, text};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Act, Offers, Received, SmtpServer, Turn};
use chrono::TimeDelta;
use domain::letter::{Letterhead, LinkKey, Purpose};
use domain::mailing::{InDoubt, Kind, Plan, Sending};
use domain::message::{Command, Content, Message};
use domain::user::{self, User};
use domain::{EmailAddress, FullName, Language, MailingId, MessageId, PostalAddress, RunId, TimeZone};
use mail_parser::{HeaderValue, MessageParser};
use projections::{Access, LinkKeys, deliveries};
use serde_json::json;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Where links to leave lead, up to their token.
const PAGE: &str = "https://mail.example.com/u/";

const TEXT: &str = "Dear {{first_name}},\n\nthis is the news.\n";
const HTML: &str = "<html><body><p>Dear {{first_name}}, this is the news.</p></body></html>";

/// A letter as another parser reads it.
#[derive(Debug)]
struct Letter {
    to: String,
    /// The addresses to leave at.
    leave: Vec<String>,
    /// The others of these headers, as they are written.
    post: Option<String>,
    list: Option<String>,
    feedback: Option<String>,
    precedence: Option<String>,
    text: String,
    html: String,
}

impl Letter {
    fn read(received: &Received) -> Self {
        let letter = MessageParser::default().parse(&received.letter).expect("a letter");
        let raw = |name: &str| letter.header_raw(name.to_owned()).map(|value| value.trim().to_owned());
        let leave = match letter.list_unsubscribe() {
            HeaderValue::Address(list) => list.iter().filter_map(|one| one.address().map(str::to_owned)).collect(),
            HeaderValue::Empty => Vec::new(),
            other => panic!("no addresses: {other:?}"),
        };
        let head = String::from_utf8_lossy(&received.letter);
        let head = head.split("\r\n\r\n").next().expect("a head");
        for line in head.split("\r\n") {
            let of_programs = ["List-", "Feedback-ID", "Precedence"].iter().any(|name| line.starts_with(name));
            assert!(!line.starts_with("Auto-Submitted"), "somebody has written it");
            assert!(!of_programs || (line.is_ascii() && !line.contains("=?") && line.len() <= 998), "{line}");
        }
        Self {
            to: received.recipient.clone(),
            leave,
            post: raw("List-Unsubscribe-Post"),
            list: raw("List-Id"),
            feedback: raw("Feedback-ID"),
            precedence: raw("Precedence"),
            text: letter.body_text(0).expect("a text").replace("\r\n", "\n"),
            html: letter.body_html(0).expect("HTML").into_owned(),
        }
    }

    /// All links to leave in a part of the letter.
    fn links(part: &str) -> Vec<String> {
        let rest = part.split(PAGE).skip(1);
        let is_token = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit();
        rest.map(|rest| PAGE.to_owned() + &rest.chars().take_while(is_token).collect::<String>()).collect()
    }
}

/// The letter that a link is of.
async fn read(pool: &PgPool, link: &str) -> Letterhead {
    let token = link.strip_prefix(PAGE).expect("it leads to the page");
    let letter = LinkKeys::default().read(pool, Purpose::Unsubscribe, token).await.expect("the keys can be read");
    letter.expect("the service made it")
}

/// Who got which letter of a run.
async fn recipients(pool: &PgPool, run: RunId) -> BTreeMap<u32, String> {
    let mut recipients = BTreeMap::new();
    let mut after = None;
    loop {
        let all = deliveries::Filter::default();
        let page = all_read(deliveries::page(pool, Access::All, run, &all, after, 100).await);
        let Some(last) = page.last() else { return recipients };
        after = Some(last.ordinal);
        recipients.extend(page.into_iter().map(|one| (one.ordinal.unsigned_abs(), one.email)));
    }
}

async fn message(service: &Service, text: &str, html: &str) -> MessageId {
    let id = MessageId(Uuid::now_v7());
    let content = Content::parse("News for {{first_name}}", text, Some(html)).expect("a letter");
    let command = Command::Create { owner: service.owner, content };
    let receipt = service.node.services.store.execute::<Message>(id.0, command, &metadata()).await.expect("written");
    assert!(service.node.services.shown(receipt.position).await, "the read models follow");
    id
}

/// Something happens to the owner's account, and the read models show it.
async fn tell_owner(service: &Service, command: user::Command) {
    let services = &service.node.services;
    let told = services.store.execute::<User>(service.owner.0, command, &metadata()).await.expect("it may be");
    assert!(services.shown(told.position).await, "the read models follow");
}

/// A mailing of this kind, of all clients in a group of as many, once all have their letters.
async fn sent(
    service: &Service,
    server: &SmtpServer,
    kind: Kind,
    clients: usize,
    (text, html): (&str, &str),
) -> MailingId {
    let group = service.clients(clients).await;
    let message = message(service, text, html).await;
    let plan = Plan { kind, message, ..service.plan(group).await };
    let engine = service.work(server);
    let mailing = service.create(plan).await;
    assert_eq!(service.finished(mailing).await.accepted, clients as u64);
    engine.stop().await;
    mailing
}

#[tokio::test]
async fn every_letter_that_goes_to_many_says_how_to_leave_and_its_link_is_its_own() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    // More than one batch of them.
    let mailing = sent(&service, &server, Kind::Bulk, 620, (TEXT, HTML)).await;
    let pool = &service.database.pool;
    let run = RunId(service.runs(mailing).await[0].id);
    let recipients = recipients(pool, run).await;

    let words = words::footer::of(Language::En);
    let mut seen = BTreeSet::new();
    let received = server.received();
    assert_eq!((received.len(), recipients.len()), (620, 620));
    for letter in received.iter().map(Letter::read) {
        let [link] = letter.leave.as_slice() else { panic!("one address: {letter:?}") };
        let letterhead = read(pool, link).await;
        assert_eq!(letterhead.run, run);
        assert_eq!(recipients.get(&letterhead.ordinal), Some(&letter.to), "nobody leaves for somebody else");
        assert!(seen.insert(letterhead.ordinal), "each has its own");

        assert_eq!(letter.post.as_deref(), Some("List-Unsubscribe=One-Click"));
        assert_eq!(letter.list, Some(format!("<{mailing}.mail.example.com>")));
        assert_eq!(letter.feedback, Some(format!("{run}:{mailing}:bulk:skymailing")));
        assert_eq!(letter.precedence.as_deref(), Some("bulk"));

        assert!(
            letter.text.trim_end().ends_with(&format!("this is the news.\n\n-- \n{}\n{link}", words.text)),
            "{letter:?}"
        );
        assert!(letter.html.contains(&format!("<a href=\"{link}\">{}</a>", words.link)), "{letter:?}");
        assert!(letter.html.trim_end().ends_with("</body></html>"), "{letter:?}");
        assert_eq!(
            (Letter::links(&letter.text), Letter::links(&letter.html)),
            (vec![link.clone()], vec![link.clone()])
        );
        assert!(!letter.text.contains("{{") && !letter.html.contains("{{"), "{letter:?}");
    }
}

#[tokio::test]
async fn a_letter_that_says_itself_how_to_leave_gets_no_footer() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let parts = ("Bye: {{unsubscribe_url}} .", "<p>Bye: <a href=\"{{unsubscribe_url}}\">here</a>.</p>");
    sent(&service, &server, Kind::Bulk, 3, parts).await;

    for letter in server.received().iter().map(Letter::read) {
        let [link] = letter.leave.as_slice() else { panic!("one address: {letter:?}") };
        assert_eq!(letter.text.trim_end(), format!("Bye: {link} ."));
        assert_eq!(letter.html.trim_end(), format!("<p>Bye: <a href=\"{link}\">here</a>.</p>"));
    }
}

#[tokio::test]
async fn a_transactional_letter_has_neither_headers_nor_footer_and_a_link_only_where_its_author_put_it() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let parts = ("Your receipt.\n\n{{unsubscribe_url}}", "<p>Your receipt.</p>");
    let mailing = sent(&service, &server, Kind::Transactional, 3, parts).await;
    let run = RunId(service.runs(mailing).await[0].id);
    let recipients = recipients(&service.database.pool, run).await;

    let received = server.received();
    assert_eq!(received.len(), 3);
    for letter in received.iter().map(Letter::read) {
        assert!(letter.leave.is_empty(), "{letter:?}");
        assert_eq!((&letter.post, &letter.list, &letter.precedence), (&None, &None, &None), "{letter:?}");
        assert_eq!(letter.feedback, Some(format!("{run}:{mailing}:transactional:skymailing")));
        assert_eq!(letter.html.trim_end(), "<p>Your receipt.</p>");
        let links = Letter::links(&letter.text);
        let [link] = links.as_slice() else { panic!("one link: {letter:?}") };
        assert_eq!(letter.text.trim_end(), format!("Your receipt.\n\n{link}"));
        let letterhead = read(&service.database.pool, link).await;
        assert_eq!((letterhead.run, recipients.get(&letterhead.ordinal)), (run, Some(&letter.to)));
    }
}

#[tokio::test]
async fn a_letter_is_the_same_to_the_byte_at_each_attempt_whichever_process_makes_it_and_whatever_its_owner_changes() {
    let service = Service::start().await;
    let by_post = |text: &str| user::Command::ChangePostalAddress {
        postal_address: PostalAddress::parse(text).expect("short enough"),
    };
    let register = user::Command::Register {
        email: EmailAddress::parse("ann@example.org").expect("an address"),
        full_name: FullName::default(),
        time_zone: TimeZone::UTC,
        language: Language::En,
    };
    tell_owner(&service, register).await;
    tell_owner(&service, user::Command::VerifyEmail).await;
    tell_owner(&service, by_post("Lime Street 1")).await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(3).await;
    let message = message(&service, TEXT, HTML).await;
    server.play(|turn| match turn {
        Turn::Body(_) => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let mut settings = Service::settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = Service::work_with(&service.node, Service::relay(&server), settings.clone());
    let sending = Sending { in_doubt: InDoubt::Resend, relay: None };
    let mailing = service.create(Plan { message, sending, ..service.plan(group).await }).await;
    service.run_where(mailing, |run| run.unknown == 3).await;
    engine.stop().await;

    let language = Some(Language::Ru);
    tell_owner(&service, user::Command::ChangeProfile { full_name: None, time_zone: None, language }).await;
    tell_owner(&service, by_post("Elm Street 2")).await;
    server.play(|_| Act::Usual);
    service.clock.advance(TimeDelta::minutes(1));
    let other = service.second_node().await;
    let engine = Service::work_with(&other, Service::relay(&server), settings);
    assert_eq!(service.finished(mailing).await.accepted, 3);
    engine.stop().await;

    let mut attempts: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for received in server.received() {
        attempts.entry(received.recipient).or_default().push(received.letter);
    }
    assert_eq!(attempts.len(), 3);
    for (recipient, letters) in attempts {
        let [first, second] = letters.as_slice() else { panic!("{recipient} got {} of them", letters.len()) };
        assert!(first == second, "{}\n{}", String::from_utf8_lossy(first), String::from_utf8_lossy(second));
        assert!(String::from_utf8_lossy(second).contains("Lime Street 1"), "as it was when the run started");
    }
}

#[tokio::test]
async fn the_footer_speaks_the_language_of_the_mailings_owner() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let letter = json!({ "subject": "Новости", "text": "Здравствуйте!", "html": "<p>Здравствуйте!</p>" });
    let message = text(&ann.does("messageCreate", letter, "message { id }").await["message"]["id"]);
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    ann.mailing(&message, &ann.client("anna@example.com", &[]).await).await;

    let received = found("the letter arrives", async || server.received().pop()).await;
    engine.stop().await;

    let letter = Letter::read(&received);
    let words = words::footer::of(Language::Ru);
    assert!(letter.text.contains(words.text) && letter.html.contains(words.link), "{letter:?}");
}

#[tokio::test]
async fn without_https_mail_programs_are_not_offered_one_click() {
    let service = Service::start().await;
    let server = SmtpServer::start(Offers::default()).await;
    let group = service.clients(1).await;
    let message = message(&service, TEXT, HTML).await;
    let mut settings = Service::settings();
    settings.public_url = "http://bücher.example:8080/mail/".parse().expect("an address");
    let engine = Service::work_with(&service.node, Service::relay(&server), settings);
    let mailing = service.create(Plan { message, ..service.plan(group).await }).await;
    assert_eq!(service.finished(mailing).await.accepted, 1);
    engine.stop().await;

    let letter = Letter::read(&server.received()[0]);
    assert!(letter.leave[0].starts_with("http://xn--bcher-kva.example:8080/mail/u/"), "{letter:?}");
    assert_eq!(letter.list, Some(format!("<{mailing}.xn--bcher-kva.example>")));
    assert_eq!((letter.post.as_deref(), letter.precedence.as_deref()), (None, Some("bulk")));
}

#[tokio::test]
async fn all_processes_of_an_installation_have_the_same_key_and_another_installation_has_another_one() {
    let (one, other) = (crate::support::database().await, crate::support::database().await);
    let letter = Letterhead { run: RunId(Uuid::from_u128(1)), ordinal: 3 };
    let token = |key: &LinkKey| key.token(Purpose::Unsubscribe, letter);

    let keys: Vec<LinkKeys> = (0..8).map(|_| LinkKeys::default()).collect();
    let pool = &one.pool;
    let asked = keys.iter().map(|keys| async move { token(keys.newest(pool).await.expect("a key")) });
    let tokens: BTreeSet<String> = futures::future::join_all(asked).await.into_iter().collect();
    assert_eq!(tokens.len(), 1, "whoever came first made it");
    let stored: i64 =
        sqlx::query_scalar("select count(*) from link_keys").fetch_one(&one.pool).await.expect("a number");
    assert_eq!(stored, 1);

    let theirs = LinkKeys::default();
    assert_ne!(tokens.first(), Some(&token(theirs.newest(&other.pool).await.expect("a key"))));
    let token = tokens.first().expect("a token");
    assert_eq!(keys[0].read(&one.pool, Purpose::Unsubscribe, token).await.expect("readable"), Some(letter));
    assert_eq!(theirs.read(&other.pool, Purpose::Unsubscribe, token).await.expect("readable"), None);
    assert!(!format!("{:?}", keys[0]).contains('['), "nobody sees it in a log");

    // A newer key makes the links from now on, and those of the older one work as before.
    sqlx::query("insert into link_keys (version, key) values (2, sha256('another'))")
        .execute(&one.pool)
        .await
        .expect("a key");
    let both = LinkKeys::default();
    assert_eq!(both.newest(&one.pool).await.expect("a key").version, 2);
    assert_eq!(both.read(&one.pool, Purpose::Unsubscribe, token).await.expect("readable"), Some(letter));
}
