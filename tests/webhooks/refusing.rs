//! What is refused before anything is believed, and what makes a provider come again.

use super::signatures::{SendGrid, event, mailgun, with};
use super::{Face, SECRET, gists, gone, secret};
use crate::intake::{Sent, paths};
use crate::support::service::found;
use acts::intake::{self, IN_A_ROW};
use api::Webhooks;
use domain::feedback::Via;
use reqwest::StatusCode;
use serde_json::json;

const PROVIDERS: [&str; 5] = ["ses", "sendgrid", "mailgun", "postmark", "brevo"];

/// The most bytes that a report may have.
const MOST: usize = 1024 * 1024;

#[tokio::test]
async fn what_is_not_switched_on_is_not_there() {
    let sent = Sent::with_paths().await;
    let token = format!("Bearer {SECRET}");
    let token = [("authorization", token.as_str())];
    let none = Face::of(&sent.service.node, Webhooks::default()).await;
    for provider in PROVIDERS {
        assert_eq!(none.answers(provider, &token, "[]").await, StatusCode::NOT_FOUND, "{provider}");
    }
    // Each by itself.
    let one = Face::of(&sent.service.node, Webhooks { brevo: Some(secret()), ..Webhooks::default() }).await;
    for provider in PROVIDERS {
        let expected = if provider == "brevo" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(one.answers(provider, &token, "[]").await, expected, "{provider}");
    }
    assert_eq!(one.answers("other", &token, "[]").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_report_is_as_long_as_it_may_be_and_no_longer() {
    let (sent, account) = (Sent::with_paths().await, SendGrid::new());
    let webhooks = Webhooks {
        sendgrid: Some(account.key()),
        postmark: Some(secret()),
        mailgun: Some(secret()),
        ..Webhooks::default()
    };
    let face = Face::of(&sent.service.node, webhooks).await;
    let now = sent.service.clock.now();
    let report = json!([event(&sent, "bounce", "bob", "a")]).to_string();
    let of_length = |length: usize| report.clone() + &" ".repeat(length - report.len());

    assert_eq!(account.sends(&face, &of_length(MOST + 1), now).await, StatusCode::PAYLOAD_TOO_LARGE);
    let token = format!("Bearer {SECRET}");
    let answer = face.answers("postmark", &[("authorization", token.as_str())], of_length(MOST + 1)).await;
    assert_eq!(answer, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(face.answers("mailgun", &[], of_length(MOST + 1)).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(sent.facts().await.is_empty());
    assert_eq!(account.sends(&face, &of_length(MOST), now).await, StatusCode::OK);
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "sendgrid")]);
}

#[tokio::test]
async fn what_is_the_providers_and_no_report_is_told_so() {
    let (sent, account) = (Sent::with_paths().await, SendGrid::new());
    let webhooks = Webhooks {
        sendgrid: Some(account.key()),
        postmark: Some(secret()),
        brevo: Some(secret()),
        mailgun: Some(secret()),
        ..Webhooks::default()
    };
    let face = Face::of(&sent.service.node, webhooks).await;
    let now = sent.service.clock.now();
    let nested = "[".repeat(100_000);
    for body in [r#"[{"event":"bounce","type":"bou"#, "{}", "7", "", nested.as_str()] {
        assert_eq!(account.sends(&face, body, now).await, StatusCode::BAD_REQUEST, "SendGrid: {body:.40}");
        let token = format!("Bearer {SECRET}");
        for provider in ["postmark", "brevo"] {
            let answer = face.answers(provider, &[("authorization", token.as_str())], body.to_owned()).await;
            assert_eq!(answer, StatusCode::BAD_REQUEST, "{provider}: {body:.40}");
        }
    }
    let no_event = mailgun(SECRET, &json!("failed"), now);
    assert_eq!(face.answers("mailgun", &[], no_event).await, StatusCode::BAD_REQUEST);
    assert!(sent.facts().await.is_empty());
}

#[tokio::test]
async fn a_letter_that_is_not_found_is_kept_for_a_person_and_the_provider_need_not_come_again() {
    let (sent, account) = (Sent::with_paths().await, SendGrid::new());
    let face = Face::of(&sent.service.node, Webhooks { sendgrid: Some(account.key()), ..Webhooks::default() }).await;
    let now = sent.service.clock.now();
    let mut other = event(&sent, "bounce", "bob", "a");
    other["smtp-id"] = json!("<of-somebody-else@example.net>");
    let both = json!([other, event(&sent, "bounce", "carl", "b")]).to_string();
    for _ in 0..2 {
        assert_eq!(account.sends(&face, &both, now).await, StatusCode::OK);
    }
    assert_eq!(gists(&sent).await, [gone(&sent, "carl", "sendgrid")]);
    assert_eq!(sent.kept().await, 1);
}

#[tokio::test]
async fn a_report_that_cannot_be_written_has_to_come_again_and_is_then_taken_once() {
    let (mut sent, account) = (Sent::with_paths().await, SendGrid::new());
    let webhooks = || Webhooks { sendgrid: Some(account.key()), ..Webhooks::default() };
    let face = Face::of(&sent.service.node, webhooks()).await;
    let now = sent.service.clock.now();
    let report = json!([event(&sent, "bounce", "bob", "a")]).to_string();
    let (signature, timestamp) = account.headers(&report, now);

    // As good as a PostgreSQL that is away.
    sent.service.node.services.pool().close().await;
    assert_eq!(with(&face, &signature, &timestamp, &report).await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(sent.facts().await.is_empty());

    sent.service.node = sent.service.second_node().await;
    sent.service.node.services.returns = Some(paths());
    let face = Face::of(&sent.service.node, webhooks()).await;
    for _ in 0..2 {
        assert_eq!(with(&face, &signature, &timestamp, &report).await, StatusCode::OK);
    }
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "sendgrid")]);
}

