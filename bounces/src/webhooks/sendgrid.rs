//! The event webhook of `SendGrid`: lists of events, signed with a key whose other half the account shows (ECDSA over P-256).
//!
//! Its documentation: "Event Webhook Reference" and "Getting Started with the Event Webhook Security Features". Of its events these are
//! reports: `bounce` (with `type` `bounce` or `blocked`), `dropped`, `deferred`, `spamreport`. What is `deferred` is tried again by `SendGrid`.

use super::about::Found;
use super::events::{self, text};
use super::wording::{self, Mailbox, bounce};
use super::{Forged, Malformed, not_older, seconds};
use crate::{Reading, Says};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::feedback::Severity;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;
use std::fmt;

/// The header with the signature, in base64.
pub const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";

/// The header with the moment of signing, in seconds since 1970, which is signed with the body.
pub const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

/// How long ago a report may have been signed: `SendGrid` tries to deliver it for 24 hours.
const OLDEST: TimeDelta = TimeDelta::hours(26);

/// How `SendGrid` is named where it reports.
const NAME: &str = "SendGrid";

/// What stands before the key itself where it is one of the curve P-256 (RFC 5480): its kind and its length.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// How a point of a curve begins whose two halves follow.
const UNCOMPRESSED: u8 = 4;

/// The key that signatures are checked with. It is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 65]);

/// What is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no public key of the curve P-256 in base64, as the settings of the event webhook show it")]
pub struct NoKey;

