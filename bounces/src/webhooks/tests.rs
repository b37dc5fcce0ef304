//! What holds for the reports of all providers.

use super::{Forged, Guessable, Secret, brevo, mailgun, postmark, sendgrid, ses};
use crate::{Reading, Says};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::feedback::{MAX_WORDS, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The present moment of these tests.
pub(super) fn now() -> DateTime<Utc> {
    "2026-05-04T09:00:00Z".parse().expect("a moment")
}

/// The bounces among what was read: name, severity, whether the mailbox is gone, code.
pub(super) fn bounces(readings: &[Reading]) -> Vec<(&str, &str, bool, Option<&str>)> {
    readings
        .iter()
        .filter_map(|reading| match &reading.says {
            Says::Bounce(bounce) => {
                let name = reading.name.as_deref().unwrap_or_default();
                Some((name, bounce.severity.name(), bounce.dead, bounce.code.as_deref()))
            }
            Says::Complaint { .. } | Says::AutoReply | Says::Challenge | Says::Letter | Says::Unclear => None,
        })
        .collect()
}

#[test]
fn a_password_is_shown_as_that_of_any_user_or_as_a_token() {
    let secret = Secret::parse("correct-horse-battery").expect("a secret");
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for (shown, expected) in [
        (basic("hook:correct-horse-battery"), Ok(())),
        (basic(":correct-horse-battery"), Ok(())),
        ("bearer correct-horse-battery".to_owned(), Ok(())),
        ("Bearer  correct-horse-battery ".to_owned(), Ok(())),
        (basic("hook:correct-horse-batterx"), Err(Forged::Wrong)),
        (basic("hook:correct-horse-battery "), Err(Forged::Wrong)),
        (basic("correct-horse-battery"), Err(Forged::Wrong)),
        (basic("hook:"), Err(Forged::Wrong)),
        ("Basic ?".to_owned(), Err(Forged::Wrong)),
        ("Bearer correct-horse".to_owned(), Err(Forged::Wrong)),
        ("Bearer ".to_owned(), Err(Forged::Unsigned)),
        ("Digest correct-horse-battery".to_owned(), Err(Forged::Unsigned)),
        ("correct-horse-battery".to_owned(), Err(Forged::Unsigned)),
        (String::new(), Err(Forged::Unsigned)),
    ] {
        assert_eq!(secret.shown_in(Some(&shown)), expected, "{shown}");
        assert_eq!(postmark::verify(&secret, Some(&shown)), expected, "{shown}");
        assert_eq!(brevo::verify(&secret, Some(&shown)), expected, "{shown}");
    }
    assert_eq!(secret.shown_in(None), Err(Forged::Unsigned));
}

#[test]
fn a_secret_is_long_and_survives_a_header() {
    for wrong in ["", "short", "fifteen-letters", "with blanks in between", "пятнадцать-букв-и-ещё"] {
        assert_eq!(Secret::parse(wrong), Err(Guessable), "{wrong}");
    }
    let secret = Secret::parse("key-0123456789abcdef").expect("a secret");
    assert!(!format!("{secret:?}").contains("0123"), "{secret:?}");
}

/// Any JSON, with the names and words of the providers where they do most.
fn anything() -> impl Strategy<Value = Value> {
    let words = prop_oneof![
        Just("Bounce"),
        Just("bounce"),
        Just("dropped"),
        Just("deferred"),
        Just("DeliveryDelay"),
        Just("failed"),
        Just("permanent"),
        Just("Complaint"),
        Just("complained"),
        Just("hard_bounce"),
        Just("spam"),
        Just("HardBounce"),
        Just("SpamComplaint"),
        Just("SubscriptionChange"),
        Just("ann@example.org"),
        Just("5.1.1"),
    ];
    let names = prop_oneof![
        Just("event"),
        Just("type"),
        Just("Type"),
        Just("RecordType"),
        Just("SuppressionReason"),
        Just("event-data"),
        Just("delivery-status"),
        Just("message"),
        Just("headers"),
        Just("notificationType"),
        Just("bounce"),
        Just("complaint"),
        Just("deliveryDelay"),
        Just("delayedRecipients"),
        Just("mail"),
        Just("bouncedRecipients"),
        Just("reason"),
        Just("status"),
        Just("email"),
        Just("Metadata"),
        Just("severity"),
        Just("id"),
        Just("timestamp"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        words.prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()),
        ]
    })
}

/// Whatever was read stays within its bounds.
fn is_bounded(reading: &Reading) -> bool {
    let words = match &reading.says {
        Says::Bounce(bounce) => {
            let sound = bounce.severity == Severity::Permanent || !bounce.dead;
            sound && bounce.words.as_ref().is_none_or(|words| words.chars().count() <= MAX_WORDS)
        }
        Says::Complaint { .. } => true,
        Says::AutoReply | Says::Challenge | Says::Letter | Says::Unclear => false,
    };
    words && reading.about.addresses.len() <= 20 && reading.about.recipients.len() <= 20
}

/// What a provider's half of it makes of a body.
type Read = fn(&[u8]) -> Result<Vec<Reading>, super::Malformed>;

const ALL: [Read; 5] = [ses::read, sendgrid::read, mailgun::read, postmark::read, brevo::read];

proptest! {
    #[test]
    fn whatever_json_somebody_sends_is_read_without_fault(value in anything()) {
        let (one, many) = (value.to_string(), json!([value]).to_string());
        let envelope = json!({
            "Type": "Notification", "MessageId": "1", "TopicArn": "arn", "Message": one, "Timestamp": "now",
        });
        for body in [&one, &many, &envelope.to_string()] {
            for read in ALL {
                let readings = read(body.as_bytes()).unwrap_or_default();
                prop_assert!(readings.iter().all(is_bounded), "{readings:?}");
            }
        }
    }

    #[test]
    fn whatever_bytes_somebody_sends_are_read_without_fault(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for read in ALL {
            let _ = read(&bytes);
        }
    }
}
