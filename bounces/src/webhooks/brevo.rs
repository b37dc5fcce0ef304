//! The transactional webhooks of Brevo: an event in each body, or up to 500 of them, behind a token in a header or a password in the
//! address.
//!
//! Its documentation: "Transactional webhooks", "Batched webhooks" and "Secure webhook calls". Of its events these are reports:
//! `hard_bounce`, `soft_bounce`, `invalid_email`, `blocked`, `error`, `deferred`, `spam` and `complaint`. What is `deferred` is tried again by
//! Brevo, and becomes a `soft_bounce` if that is in vain for a day and a half. Events have no id.

use super::about::Found;
use super::events::{self, text};
use super::wording::{Mailbox, bounce};
use super::{Forged, Malformed, Secret};
use crate::{Reading, Says};
use domain::feedback::Severity;
use serde_json::Value;

/// How Brevo is named where it reports.
const NAME: &str = "Brevo";

/// The moment of an event, by the field that says it best.
const MOMENTS: [&str; 4] = ["ts_epoch", "ts_event", "ts", "date"];

/// Checks the header `Authorization`.
pub fn verify(token: &Secret, authorization: Option<&str>) -> Result<(), Forged> {
    token.shown_in(authorization)
}

/// What a body reports: what is no bounce and no complaint is passed over.
pub fn read(body: &[u8]) -> Result<Vec<Reading>, Malformed> {
    let one = events::one(body).map(|event| vec![event]);
    let events = one.or_else(|_| events::all(body))?;
    if events.is_empty() || events.iter().any(|event| event["event"].is_string()) {
        Ok(events.iter().filter_map(reading).collect())
    } else {
        Err(Malformed)
    }
}

fn reading(event: &Value) -> Option<Reading> {
    let kind = event["event"].as_str()?;
    let reason = text(&event["reason"]);
    let bounced = |severity, mailbox| Says::Bounce(bounce(severity, mailbox, None, reason.as_deref()));
    let says = match kind {
        "hard_bounce" | "invalid_email" => bounced(Severity::Permanent, Mailbox::Gone),
        "blocked" => bounced(Severity::Permanent, Mailbox::NotTried),
        "soft_bounce" | "error" => bounced(Severity::Temporary, Mailbox::Unsaid),
        "deferred" => bounced(Severity::Delayed, Mailbox::Unsaid),
        "spam" | "complaint" => Says::Complaint { kind: None },
        _ => return None,
    };
    let found = Found::default()
        .message_id(&event["message-id"])
        // A header that comes back as it was in the letter.
        .anything(&event["X-Mailin-custom"])
        .recipient(&event["email"]);
    let moment = MOMENTS.iter().find_map(|field| text(&event[*field]));
    Some(Reading {
        says,
        about: found.about(),
        name: events::name([text(&event["message-id"]), Some(kind.to_owned()), moment]),
        by: Some(NAME.to_owned()),
        from: NAME.to_owned(),
        subject: kind.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::tests::bounces;
    use serde_json::json;

    fn event(kind: &str, reason: &str) -> Value {
        json!({
            "event": kind, "email": "ann@example.org", "id": 9_999_999, "message-id": "<1.2@mail.example.org>",
            "ts": 1_520_331_023, "ts_event": 1_520_331_023, "ts_epoch": 1_520_363_423_000_u64, "reason": reason,
        })
    }

    fn all(events: &Value) -> Vec<Reading> {
        read(events.to_string().as_bytes()).expect("it is right")
    }

    #[test]
    fn the_event_says_how_a_bounce_is_meant() {
        for (kind, reason, severity, dead, code) in [
            ("hard_bounce", " RecipientError: 550 5.5.0 mailbox unavailable.", "permanent", true, Some("5.5.0")),
            ("hard_bounce", "550 5.7.1 not from here", "permanent", false, Some("5.7.1")),
            ("soft_bounce", "undefined Unable to find MX of domain", "temporary", false, None),
            ("invalid_email", "", "permanent", true, None),
            ("blocked", "blocked : due to blacklist user", "permanent", false, None),
            ("error", "", "temporary", false, None),
            ("deferred", "452 4.2.2 mailbox full", "delayed", false, Some("4.2.2")),
        ] {
            let name = format!("<1.2@mail.example.org> {kind} 1520363423000");
            let readings = all(&event(kind, reason));
            assert_eq!(bounces(&readings), [(name.as_str(), severity, dead, code)], "{kind} {reason}");
            assert_eq!(readings[0].about.message_ids, ["<1.2@mail.example.org>"]);
            assert_eq!(readings[0].about.recipients, ["ann@example.org"]);
        }
    }

    #[test]
    fn many_events_may_come_at_once_and_what_is_no_report_is_passed_over() {
        let others = ["request", "delivered", "unique_opened", "click", "unsubscribe", ""];
        let mut events: Vec<Value> = others.iter().map(|kind| event(kind, "")).collect();
        events.insert(3, event("spam", ""));
        events.push(event("complaint", ""));
        let readings = all(&events.into());
        assert_eq!(readings.len(), 2);
        assert!(readings.iter().all(|reading| reading.says == Says::Complaint { kind: None }), "{readings:?}");
        assert!(all(&json!([])).is_empty());
    }

    #[test]
    fn a_body_without_an_event_is_none_of_theirs() {
        for body in ["", "{}", "[{}]", r#"{"event":7}"#, r#"{"event":"spam""#, "7", r#"{"items":[]}"#] {
            assert_eq!(read(body.as_bytes()), Err(Malformed), "{body}");
        }
    }
}