impl PublicKey {
    /// Reads a key as the account shows it: base64 of its DER (RFC 5280, `SubjectPublicKeyInfo`), with or without the lines of PEM.
    pub fn parse(shown: &str) -> Result<Self, NoKey> {
        let lines = shown.lines().filter(|line| !line.trim_start().starts_with("-----"));
        let bare: String = lines.flat_map(str::chars).filter(|sign| !sign.is_whitespace()).collect();
        let der = STANDARD.decode(bare).map_err(|_| NoKey)?;
        let point: [u8; 65] = der.strip_prefix(&P256).and_then(|point| point.try_into().ok()).ok_or(NoKey)?;
        if point[0] == UNCOMPRESSED { Ok(Self(point)) } else { Err(NoKey) }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

/// Checks the two headers, [`SIGNATURE`] and [`TIMESTAMP`], against the body, byte by byte as it came.
pub fn verify(
    key: &PublicKey,
    signature: Option<&str>,
    timestamp: Option<&str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Forged> {
    let (Some(signature), Some(timestamp)) = (signature, timestamp) else { return Err(Forged::Unsigned) };
    let signature = STANDARD.decode(signature.trim()).map_err(|_| Forged::Wrong)?;
    let signed = [timestamp.as_bytes(), body].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.0);
    key.verify(&signed, &signature).map_err(|_| Forged::Wrong)?;
    not_older(seconds(timestamp)?, now, OLDEST)
}

/// What a body reports: what is no bounce and no complaint is passed over.
pub fn read(body: &[u8]) -> Result<Vec<Reading>, Malformed> {
    Ok(events::all(body)?.iter().filter_map(reading).collect())
}

fn reading(event: &Value) -> Option<Reading> {
    let kind = event["event"].as_str()?;
    let (status, reason) = (text(&event["status"]), text(&event["reason"]));
    let (status, reason) = (status.as_deref(), reason.as_deref());
    let says = match kind {
        "bounce" => {
            // A block is for what the letter is or whence it comes, and the next one may arrive; the code says more than that.
            let blocked = event["type"].as_str() == Some("blocked");
            let for_good = !blocked || wording::is_for_good(status, reason) == Some(true);
            let severity = if for_good { Severity::Permanent } else { Severity::Temporary };
            Says::Bounce(bounce(severity, if blocked { Mailbox::Unsaid } else { Mailbox::Gone }, status, reason))
        }
        "dropped" => Says::Bounce(bounce(Severity::Permanent, Mailbox::NotTried, status, reason)),
        "deferred" => {
            let response = text(&event["response"]);
            Says::Bounce(bounce(Severity::Delayed, Mailbox::Unsaid, status, response.as_deref().or(reason)))
        }
        "spamreport" => Says::Complaint { kind: None },
        _ => return None,
    };
    let found = Found::default().message_id(&event["smtp-id"]).recipient(&event["email"]);
    Some(Reading {
        says,
        about: found.about(),
        name: text(&event["sg_event_id"]),
        by: Some(NAME.to_owned()),
        from: NAME.to_owned(),
        subject: kind.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::tests::{bounces, now};
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

    const BODY: &[u8] = br#"[{"event":"bounce"}]"#;

    struct Account(EcdsaKeyPair);

    impl Account {
        fn new() -> Self {
            let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
            let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
            Self(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("a key"))
        }

        fn shown(&self) -> String {
            STANDARD.encode([&P256[..], self.0.public_key().as_ref()].concat())
        }

        fn key(&self) -> PublicKey {
            PublicKey::parse(&self.shown()).expect("a key")
        }

        fn signature(&self, timestamp: &str, body: &[u8]) -> String {
            let signed = [timestamp.as_bytes(), body].concat();
            STANDARD.encode(self.0.sign(&SystemRandom::new(), &signed).expect("a signature"))
        }
    }

    fn stamp(ago: TimeDelta) -> String {
        (now() - ago).timestamp().to_string()
    }

    #[test]
    fn only_what_the_account_signed_lately_is_believed() {
        let (account, other) = (Account::new(), Account::new());
        let (key, fresh) = (account.key(), stamp(TimeDelta::minutes(5)));
        let signature = account.signature(&fresh, BODY);
        let verify = |signature: Option<&str>, timestamp: Option<&str>, body: &[u8]| {
            super::verify(&key, signature, timestamp, body, now())
        };

        assert_eq!(verify(Some(&signature), Some(&fresh), BODY), Ok(()));
        assert_eq!(verify(None, Some(&fresh), BODY), Err(Forged::Unsigned));
        assert_eq!(verify(Some(&signature), None, BODY), Err(Forged::Unsigned));
        assert_eq!(verify(Some(&signature), Some(&fresh), b"[]"), Err(Forged::Wrong));
        assert_eq!(verify(Some(&signature), Some(&stamp(TimeDelta::minutes(4))), BODY), Err(Forged::Wrong));
        assert_eq!(verify(Some("?"), Some(&fresh), BODY), Err(Forged::Wrong));
        assert_eq!(verify(Some(""), Some(&fresh), BODY), Err(Forged::Wrong));
        assert_eq!(verify(Some(&other.signature(&fresh, BODY)), Some(&fresh), BODY), Err(Forged::Wrong));
        let old = stamp(TimeDelta::hours(27));
        assert_eq!(verify(Some(&account.signature(&old, BODY)), Some(&old), BODY), Err(Forged::Old));
        let tried_again = stamp(TimeDelta::hours(25));
        assert_eq!(verify(Some(&account.signature(&tried_again, BODY)), Some(&tried_again), BODY), Ok(()));
        let no_time = "soon";
        assert_eq!(verify(Some(&account.signature(no_time, BODY)), Some(no_time), BODY), Err(Forged::Wrong));
    }

    #[test]
    fn a_key_is_read_as_the_account_shows_it() {
        let account = Account::new();
        let shown = account.shown();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n", &shown[..64], &shown[64..]);
        assert_eq!(PublicKey::parse(&pem), Ok(account.key()));
        assert_eq!(PublicKey::parse(&format!(" {shown}\n")), Ok(account.key()));
        let longer = format!("{shown}AAAA");
        for wrong in ["", "?", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", &shown[4..], longer.as_str()] {
            assert_eq!(PublicKey::parse(wrong), Err(NoKey), "{wrong}");
        }
    }

    #[test]
    fn bounces_drops_and_complaints_are_read_and_whatever_else_is_passed_over() {
        let body = br#"[
            {"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 <ann@example.org> no such user",
             "email":"ann@example.org","smtp-id":"<1.2@mail.example.org>","sg_event_id":"one","timestamp":1461095250,"tls":1},
            {"event":"bounce","type":"blocked","reason":"unable to get mx info","email":"bob@example.org","sg_event_id":"two"},
            {"event":"bounce","type":"blocked","status":"5.7.1","reason":"550 5.7.1 blocked","sg_event_id":"three"},
            {"event":"dropped","reason":"Bounced Address","status":"5.0.0","sg_event_id":"four"},
            {"event":"spamreport","email":"ann@example.org","smtp-id":"<1.2@mail.example.org>","sg_event_id":"five"},
            {"event":"deferred","response":"451 4.7.1 later","attempt":"5","email":"bob@example.org","sg_event_id":"six"}, {"event":"delivered"}, {"event":"open"}, {"event":7}, {}
        ]"#;
        let readings = read(body).expect("it is right");
        assert_eq!(
            bounces(&readings),
            [
                ("one", "permanent", true, Some("5.1.1")),
                ("two", "temporary", false, None),
                ("three", "permanent", false, Some("5.7.1")),
                ("four", "permanent", false, Some("5.0.0")),
                ("six", "delayed", false, Some("4.7.1")),
            ]
        );
        assert_eq!(readings.len(), 6);
        assert_eq!(readings[4].says, Says::Complaint { kind: None });
        assert_eq!(readings[0].about.message_ids, ["<1.2@mail.example.org>"]);
        assert_eq!(readings[0].about.recipients, ["ann@example.org"]);
        let Says::Bounce(bounce) = &readings[0].says else { panic!("it is a bounce") };
        assert_eq!(bounce.words.as_deref(), Some("550 5.1.1 <address> no such user"));
    }

    #[test]
    fn a_body_that_is_no_list_of_events_is_none_of_theirs() {
        for body in [&b""[..], b"{}", b"[1]", b"[{}", b"null", b"\xff"] {
            assert_eq!(read(body), Err(Malformed), "{body:?}");
        }
        assert_eq!(read(b"[]"), Ok(vec![]));
    }
}
