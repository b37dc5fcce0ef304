//! Amazon SES, whose reports come over SNS.

use super::{Face, complained, gists, gone, message_id};
use crate::intake::Sent;
use api::{Fetch, Topic, Unfetched, Webhooks};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use dkim::{Kind, PrivateKey};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";

const CERTIFICATE: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c6465fa.pem";

const CONFIRMS: &str = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:bounces&Token=2336412f";

/// SNS, as far as these stories go: a key, a certificate of it, and who asks for it.
#[derive(Clone)]
struct Sns {
    asked: Arc<Mutex<Vec<String>>>,
    away: Arc<AtomicBool>,
}

/// Making an RSA key takes a while, so all stories have the same.
static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(Kind::Rsa2048).expect("a key"));

/// A message of SNS with what is signed of it, in the order in which it is signed.
struct Message(Vec<(&'static str, String)>);

impl Message {
    /// The message as it is sent.
    fn signed(&self) -> Value {
        let text = self.0.iter().fold(String::new(), |text, (name, value)| text + name + "\n" + value + "\n");
        let pair = RsaKeyPair::from_pkcs8(KEY.der()).expect("a key");
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("a signature");
        let mut message: Value = self.0.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        message["SignatureVersion"] = json!("2");
        message["Signature"] = json!(STANDARD.encode(signature));
        message["SigningCertURL"] = json!(CERTIFICATE);
        message
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A notification of a topic, published at this moment.
fn notification(topic: &str, told: &str, at: DateTime<Utc>) -> Value {
    Message(vec![
        ("Message", told.to_owned()),
        ("MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324".to_owned()),
        ("Subject", "Amazon SES Email Event Notification".to_owned()),
        ("Timestamp", stamp(at)),
        ("TopicArn", topic.to_owned()),
        ("Type", "Notification".to_owned()),
    ])
    .signed()
}

/// What SNS sends when somebody subscribes an address to a topic.
fn subscription(topic: &str, confirms: &str, at: DateTime<Utc>) -> Value {
    Message(vec![
        ("Message", "You have chosen to subscribe to the topic.".to_owned()),
        ("MessageId", "165545c9-2a5c-472c-8df2-7ff2be2b3b1b".to_owned()),
        ("SubscribeURL", confirms.to_owned()),
        ("Timestamp", stamp(at)),
        ("Token", "2336412f".to_owned()),
        ("TopicArn", topic.to_owned()),
        ("Type", "SubscriptionConfirmation".to_owned()),
    ])
    .signed()
}

impl Sns {
    fn new() -> Self {
        Self { asked: Arc::default(), away: Arc::default() }
    }

    /// With this topic in the settings.
    fn webhooks(&self) -> Webhooks {
        let sns = self.clone();
        let fetch = Fetch::new(move |address| ready(sns.answer(address)));
        Webhooks { ses: Some(Topic::parse(ARN).expect("a topic")), fetch, ..Webhooks::default() }
    }

    fn answer(&self, address: String) -> Result<Vec<u8>, Unfetched> {
        let is_certificate = address == CERTIFICATE;
        self.asked.lock().expect("nobody has failed").push(address);
        if self.away.load(Ordering::Relaxed) {
            return Err(Unfetched("nobody answers".to_owned()));
        }
        if !is_certificate {
            return Ok(b"<ConfirmSubscriptionResponse/>".to_vec());
        }
        let key = PrivatePkcs8KeyDer::from(KEY.der());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_RSA_SHA256).expect("a key");
        let params = CertificateParams::new(["sns.amazonaws.com".to_owned()]).expect("names");
        Ok(params.self_signed(&key).expect("a certificate").pem().into_bytes())
    }

    /// What it was asked for.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody has failed").clone()
    }
}

/// What SES tells of the letter to `name@example.org`, whose headers it was told to add.
fn bounce(sent: &Sent, name: &str, id: &str) -> Value {
    json!({
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "General", "reportingMTA": "dns; mx.example.org",
            "bouncedRecipients": [{
                "emailAddress": format!("{name}@example.org"), "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 no such user",
            }],
            "timestamp": "2026-05-04T09:00:00.000Z", "feedbackId": id,
        },
        "mail": {
            "source": "sky@example.com", "messageId": "00000138111222aa", "destination": [format!("{name}@example.org")],
            "headers": [{ "name": "Message-ID", "value": message_id(sent, name) }],
        },
    })
}

async fn told(face: &Face, message: &Value) -> StatusCode {
    // As SNS sends it, which does not call it JSON.
    let headers = [("content-type", "text/plain; charset=UTF-8"), ("x-amz-sns-topic-arn", ARN)];
    face.answers("ses", &headers, message.to_string()).await
}

#[tokio::test]
async fn what_ses_tells_is_a_fact_of_the_letter_once_however_often_it_is_told() {
    let (sent, sns) = (Sent::with_paths().await, Sns::new());
    let face = Face::of(&sent.service.node, sns.webhooks()).await;
    let now = sent.service.clock.now();
    // By its headers, and by the address in the envelope, which needs nothing to be switched on.
    let bob = bounce(&sent, "bob", "f1");
    let mut carl = bounce(&sent, "carl", "f2");
    carl["mail"] = json!({ "source": sent.path("carl"), "messageId": "00000138111222ab" });
    let complaint = |kind: &str, id: &str| {
        json!({
            "eventType": "Complaint", "mail": bounce(&sent, "ann", "")["mail"],
            "complaint": {
                "complainedRecipients": [{ "emailAddress": "ann@example.org" }], "complaintFeedbackType": kind,
                "feedbackId": id,
            },
        })
    };
    let (mistake, abuse) = (complaint("not-spam", "f3"), complaint("abuse", "f4"));
    for event in [&bob, &carl, &bob, &json!({ "eventType": "Delivery" }), &mistake, &abuse, &carl] {
        assert_eq!(told(&face, &notification(ARN, &event.to_string(), now)).await, StatusCode::OK, "{event}");
    }
    let in_words = "Successfully validated SNS topic for Amazon SES event publishing.";
    assert_eq!(told(&face, &notification(ARN, in_words, now)).await, StatusCode::OK);
    assert_eq!(
        gists(&sent).await,
        [gone(&sent, "bob", "ses"), gone(&sent, "carl", "ses"), complained(&sent, "ann", "ses")]
    );
    assert_eq!(sns.asked(), [CERTIFICATE], "it is asked for once");
}

#[tokio::test]
async fn only_what_sns_has_signed_of_the_topic_lately_is_believed() {
    let (sent, sns) = (Sent::with_paths().await, Sns::new());
    let face = Face::of(&sent.service.node, sns.webhooks()).await;
    let now = sent.service.clock.now();
    let bob = bounce(&sent, "bob", "f1").to_string();
    let right = notification(ARN, &bob, now);
    let with = |field: &str, value: Value| {
        let mut message = right.clone();
        message[field] = value;
        message
    };
    let others = "arn:aws:sns:eu-west-1:999999999999:bounces";
    for (wrong, what) in [
        (with("Message", json!(bounce(&sent, "ann", "f1").to_string())), "another letter"),
        (with("Timestamp", json!(stamp(now + TimeDelta::seconds(1)))), "another time"),
        (with("TopicArn", json!(others)), "another topic in its place"),
        (notification(others, &bob, now), "another topic, whose owner can have anything signed"),
        (with("SigningCertURL", json!("https://sns.eu-west-1.amazonaws.com.evil.example/a.pem")), "another server"),
        (with("SigningCertURL", json!("https://sns.s3.amazonaws.com/a.pem")), "anybody's bucket"),
        (with("SigningCertURL", Value::Null), "no certificate"),
        (with("Signature", Value::Null), "no signature"),
        (with("Signature", json!("QUJD")), "a signature that is none"),
        (with("SignatureVersion", json!("3")), "another kind of signature"),
        (notification(ARN, &bob, now - TimeDelta::hours(4)), "long ago"),
    ] {
        assert_eq!(told(&face, &wrong).await, StatusCode::FORBIDDEN, "{what}");
    }
    let whole = right.to_string();
    for body in [&whole[..whole.len() / 2], bob.as_str(), "", "[]"] {
        assert_eq!(face.answers("ses", &[], body.to_owned()).await, StatusCode::BAD_REQUEST, "{body}");
    }
    assert!(sent.facts().await.is_empty());
    assert!(sns.asked().iter().all(|address| address == CERTIFICATE), "nobody else is asked");
    assert_eq!(told(&face, &right).await, StatusCode::OK);
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "ses")]);
}

