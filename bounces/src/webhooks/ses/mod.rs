//! Bounces, delays and complaints of Amazon SES, which come over SNS: an envelope that SNS signs, and in it what SES tells.
//!
//! Their documentation: "Verifying the signatures of Amazon SNS messages", "HTTP/HTTPS notification JSON format" and "Amazon SNS notification
//! contents for Amazon SES". Both versions of the signature are known: 2 (SHA-256), and 1 (SHA-1), which topics have unless they are told
//! otherwise. The envelope names the certificate that it is signed with. It is believed if it comes by https from where SNS has the topic,
//! and so it is asked for nowhere else. Any other host of Amazon's will not do: anybody can have a bucket called `sns` there.
//!
//! SES gives letters a `Message-ID` of its own, and tells theirs only among the original headers, which have to be switched on for
//! notifications, and are always there in what event publishing tells.

use super::about::Found;
use super::events::{self, text};
use super::wording::{Mailbox, bounce};
use super::{Forged, Malformed, not_older};
use crate::{About, Reading, Says};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::feedback::{Bounce, Severity};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use webpki::EndEntityCert;

/// How long ago a message may have been signed: SNS tries to deliver it for an hour at the most.
const OLDEST: TimeDelta = TimeDelta::hours(3);

/// How SES is named where it reports.
const NAME: &str = "Amazon SES";

/// How the path of an address begins at which a subscription is confirmed. SNS can be asked for other things there, too.
const CONFIRMS: &str = "/?Action=ConfirmSubscription&";

/// The topic of SNS to which SES tells, by its name at Amazon (ARN).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    arn: String,
    /// Where SNS has it.
    host: String,
}

/// What is the name of no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not the ARN of a topic of SNS: arn:aws:sns, region, account and name, with colons between")]
pub struct NoTopic;

impl Topic {
    /// Reads an ARN such as `arn:aws:sns:eu-west-1:123456789012:bounces`.
    pub fn parse(arn: &str) -> Result<Self, NoTopic> {
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, partition, _, region, account, name] = parts[..] else { return Err(NoTopic) };
        let end = match partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            _ => return Err(NoTopic),
        };
        let is = |part: &str, good: fn(u8) -> bool| !part.is_empty() && part.bytes().all(good);
        let good = arn.starts_with("arn:")
            && parts[2] == "sns"
            && is(region, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && is(account, |byte| byte.is_ascii_digit())
            && is(name, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if good { Ok(Self { arn: arn.to_owned(), host: format!("sns.{region}.{end}") }) } else { Err(NoTopic) }
    }

    /// The path of an address of SNS where it has the topic; none if it is another address, or has a sign in it that some reader of
    /// addresses might take for the beginning of another host.
    fn path<'a>(&self, address: &'a str) -> Option<&'a str> {
        let path = address.strip_prefix("https://")?.strip_prefix(self.host.as_str())?;
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\#\"<>^`{|}".contains(&byte);
        (path.starts_with('/') && path.bytes().all(is_plain)).then_some(path)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

/// What SNS sends for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// Somebody published something.
    Notification,
    /// Somebody has subscribed this address to the topic, and SNS asks whether that is wanted.
    SubscriptionConfirmation,
    /// Somebody has ended that.
    UnsubscribeConfirmation,
}

/// A message of SNS as it came. Nothing of it is believed before [`Envelope::verify`].
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    #[serde(rename = "Type")]
    kind: Kind,
    message_id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    timestamp: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
    #[serde(rename = "SigningCertURL")]
    certificate: Option<String>,
}