#[tokio::test]
async fn a_key_that_was_changed_shows_as_a_way_that_is_closed_until_a_report_is_believed_again() {
    let (sent, account, other) = (Sent::with_paths().await, SendGrid::new(), SendGrid::new());
    let webhooks = Webhooks { sendgrid: Some(account.key()), postmark: Some(secret()), ..Webhooks::default() };
    let face = Face::of(&sent.service.node, webhooks).await;
    let now = sent.service.clock.now();
    let report = json!([event(&sent, "bounce", "bob", "a")]).to_string();
    let errors = async || {
        let all = intake::standing(&sent.service.database.pool).await.expect("an answer");
        all.into_iter().map(|one| (one.via, one.error)).collect::<Vec<_>>()
    };
    let open = vec![(Via::Postmark, None), (Via::Sendgrid, None)];
    found("who can report here is known", async || (errors().await == open).then_some(())).await;
    // What has no proof at all comes from whoever likes, however often.
    for _ in 0..=IN_A_ROW {
        assert_eq!(face.answers("sendgrid", &[], report.clone()).await, StatusCode::FORBIDDEN);
        assert_eq!(face.answers("postmark", &[], report.clone()).await, StatusCode::UNAUTHORIZED);
    }
    // Anybody can send us something once.
    for _ in 1..IN_A_ROW {
        assert_eq!(other.sends(&face, &report, now).await, StatusCode::FORBIDDEN);
    }
    assert!(sent.services().ways.standing().iter().all(|(_, obstacle)| obstacle.is_none()));

    assert_eq!(other.sends(&face, &report, now).await, StatusCode::FORBIDDEN);

    let why = found("it is told that nothing comes in", async || {
        errors().await.into_iter().find_map(|(via, error)| error.filter(|_| via == Via::Sendgrid))
    })
    .await;
    assert!(why.contains("5 that came were all refused") && why.contains("signature or password is wrong"), "{why}");
    assert_eq!(errors().await[0], (Via::Postmark, None), "nobody else is concerned");
    assert_eq!(account.sends(&face, &report, now).await, StatusCode::OK);
    found("it is open again", async || (errors().await == open).then_some(())).await;
}

#[tokio::test]
async fn no_page_of_somebody_elses_and_no_session_makes_a_difference() {
    let (sent, account) = (Sent::with_paths().await, SendGrid::new());
    let face = Face::of(&sent.service.node, Webhooks { sendgrid: Some(account.key()), ..Webhooks::default() }).await;
    let report = json!([event(&sent, "bounce", "bob", "a")]).to_string();
    let (signature, timestamp) = account.headers(&report, sent.service.clock.now());
    let request = face
        .post("sendgrid")
        .header("x-twilio-email-event-webhook-signature", signature)
        .header("x-twilio-email-event-webhook-timestamp", timestamp)
        .header("origin", "https://evil.example")
        .header("cookie", "session=x");
    let answer = request.body(report).send().await.expect("an answer");
    assert_eq!((answer.status(), answer.headers().get("set-cookie")), (StatusCode::OK, None));
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "sendgrid")]);
    let got = face.http.get(format!("http://{}/webhooks/sendgrid", face.address)).send().await.expect("an answer");
    assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED);
}
