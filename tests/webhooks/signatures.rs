//! SendGrid and Mailgun, which sign.

use super::{Face, SECRET, complained, gists, gone, message_id, secret};
use crate::intake::Sent;
use api::{PublicKey, Webhooks};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What stands before the bytes of a key of the curve P-256 where its kind is told (RFC 5480), in base64.
const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=";

/// An account at SendGrid, with a key of its own.
pub(super) struct SendGrid(EcdsaKeyPair);

impl SendGrid {
    pub(super) fn new() -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
        Self(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("a key"))
    }

    /// The key that signatures are checked with, as the account shows it.
    pub(super) fn key(&self) -> PublicKey {
        let before = STANDARD.decode(P256).expect("base64");
        let shown = STANDARD.encode([&before[..], self.0.public_key().as_ref()].concat());
        PublicKey::parse(&shown).expect("a key")
    }

    /// The headers with which a body was sent at this moment.
    pub(super) fn headers(&self, body: &str, at: DateTime<Utc>) -> (String, String) {
        let timestamp = at.timestamp().to_string();
        let signature = self.0.sign(&SystemRandom::new(), format!("{timestamp}{body}").as_bytes());
        (STANDARD.encode(signature.expect("a signature")), timestamp)
    }

    /// What is answered to a body that was sent at this moment.
    pub(super) async fn sends(&self, face: &Face, body: &str, at: DateTime<Utc>) -> StatusCode {
        let (signature, timestamp) = self.headers(body, at);
        with(face, &signature, &timestamp, body).await
    }
}

/// What is answered to a body with these headers.
pub(super) async fn with(face: &Face, signature: &str, timestamp: &str, body: &str) -> StatusCode {
    let headers =
        [("x-twilio-email-event-webhook-signature", signature), ("x-twilio-email-event-webhook-timestamp", timestamp)];
    face.answers("sendgrid", &headers, body.to_owned()).await
}

/// An event of SendGrid's.
pub(super) fn event(sent: &Sent, kind: &str, name: &str, id: &str) -> Value {
    json!({
        "event": kind, "type": "bounce", "email": format!("{name}@example.org"), "smtp-id": message_id(sent, name),
        "sg_event_id": id, "sg_message_id": "14c5d75ce93", "timestamp": 1_777_885_500, "status": "5.1.1",
        "reason": "550 5.1.1 no such user",
    })
}

/// What Mailgun sends of an event at this moment, signed with this key.
pub(super) fn mailgun(key: &str, event: &Value, at: DateTime<Utc>) -> String {
    let (timestamp, token) = (at.timestamp().to_string(), "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0");
    let code = hmac::sign(&hmac::Key::new(HMAC_SHA256, key.as_bytes()), format!("{timestamp}{token}").as_bytes());
    let code = code.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("it is written");
        hex
    });
    let signature = json!({ "timestamp": timestamp, "token": token, "signature": code });
    json!({ "signature": signature, "event-data": event }).to_string()
}

#[tokio::test]
async fn what_sendgrid_tells_is_a_fact_of_each_letter_once_however_often_it_is_told() {
    let (sent, account) = (Sent::with_paths().await, SendGrid::new());
    let face = Face::of(&sent.service.node, Webhooks { sendgrid: Some(account.key()), ..Webhooks::default() }).await;
    let now = sent.service.clock.now();
    let one = json!([event(&sent, "bounce", "bob", "a")]).to_string();
    let many = json!([
        event(&sent, "delivered", "carl", "b"),
        event(&sent, "bounce", "bob", "a"),
        event(&sent, "spamreport", "ann", "c"),
        event(&sent, "open", "ann", "d"),
        event(&sent, "bounce", "carl", "e"),
        { "event": 7 },
    ]);
    let many = many.to_string();
    assert_eq!(account.sends(&face, &one, now).await, StatusCode::OK);
    assert_eq!(account.sends(&face, &many, now).await, StatusCode::OK);
    // The same request once more, as whoever has seen it can send it, and as SendGrid does that has not heard the answer.
    let (signature, timestamp) = account.headers(&many, now);
    for _ in 0..2 {
        assert_eq!(with(&face, &signature, &timestamp, &many).await, StatusCode::OK);
    }
    assert_eq!(
        gists(&sent).await,
        [gone(&sent, "bob", "sendgrid"), complained(&sent, "ann", "sendgrid"), gone(&sent, "carl", "sendgrid")]
    );
}