impl Envelope {
    /// Reads the body of a request.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(body).map_err(|_| Malformed)
    }

    /// Where the certificate is with which the message is signed, if it says to be of this topic, and the certificate is where SNS has
    /// the topic.
    pub fn certificate(&self, topic: &Topic) -> Result<&str, Forged> {
        if self.topic_arn != topic.arn {
            return Err(Forged::OtherTopic);
        }
        let address = self.certificate.as_deref().ok_or(Forged::Unsigned)?;
        let is_file = |path: &str| path.rsplit_once('.').is_some_and(|(_, kind)| kind == "pem") && !path.contains('?');
        if topic.path(address).is_some_and(is_file) { Ok(address) } else { Err(Forged::Elsewhere) }
    }

    /// Checks the message against the certificate from where [`Envelope::certificate`] says that it is.
    pub fn verify(&self, topic: &Topic, certificate: &Certificate, now: DateTime<Utc>) -> Result<(), Forged> {
        self.certificate(topic)?;
        let (Some(version), Some(signature)) = (&self.signature_version, &self.signature) else {
            return Err(Forged::Unsigned);
        };
        let algorithm: &'static RsaParameters = match version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Forged::UnknownSignature),
        };
        let signature = STANDARD.decode(signature).map_err(|_| Forged::Wrong)?;
        let key = UnparsedPublicKey::new(algorithm, &certificate.0);
        key.verify(self.signed().as_bytes(), &signature).map_err(|_| Forged::Wrong)?;
        let signed = DateTime::parse_from_rfc3339(&self.timestamp).map_err(|_| Forged::Wrong)?;
        not_older(signed.to_utc(), now, OLDEST)
    }

    /// What it was sent for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where a subscription is confirmed: asking for it there is the confirmation.
    pub fn confirmation(&self, topic: &Topic) -> Result<&str, Forged> {
        let address = self.subscribe.as_deref().unwrap_or_default();
        let confirms = topic.path(address).is_some_and(|path| path.starts_with(CONFIRMS));
        if confirms && self.kind == Kind::SubscriptionConfirmation { Ok(address) } else { Err(Forged::Elsewhere) }
    }

    /// What it reports: what is no bounce and no complaint is passed over, as is what SNS itself has to say.
    #[must_use]
    pub fn readings(&self) -> Vec<Reading> {
        match self.kind {
            // SES also tells in plain words that it has found the topic.
            Kind::Notification => {
                events::one(self.message.as_bytes()).ok().as_ref().and_then(reading).into_iter().collect()
            }
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => Vec::new(),
        }
    }

    /// The text that is signed: names and values, each on a line of its own. The last two say which topic it is of and what it is for, so
    /// that nobody who may publish in another topic can have them signed by what they write.
    fn signed(&self) -> String {
        let kind = match self.kind {
            Kind::Notification => "Notification",
            Kind::SubscriptionConfirmation => "SubscriptionConfirmation",
            Kind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        };
        let notifies = self.kind == Kind::Notification;
        let lines = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(self.message_id.as_str())),
            ("Subject", self.subject.as_deref().filter(|_| notifies)),
            ("SubscribeURL", self.subscribe.as_deref().filter(|_| !notifies)),
            ("Timestamp", Some(self.timestamp.as_str())),
            ("Token", self.token.as_deref().filter(|_| !notifies)),
            ("TopicArn", Some(self.topic_arn.as_str())),
            ("Type", Some(kind)),
        ];
        lines.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}\n{value}\n"))).collect()
    }
}

/// The key of SNS that a certificate is of.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(Vec<u8>);

impl Certificate {
    /// Reads a certificate as SNS has it: one in PEM, of an RSA key.
    pub fn read(pem: &[u8]) -> Result<Self, Malformed> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| Malformed)?;
        let certificate = EndEntityCert::try_from(&der).map_err(|_| Malformed)?;
        let key = certificate.subject_public_key_info();
        rsa_key(&key).map(|key| Self(key.to_vec())).ok_or(Malformed)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

/// `AlgorithmIdentifier` of RSA (RFC 3279, section 2.3.1).
const RSA: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// The key itself (RFC 8017, `RSAPublicKey`) of what says that it is one (RFC 5280, `SubjectPublicKeyInfo`).
fn rsa_key(info: &[u8]) -> Option<&[u8]> {
    let key = content(SEQUENCE, info)?.strip_prefix(&RSA)?;
    content(BIT_STRING, key)?.strip_prefix(&[0_u8])
}

/// What is in a value that is all there is (DER).
fn content(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = match bytes.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    (rest.len() == length).then_some(rest)
}

