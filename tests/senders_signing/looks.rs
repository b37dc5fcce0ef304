//! However a letter looks, its signatures are right.

use super::{OWN, Stage, ed25519, rsa, settings};
use crate::support::service::{Service, found, metadata};
use crate::support::smtp_server::{Act, Turn};
use chrono::TimeDelta;
use domain::mailing::{InDoubt, Kind, Plan, Sending};
use domain::notice::{self, Command, Notice, Request, TestLetter};
use domain::{FullName, Language, NoticeId, UserId};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// Both keys of the service's own domain.
async fn signing() -> Stage {
    let mut stage = Stage::start().await;
    stage.add_domain(OWN).await;
    stage.key(OWN, "s1r", &rsa()).await;
    stage.key(OWN, "s1e", &ed25519()).await;
    stage
}

#[tokio::test]
async fn letters_of_all_kinds_are_signed_so_that_others_agree() {
    let stage = signing().await;
    let service = &stage.service;
    let group = service.group("Everybody").await;
    service.client("kim@example.org", "Kim", &[group]).await;
    // One that needs SMTPUTF8: its header is in UTF-8.
    service.client("аня@пример.рф", "Аня Петрова", &[group]).await;
    let long = format!("{}\n{}\n", "слово ".repeat(2_000), "x".repeat(5_000));
    let html = "<html><body>\n  <p>Привет,   <b>{{full_name}}</b>!</p>\n\t<p>.</p>\n</body></html>\n";
    let engine = stage.work();
    let mut mailings = Vec::new();
    for kind in [Kind::Bulk, Kind::Transactional] {
        for (text, html) in [
            ("Dear {{full_name}},\n\nthis is the news.\n", None),
            ("Здравствуйте, {{full_name}}!\n\nЭто новости.\n", None),
            (".\n..\n.dots at the start of lines\n...\n.", None),
            (
                "Blanks at the end of lines  \nand tabs\t\t\nand both \t \n\n \n\t\nand lines of blanks at the end\n \n\t\n  ",
                None,
            ),
            (long.as_str(), None),
            ("a", None),
            ("The text of {{full_name}}.  \n \n", Some(html)),
            ("Текст.", Some("<p>{{full_name}}</p>")),
        ] {
            let message = stage.message("Новости — news for {{full_name}}", text, html).await;
            mailings.push(service.create(Plan { message, kind, ..service.plan(group).await }).await);
        }
    }
    for mailing in &mailings {
        assert_eq!(service.finished(*mailing).await.accepted, 2);
    }
    engine.stop().await;

    let received = stage.server.received();
    assert_eq!(received.len(), 2 * mailings.len());
    for letter in &received {
        assert!(letter.letter.starts_with(b"DKIM-Signature: v=1; a=rsa-sha256;"), "the signatures stand first");
        assert_eq!(stage.selectors(letter, OWN).await, ["s1r", "s1e"]);
    }
    // The verifier is one that looks.
    let mut tampered = received[0].letter.clone();
    let end = tampered.iter().rposition(u8::is_ascii_alphanumeric).expect("a letter says something");
    tampered[end] ^= 1;
    assert_eq!(stage.published.verify(&tampered).await, [None, None]);
}

#[tokio::test]
async fn letters_of_the_service_itself_and_test_letters_are_signed() {
    let stage = signing().await;
    let message = stage.message("News", "Dear {{full_name}}, this is the news.", Some("<p>Новости</p>")).await;
    let engine = stage.work();
    let test = TestLetter {
        message,
        revision: 1,
        client: None,
        email: super::email("anna@example.net"),
        full_name: FullName::parse("Anna").expect("a name"),
        first_name: FullName::default(),
        last_name: FullName::default(),
        comment: String::new(),
        fields: domain::client::Fields::new(),
    };
    for (kind, language) in [
        (notice::Kind::VerifyEmail, Language::En),
        (notice::Kind::PasswordChanged, Language::Ru),
        (notice::Kind::TestLetter(test), Language::Ru),
    ] {
        let before = stage.server.count();
        ask(&stage, kind, language).await;
        let received = found("the letter arrives", async || stage.server.received().get(before).cloned()).await;
        assert_eq!(stage.selectors(&received, OWN).await, ["s1r", "s1e"]);
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_signed_letter_is_the_same_to_the_byte_at_each_attempt_whichever_process_makes_it() {
    let stage = signing().await;
    let service = &stage.service;
    let group = service.clients(3).await;
    stage.server.play(|turn| match turn {
        Turn::Body(_) => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let mut settings = settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = stage.work_with(settings.clone());
    let sending = Sending { in_doubt: InDoubt::Resend, relay: None };
    let mailing = service.create(Plan { sending, ..service.plan(group).await }).await;
    service.run_where(mailing, |run| run.unknown == 3).await;
    engine.stop().await;

    stage.server.play(|_| Act::Usual);
    service.clock.advance(TimeDelta::minutes(1));
    let other = service.second_node().await;
    let engine = Service::work_with(&other, Service::relay(&stage.server), settings);
    assert_eq!(service.finished(mailing).await.accepted, 3);
    engine.stop().await;

    let mut attempts: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for received in stage.server.received() {
        assert_eq!(stage.selectors(&received, OWN).await, ["s1r", "s1e"]);
        attempts.entry(received.recipient).or_default().push(received.letter);
    }
    assert_eq!(attempts.len(), 3);
    for (recipient, letters) in attempts {
        let [first, second] = letters.as_slice() else { panic!("{recipient} got {} of them", letters.len()) };
        assert!(first == second, "{}\n{}", String::from_utf8_lossy(first), String::from_utf8_lossy(second));
    }
}

#[tokio::test]
async fn letters_of_a_domain_without_keys_go_as_they_are() {
    let stage = Stage::start().await;
    // One that was added and has no keys yet is no different.
    stage.add_domain(OWN).await;
    let engine = stage.work_with(Service::settings());
    let mailing = stage.service.mailing(stage.service.clients(2).await).await;
    assert_eq!(stage.service.finished(mailing).await.accepted, 2);
    engine.stop().await;
    for received in stage.server.received() {
        assert!(received.letter.starts_with(b"From: "), "{}", String::from_utf8_lossy(&received.letter));
    }
}

/// Asks for a letter of the service itself.
async fn ask(stage: &Stage, kind: notice::Kind, language: Language) {
    let request = Request {
        user: UserId(Uuid::now_v7()),
        kind,
        to: super::email("anna@example.net"),
        full_name: FullName::parse("Anna").expect("a name"),
        language,
    };
    let (id, store) = (NoticeId(Uuid::now_v7()), &stage.service.node.services.store);
    store.execute::<Notice>(id.0, Command::Request(request), &metadata()).await.expect("it may be asked for");
}