#[tokio::test]
async fn only_what_sendgrid_has_signed_lately_is_believed() {
    let (sent, account, other) = (Sent::with_paths().await, SendGrid::new(), SendGrid::new());
    let face = Face::of(&sent.service.node, Webhooks { sendgrid: Some(account.key()), ..Webhooks::default() }).await;
    let now = sent.service.clock.now();
    let body = json!([event(&sent, "bounce", "bob", "a")]).to_string();
    let (signature, timestamp) = account.headers(&body, now);

    assert_eq!(other.sends(&face, &body, now).await, StatusCode::FORBIDDEN);
    assert_eq!(with(&face, &signature, &timestamp, &body[..body.len() - 1]).await, StatusCode::FORBIDDEN);
    assert_eq!(with(&face, &signature, "1777885501", &body).await, StatusCode::FORBIDDEN);
    assert_eq!(account.sends(&face, &body, now - TimeDelta::hours(27)).await, StatusCode::FORBIDDEN);
    assert_eq!(face.answers("sendgrid", &[], body.clone()).await, StatusCode::FORBIDDEN);
    assert!(sent.facts().await.is_empty());
    // As late as SendGrid still tries.
    assert_eq!(account.sends(&face, &body, now - TimeDelta::hours(24)).await, StatusCode::OK);
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "sendgrid")]);
}

#[tokio::test]
async fn what_mailgun_tells_is_a_fact_of_the_letter_once_however_often_it_is_told() {
    let sent = Sent::with_paths().await;
    let face = Face::of(&sent.service.node, Webhooks { mailgun: Some(secret()), ..Webhooks::default() }).await;
    let now = sent.service.clock.now();
    let failed = |name: &str, sender: &str, message_id: &str| {
        json!({
            "event": "failed", "severity": "permanent", "reason": "bounce", "id": name, "timestamp": 1_777_885_500.5,
            "recipient": format!("{name}@example.org"), "envelope": { "sender": sender, "transport": "smtp" },
            "message": { "headers": { "message-id": message_id } },
            "delivery-status": { "code": 550, "message": "5.1.1 no such user", "attempt-no": 1 },
        })
    };
    // By the address in the envelope, and by the name of the letter, which Mailgun tells without brackets.
    let bob = failed("bob", &sent.path("bob"), "of-mailgun@example.com");
    let carl = failed("carl", "sky@example.com", message_id(&sent, "carl").trim_matches(['<', '>']));
    let ann = json!({
        "event": "complained", "id": "ann", "timestamp": 1_777_885_500, "recipient": "ann@example.org",
        "message": { "headers": { "message-id": message_id(&sent, "ann").trim_matches(['<', '>']) } },
    });
    let delivered = json!({ "event": "delivered", "id": "d" });
    for event in [&bob, &carl, &delivered, &ann, &bob] {
        assert_eq!(face.answers("mailgun", &[], mailgun(SECRET, event, now)).await, StatusCode::OK, "{event}");
    }
    assert_eq!(
        gists(&sent).await,
        [gone(&sent, "bob", "mailgun"), gone(&sent, "carl", "mailgun"), complained(&sent, "ann", "mailgun")]
    );

    let forged = mailgun("another-key-than-the-right-one", &bob, now);
    let old = mailgun(SECRET, &bob, now - TimeDelta::hours(11));
    for wrong in [forged, old, json!({ "event-data": bob }).to_string()] {
        assert_eq!(face.answers("mailgun", &[], wrong.clone()).await, StatusCode::FORBIDDEN, "{wrong}");
    }
}
