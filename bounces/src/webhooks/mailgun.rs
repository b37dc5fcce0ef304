//! The webhooks of Mailgun: one event in each body, with a code over a moment and a token (HMAC-SHA-256).
//!
//! Its documentation: "Webhooks", "Securing Webhooks" and "Event Structure". Of its events these are reports: `failed` and `complained`.
//! The code does not cover the event itself, so that whoever has seen one can say anything as long as it is not too old: this way is only
//! for https.

use super::about::Found;
use super::events::{self, text};
use super::wording::{Mailbox, bounce};
use super::{Forged, Malformed, Secret, not_older, seconds};
use crate::{Reading, Says};
use chrono::{DateTime, TimeDelta, Utc};
use domain::feedback::Severity;
use serde::Deserialize;
use serde_json::Value;

/// How long ago a report may have been signed: Mailgun tries to deliver it for 8 hours.
const OLDEST: TimeDelta = TimeDelta::hours(10);

/// How Mailgun is named where it reports.
const NAME: &str = "Mailgun";

/// What proves a body, the rest of which is not looked at before.
#[derive(Deserialize)]
struct Body {
    signature: Option<Proof>,
}

#[derive(Deserialize)]
struct Proof {
    timestamp: String,
    token: String,
    signature: String,
}

/// Checks the signature in a body.
pub fn verify(key: &Secret, body: &[u8], now: DateTime<Utc>) -> Result<(), Forged> {
    let body: Body = serde_json::from_slice(body).map_err(|_| Forged::Unsigned)?;
    let Proof { timestamp, token, signature } = body.signature.ok_or(Forged::Unsigned)?;
    let code = from_hex(&signature).ok_or(Forged::Wrong)?;
    if !key.has_signed(&[timestamp.as_bytes(), token.as_bytes()].concat(), &code) {
        return Err(Forged::Wrong);
    }
    not_older(seconds(&timestamp)?, now, OLDEST)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? << 4) | digit(*pair.get(1)?)?)).collect()
}

/// What a body reports: what is no bounce and no complaint is passed over.
pub fn read(body: &[u8]) -> Result<Vec<Reading>, Malformed> {
    let body = events::one(body)?;
    let event = &body["event-data"];
    if event.is_object() { Ok(reading(event).into_iter().collect()) } else { Err(Malformed) }
}

fn reading(event: &Value) -> Option<Reading> {
    let kind = event["event"].as_str()?;
    let says = match kind {
        "failed" => failed(event),
        "complained" => Says::Complaint { kind: None },
        _ => return None,
    };
    let found = Found::default()
        .address(&event["envelope"]["sender"])
        .message_id(&event["message"]["headers"]["message-id"])
        .recipient(&event["recipient"]);
    // An id is unique within a day only.
    let day = event["timestamp"].as_f64().map(|seconds| format!("{:.0}", (seconds / 86_400.0).floor()));
    Some(Reading {
        says,
        about: found.about(),
        name: events::name([text(&event["id"]), day]),
        by: text(&event["delivery-status"]["mx-host"]).or_else(|| Some(NAME.to_owned())),
        from: NAME.to_owned(),
        subject: kind.to_owned(),
    })
}

