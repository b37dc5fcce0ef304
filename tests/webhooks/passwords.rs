//! Postmark and Brevo, which show a password or a token.

use super::{Face, SECRET, complained, gists, gone, message_id, secret};
use crate::intake::{DOMAIN, Sent, dsn};
use api::Webhooks;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use serde_json::{Value, json};

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("skymailing:{password}")))
}

async fn of(sent: &Sent) -> Face {
    Face::of(&sent.service.node, Webhooks { postmark: Some(secret()), brevo: Some(secret()), ..Webhooks::default() })
        .await
}

/// What is answered to an event behind the right password.
async fn told(face: &Face, provider: &str, event: &Value) -> StatusCode {
    let shown = basic(SECRET);
    face.answers(provider, &[("authorization", shown.as_str())], event.to_string()).await
}

#[tokio::test]
async fn what_brevo_tells_is_a_fact_of_the_letter_once_however_often_it_is_told() {
    let sent = Sent::with_paths().await;
    let face = of(&sent).await;
    let event = |kind: &str, name: &str, reason: &str| {
        json!({
            "event": kind, "email": format!("{name}@example.org"), "id": 26_224, "message-id": message_id(&sent, name),
            "date": "2026-05-04 09:05:00", "ts_event": 1_777_885_500, "reason": reason,
        })
    };
    let (bounce, spam) = (event("hard_bounce", "bob", "550 5.1.1 no such user"), event("spam", "ann", ""));
    let put_off = event("soft_bounce", "carl", "452 4.2.2 mailbox full");
    for event in [&bounce, &bounce, &event("delivered", "carl", ""), &json!([spam, put_off, bounce])] {
        assert_eq!(told(&face, "brevo", event).await, StatusCode::OK, "{event}");
    }
    let temporary = json!(["BounceReported", sent.letter("carl").ordinal, "brevo", "temporary", null, "4.2.2"]);
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "brevo"), complained(&sent, "ann", "brevo"), temporary]);
    assert_eq!(sent.counted().await, [("bounce", 2), ("complaint", 1), ("known", 2)].into());
}

#[tokio::test]
async fn what_postmark_tells_is_a_fact_of_the_letter_that_came_back_or_was_attached_to() {
    let sent = Sent::with_paths().await;
    let face = of(&sent).await;
    // Postmark has given the letter another name; the message that came back has the link to leave in it.
    let returned = dsn("1", &format!("pm_bounces@{DOMAIN}"), "bob@example.org", &sent.list_unsubscribe("bob"));
    let bounce = json!({
        "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "TypeCode": 1, "MessageID": "883953f4",
        "Details": "smtp;550 5.1.1 no such user", "Email": "bob@example.org", "From": "sky@example.com",
        "BouncedAt": "2026-05-04T09:05:00Z", "Inactive": true, "Metadata": {}, "Content": returned,
    });
    let complaint = json!({
        "RecordType": "SpamComplaint", "ID": 43, "Type": "SpamComplaint", "MessageID": "1b04c92e", "Details": "",
        "Email": "ann@example.org", "Metadata": { "message-id": message_id(&sent, "ann") },
    });
    let opened = json!({ "RecordType": "Open", "MessageID": "1b04c92e" });
    for event in [&bounce, &complaint, &bounce, &opened, &complaint] {
        assert_eq!(told(&face, "postmark", event).await, StatusCode::OK, "{event}");
    }
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "postmark"), complained(&sent, "ann", "postmark")]);
}

#[tokio::test]
async fn what_a_recipient_sends_back_through_postmark_says_nothing_of_somebody_elses_letter() {
    let sent = Sent::with_paths().await;
    let face = of(&sent).await;
    // Whoever got one letter of a run knows what the others are called.
    let returned = dsn("1", "pm_bounces@pm.example", "bob@example.org", &sent.message_id("bob"));
    let event = |kind: &str, record: &str, id: &str, email: &str| {
        json!({
            "RecordType": record, "ID": 42, "Type": kind, "MessageID": id, "Details": "smtp;550 5.1.1 no such user",
            "Email": email, "From": "sky@example.com", "Metadata": {}, "Content": returned,
        })
    };
    for forged in [
        event("HardBounce", "Bounce", "883953f4", "carl@example.org"),
        event("SpamComplaint", "SpamComplaint", "883953f5", "carl@example.org"),
    ] {
        assert_eq!(told(&face, "postmark", &forged).await, StatusCode::OK);
    }
    assert!(sent.facts().await.is_empty());
    assert_eq!(sent.counted().await, [("kept", 2)].into());

    // Of his own he may say it: that the message went to him Postmark knows by itself.
    let own = event("HardBounce", "Bounce", "883953f6", "bob@example.org");
    assert_eq!(told(&face, "postmark", &own).await, StatusCode::OK);
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "postmark")]);
}

#[tokio::test]
async fn a_token_will_do_as_well_and_another_password_will_not() {
    let sent = Sent::with_paths().await;
    let face = of(&sent).await;
    for (provider, event) in [("postmark", r#"{"RecordType":"Open"}"#), ("brevo", r#"{"event":"opened"}"#)] {
        let token = format!("Bearer {SECRET}");
        assert_eq!(face.answers(provider, &[("authorization", token.as_str())], event).await, StatusCode::OK);
        for wrong in [basic("correct-horse-battery-stable"), basic(""), "Bearer x".to_owned(), "x".to_owned()] {
            let answer = face.post(provider).header("authorization", &wrong).body(event).send().await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{provider} {wrong}");
            assert_eq!(answer.headers()["www-authenticate"], "Basic realm=\"webhooks\"");
        }
        assert_eq!(face.answers(provider, &[], event).await, StatusCode::UNAUTHORIZED, "{provider}");
    }
}
