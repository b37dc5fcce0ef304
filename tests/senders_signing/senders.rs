//! Who letters are from: what a mail server sees of the sender that a mailing names.

use super::{OWN, Stage, ed25519, settings};
use crate::support::service::Service;
use crate::support::smtp_server::{Act, Received, Turn};
use chrono::TimeDelta;
use domain::mailing::{InDoubt, Plan, Sending};
use domain::{FullName, mailing, sender, sender_domain};
use mail_parser::MessageParser;
use std::collections::BTreeMap;
use std::time::Duration;

/// Name and address in the header `From`, address in `Reply-To`, and the right side of the `Message-ID`.
fn seen(received: &Received) -> (String, String, Option<String>, String) {
    let letter = MessageParser::default().parse(&received.letter).expect("a letter");
    let from = letter.from().and_then(|from| from.first()).expect("a sender");
    let reply_to = letter.reply_to().and_then(|to| to.first()).and_then(|to| to.address()).map(str::to_owned);
    let message_id = letter.message_id().and_then(|id| id.split_once('@')).expect("a Message-ID");
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(from.name()), text(from.address()), reply_to, message_id.1.to_owned())
}

#[tokio::test]
async fn a_mail_server_sees_the_sender_of_the_mailing_in_the_envelope_and_in_the_header_and_where_replies_go() {
    let mut stage = Stage::start().await;
    stage.add_domain("aurora.example").await;
    stage.key("aurora.example", "s1", &ed25519()).await;
    let group = stage.service.clients(2).await;
    let sender = stage.verified_sender("Аврора — новости", "News@Aurora.example", Some("desk@aurora.example")).await;
    let engine = stage.work();
    let mailing = stage.mailing_from(sender, group).await;
    assert_eq!(stage.service.finished(mailing).await.accepted, 2);
    engine.stop().await;

    let received = stage.server.received();
    assert_eq!(received.len(), 2);
    for letter in &received {
        assert!(letter.mail.to_lowercase().starts_with("mail from:<news@aurora.example>"), "{}", letter.mail);
        let (name, address, reply_to, message_id) = seen(letter);
        assert_eq!((name.as_str(), address.to_lowercase().as_str()), ("Аврора — новости", "news@aurora.example"));
        assert_eq!(reply_to.as_deref(), Some("desk@aurora.example"));
        assert_eq!(message_id, OWN, "the service's own, as before");
        assert_eq!(stage.selectors(letter, "aurora.example").await, ["s1"]);
    }
}

#[tokio::test]
async fn a_mailing_without_a_sender_is_from_the_service_and_replies_go_there() {
    let stage = Stage::start().await;
    let engine = stage.work();
    let mailing = stage.service.mailing(stage.service.clients(1).await).await;
    assert_eq!(stage.service.finished(mailing).await.accepted, 1);
    engine.stop().await;
    let letter = &stage.server.received()[0];
    let expected = ("Sky Mailing".to_owned(), "sky@example.com".to_owned(), None, OWN.to_owned());
    assert_eq!(seen(letter), expected);
    assert!(letter.mail.starts_with("MAIL FROM:<sky@example.com>"), "{}", letter.mail);
}

#[tokio::test]
async fn a_run_keeps_the_sender_as_it_was_when_it_started() {
    let mut stage = Stage::start().await;
    stage.add_domain("aurora.example").await;
    stage.key("aurora.example", "s1", &ed25519()).await;
    let service = &stage.service;
    let group = service.clients(2).await;
    let sender = stage.verified_sender("Aurora", "news@aurora.example", None).await;
    stage.server.play(|turn| match turn {
        Turn::Body(_) => Act::TakeAndHangUp,
        _ => Act::Usual,
    });
    let mut settings = settings();
    settings.retry_pauses = vec![Duration::from_millis(30)];
    let engine = stage.work_with(settings.clone());
    let sending = Sending { in_doubt: InDoubt::Resend, relay: None };
    let mailing = service.create(Plan { sender: Some(sender), sending, ..service.plan(group).await }).await;
    service.run_where(mailing, |run| run.unknown == 2).await;
    engine.stop().await;

    let change = sender::Command::Change {
        by: service.owner,
        name: Some(FullName::parse("Another name").expect("a name")),
        reply_to: Some(Some(super::email("elsewhere@aurora.example"))),
    };
    stage.tell_sender(sender, change).await;
    stage.server.play(|_| Act::Usual);
    service.clock.advance(TimeDelta::minutes(1));
    let other = service.second_node().await;
    let engine = Service::work_with(&other, Service::relay(&stage.server), settings);
    assert_eq!(service.finished(mailing).await.accepted, 2);

    let mut attempts: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for received in stage.server.received() {
        attempts.entry(received.recipient).or_default().push(received.letter);
    }
    for (recipient, letters) in attempts {
        let [first, second] = letters.as_slice() else { panic!("{recipient} got {} of them", letters.len()) };
        assert!(first == second, "{}\n{}", String::from_utf8_lossy(first), String::from_utf8_lossy(second));
    }

    // The next run has the new form.
    let before = stage.server.count();
    let next = stage.mailing_from(sender, group).await;
    assert_eq!(service.finished(next).await.accepted, 2);
    engine.stop().await;
    for letter in &stage.server.received()[before..] {
        let (name, _, reply_to, _) = seen(letter);
        assert_eq!((name.as_str(), reply_to.as_deref()), ("Another name", Some("elsewhere@aurora.example")));
    }
}

#[tokio::test]
async fn a_due_mailing_whose_sender_cannot_be_used_is_stopped_with_the_reason_and_goes_on_when_it_can() {
    let stage = Stage::start().await;
    let service = &stage.service;
    let group = service.clients(1).await;
    let engine = stage.work();

    // Verified later.
    let sender = stage.sender("Aurora", "news@aurora.example", None).await;
    let mailing = stage.mailing_from(sender, group).await;
    let reason = stage.suspended(mailing).await;
    assert!(reason.contains("follow the link") && !reason.contains('@'), "{reason}");
    stage.tell_sender(sender, sender::Command::Verify { at: service.clock.now() }).await;
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 1);

    // Its domain is granted later.
    stage.add_domain("borealis.example").await;
    let granted = stage.sender("Borealis", "news@borealis.example", None).await;
    let mailing = stage.mailing_from(granted, group).await;
    stage.suspended(mailing).await;
    stage.tell_domain("borealis.example", sender_domain::Command::Grant { owner: service.owner }).await;
    service.tell(mailing, mailing::Command::Resume { by: service.owner }).await;
    assert_eq!(service.finished(mailing).await.accepted, 1);

    // Deleted meanwhile.
    let gone = stage.verified_sender("Gone", "gone@aurora.example", None).await;
    stage.tell_sender(gone, sender::Command::Delete { by: service.owner }).await;
    let mailing = stage.mailing_from(gone, group).await;
    assert!(stage.suspended(mailing).await.contains("deleted"));
    engine.stop().await;
    assert_eq!(stage.server.count(), 2);
}