#[tokio::test]
async fn a_subscription_to_the_topic_is_confirmed_and_no_other_one() {
    let (sent, sns) = (Sent::with_paths().await, Sns::new());
    let face = Face::of(&sent.service.node, sns.webhooks()).await;
    let now = sent.service.clock.now();
    let others = "arn:aws:sns:eu-west-1:999999999999:bounces";
    for (topic, confirms) in [
        (others, CONFIRMS),
        (ARN, "https://evil.example/?Action=ConfirmSubscription&Token=2336412f"),
        (ARN, "http://169.254.169.254/?Action=ConfirmSubscription&Token=2336412f"),
        (ARN, "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn=x"),
    ] {
        assert_eq!(told(&face, &subscription(topic, confirms, now)).await, StatusCode::FORBIDDEN, "{topic} {confirms}");
    }
    assert!(sns.asked().iter().all(|address| address == CERTIFICATE), "{:?}", sns.asked());
    let mut forged = subscription(ARN, CONFIRMS, now);
    forged["Token"] = json!("2336412e");
    assert_eq!(told(&face, &forged).await, StatusCode::FORBIDDEN);

    sns.away.store(true, Ordering::Relaxed);
    assert_eq!(told(&face, &subscription(ARN, CONFIRMS, now)).await, StatusCode::SERVICE_UNAVAILABLE);
    sns.away.store(false, Ordering::Relaxed);
    assert_eq!(told(&face, &subscription(ARN, CONFIRMS, now)).await, StatusCode::OK);
    assert_eq!(sns.asked(), [CERTIFICATE, CONFIRMS, CONFIRMS]);
    assert!(sent.facts().await.is_empty());
}

#[tokio::test]
async fn a_report_whose_certificate_cannot_be_got_has_to_come_again() {
    let (sent, sns) = (Sent::with_paths().await, Sns::new());
    let face = Face::of(&sent.service.node, sns.webhooks()).await;
    let report = notification(ARN, &bounce(&sent, "bob", "f1").to_string(), sent.service.clock.now());
    sns.away.store(true, Ordering::Relaxed);
    assert_eq!(told(&face, &report).await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(sent.facts().await.is_empty());
    sns.away.store(false, Ordering::Relaxed);
    assert_eq!(told(&face, &report).await, StatusCode::OK);
    // It is known now.
    sns.away.store(true, Ordering::Relaxed);
    assert_eq!(told(&face, &report).await, StatusCode::OK);
    assert_eq!(gists(&sent).await, [gone(&sent, "bob", "ses")]);
    assert_eq!(sns.asked(), [CERTIFICATE, CERTIFICATE]);
}