/// What a failure says. If Mailgun will try again, the letter is only late.
fn failed(event: &Value) -> Says {
    let status = &event["delivery-status"];
    let severity = match event["severity"].as_str() {
        Some("permanent") => Severity::Permanent,
        _ if !status["retry-seconds"].is_null() => Severity::Delayed,
        _ => Severity::Temporary,
    };
    let mailbox = match event["reason"].as_str() {
        Some(reason) if reason.starts_with("suppress-") => Mailbox::NotTried,
        // The code is the mail server's: Mailgun has one word for whatever it may mean.
        _ => Mailbox::Unsaid,
    };
    let code = text(&status["enhanced-code"]).or_else(|| text(&status["code"]));
    let words = text(&status["message"]).or_else(|| text(&status["description"]));
    Says::Bounce(bounce(severity, mailbox, code.as_deref(), words.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::tests::{bounces, now};
    use ring::hmac::{self, HMAC_SHA256, Key};
    use serde_json::json;
    use std::fmt::Write as _;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn key() -> Secret {
        Secret::parse(KEY).expect("a key")
    }

    fn signature(key: &str, timestamp: &str, token: &str) -> String {
        let code = hmac::sign(&Key::new(HMAC_SHA256, key.as_bytes()), format!("{timestamp}{token}").as_bytes());
        code.as_ref().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("it is written");
            hex
        })
    }

    fn signed(timestamp: &str, signature: &str) -> Vec<u8> {
        let proof = json!({ "timestamp": timestamp, "token": "a8ce0edb", "signature": signature });
        json!({ "signature": proof, "event-data": { "event": "delivered" } }).to_string().into_bytes()
    }

    #[test]
    fn only_what_has_a_fresh_code_of_the_key_is_believed() {
        let stamp = |ago: TimeDelta| (now() - ago).timestamp().to_string();
        let (fresh, tried_again, old) =
            (stamp(TimeDelta::minutes(1)), stamp(TimeDelta::hours(9)), stamp(TimeDelta::hours(11)));
        let right = |timestamp: &str| signed(timestamp, &signature(KEY, timestamp, "a8ce0edb"));
        let forged = signature("another key of the same length..", &fresh, "a8ce0edb");
        for (body, expected) in [
            (right(&fresh), Ok(())),
            (signed(&fresh, &signature(KEY, &fresh, "a8ce0edb").to_uppercase()), Ok(())),
            (right(&tried_again), Ok(())),
            (right(&old), Err(Forged::Old)),
            (right("soon"), Err(Forged::Wrong)),
            (signed(&fresh, &forged), Err(Forged::Wrong)),
            (signed(&fresh, &signature(KEY, &tried_again, "a8ce0edb")), Err(Forged::Wrong)),
            (signed(&fresh, ""), Err(Forged::Wrong)),
            (signed(&fresh, "abc"), Err(Forged::Wrong)),
            (signed(&fresh, "я"), Err(Forged::Wrong)),
            (json!({ "event-data": {} }).to_string().into_bytes(), Err(Forged::Unsigned)),
            (json!({ "signature": { "token": "t" } }).to_string().into_bytes(), Err(Forged::Unsigned)),
            (b"[]".to_vec(), Err(Forged::Unsigned)),
            (right(&fresh)[..40].to_vec(), Err(Forged::Unsigned)),
        ] {
            assert_eq!(verify(&key(), &body, now()), expected, "{}", String::from_utf8_lossy(&body));
        }
    }

    fn event(data: &Value) -> Vec<Reading> {
        read(json!({ "event-data": data }).to_string().as_bytes()).expect("it is right")
    }

    #[test]
    fn a_failure_for_good_is_a_bounce_whose_code_says_whether_the_mailbox_is_gone() {
        let failed = |code: Value, reason: &str, message: &str| {
            event(&json!({
                "event": "failed", "severity": "permanent", "reason": reason, "id": "abc", "timestamp": 1_534_110_422.389,
                "recipient": "ann@example.org",
                "envelope": { "sender": "b+token@bounce.example.org", "targets": "ann@example.org" },
                "message": { "headers": { "to": "ann@example.org", "message-id": "1.2@mail.example.org" } },
                "delivery-status": { "code": code, "message": message, "mx-host": "mx.example.org" },
            }))
        };
        let gone = failed(json!(550), "bounce", "5.1.1 no such user\n5.1.1 at all");
        assert_eq!(bounces(&gone), [("abc 17755", "permanent", true, Some("5.1.1"))]);
        let about = &gone[0].about;
        assert_eq!(about.addresses, ["b+token@bounce.example.org"]);
        assert_eq!(about.message_ids, ["1.2@mail.example.org"]);
        assert_eq!(about.recipients, ["ann@example.org"]);
        assert_eq!(gone[0].by.as_deref(), Some("mx.example.org"));

        let refused = failed(json!(550), "bounce", "not from here");
        assert_eq!(bounces(&refused), [("abc 17755", "permanent", false, Some("550"))]);
        let not_tried = failed(json!(605), "suppress-bounce", "Not delivering to previously bounced address");
        assert_eq!(bounces(&not_tried), [("abc 17755", "permanent", false, None)]);
    }

    #[test]
    fn what_mailgun_tries_again_is_only_late() {
        let failed = |status: Value| {
            event(&json!({ "event": "failed", "severity": "temporary", "id": "abc", "delivery-status": status }))
        };
        let late = failed(json!({ "code": 450, "message": "greylisted", "retry-seconds": 300 }));
        assert_eq!(bounces(&late), [("", "delayed", false, Some("450"))]);
        let given_up = failed(json!({ "code": 452, "message": "4.2.2 full" }));
        assert_eq!(bounces(&given_up), [("", "temporary", false, Some("4.2.2"))]);
    }

    #[test]
    fn a_complaint_is_read_and_whatever_else_is_passed_over() {
        let complained =
            event(&json!({ "event": "complained", "recipient": "ann@example.org", "id": "a", "timestamp": 1 }));
        assert_eq!(complained[0].says, Says::Complaint { kind: None });
        assert_eq!(complained[0].name.as_deref(), Some("a 0"));
        for other in ["accepted", "delivered", "opened", "clicked", "unsubscribed", "rejected", ""] {
            assert!(event(&json!({ "event": other, "delivery-status": null })).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_body_without_an_event_is_none_of_theirs() {
        for body in ["", "[]", "{}", r#"{"event-data":[]}"#, r#"{"event-data":{"event":"failed""#, "a=b&c=d"] {
            assert_eq!(read(body.as_bytes()), Err(Malformed), "{body}");
        }
    }
}