/// What a body reports, if it is one of SNS.
pub fn read(body: &[u8]) -> Result<Vec<Reading>, Malformed> {
    Envelope::read(body).map(|envelope| envelope.readings())
}

/// What SES tells. Event publishing and notifications call the kind of it differently, and all else the same.
fn reading(event: &Value) -> Option<Reading> {
    let kind = event["eventType"].as_str().or_else(|| event["notificationType"].as_str())?;
    let (says, told, recipients, by) = match kind {
        "Bounce" => {
            let told = &event["bounce"];
            let recipients = events::list(&told["bouncedRecipients"]);
            (bounced(told, recipients), told, recipients, text(&told["reportingMTA"]).map(|mta| name(&mta)))
        }
        "Complaint" => {
            let told = &event["complaint"];
            (complained(told)?, told, events::list(&told["complainedRecipients"]), text(&told["userAgent"]))
        }
        // SES goes on trying. A letter that it gives up is a bounce.
        "DeliveryDelay" => {
            let told = &event["deliveryDelay"];
            let recipients = events::list(&told["delayedRecipients"]);
            let says = Says::Bounce(said(Severity::Delayed, Mailbox::Unsaid, recipients));
            (says, told, recipients, text(&told["reportingMTA"]).map(|mta| name(&mta)))
        }
        _ => return None,
    };
    Some(Reading {
        says,
        about: about(&event["mail"], recipients),
        // What is delayed has no id of its own.
        name: text(&told["feedbackId"]).or_else(|| {
            events::name([text(&event["mail"]["messageId"]), Some(kind.to_owned()), text(&told["timestamp"])])
        }),
        by: by.filter(|by| !by.is_empty()).or_else(|| Some(NAME.to_owned())),
        from: NAME.to_owned(),
        subject: kind.to_owned(),
    })
}

/// The name of a mail server that is told with its kind, as in `dns; mx.example.org` (RFC 3464).
fn name(server: &str) -> String {
    server.split_once(';').map_or(server, |(_, name)| name).trim().to_owned()
}

fn bounced(told: &Value, recipients: &[Value]) -> Says {
    let severity = if told["bounceType"] == "Permanent" { Severity::Permanent } else { Severity::Temporary };
    let mailbox = match told["bounceSubType"].as_str() {
        Some("General") => Mailbox::Gone,
        Some("Suppressed" | "OnAccountSuppressionList" | "UnsubscribedRecipient") => Mailbox::NotTried,
        Some(_) | None => Mailbox::Unsaid,
    };
    Says::Bounce(said(severity, mailbox, recipients))
}

/// The bounce that mail servers have told of these recipients, of whom SES says so much.
fn said(severity: Severity, mailbox: Mailbox, recipients: &[Value]) -> Bounce {
    let first = |field: &str| recipients.iter().find_map(|recipient| text(&recipient[field]));
    bounce(severity, mailbox, first("status").as_deref(), first("diagnosticCode").as_deref())
}

/// What a complaint says; nothing if it says that the letter was no spam.
fn complained(told: &Value) -> Option<Says> {
    if told["complaintSubType"] == "OnAccountSuppressionList" {
        // The recipient complained of another letter, and this one did not go out.
        return Some(Says::Bounce(bounce(Severity::Permanent, Mailbox::NotTried, None, Some("complained before"))));
    }
    let kind = text(&told["complaintFeedbackType"]);
    if kind.as_deref() == Some("not-spam") { None } else { Some(Says::Complaint { kind }) }
}

/// Which letter it is: SES tells from whom it was in the envelope, and its headers where that is switched on.
fn about(mail: &Value, recipients: &[Value]) -> About {
    let common = &mail["commonHeaders"];
    let found =
        Found::default().address(&mail["source"]).address(&common["returnPath"]).message_id(&common["messageId"]);
    let headers = events::list(&mail["headers"]).iter();
    let found = headers.fold(found, |found, header| found.header(&header["name"], &header["value"]));
    recipients.iter().fold(found, |found, recipient| found.recipient(&recipient["emailAddress"])).about()
}

#[cfg(test)]
mod tests;
