//! What is believed of SNS, and what SES tells.

use super::*;
use crate::webhooks::tests::{bounces, now};
use serde_json::json;

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";

/// The certificate of a key that was thrown away when it had signed what follows.
const CERTIFICATE: &[u8] = include_bytes!("certificate.pem");

const BY_SHA_1: &str = "b2892pN5JwenPhF4zFi4uUfwGwxiXvYbLX3E35aUd5ys5XYG1zN/g3yah44cd/1f8bxOeh/dtcqss89NmRdPhYyihlfd7CQ6XlvFjSl7P0No\
    oMQmvdxHRoRIz4M3NPgMvor+8v2Y6raRrmiyMJPKdNLo833UoIDldGoUsG0oakDkXos7cNCr5sgWLWO1+2sQ4MTDvWkN8TuOnme1/gdm1ccXtUFNGbHK2PLPFZtfvov8GMFZ\
    TKuVj3gahAkBgLR3PHxvWejLhVI43REzBAAf8pCCm3AyL87pm5gSYR4a9NQ0wvaXfySTvKkbav2TThQ7YvLzT9P35KRDybNeaDY/pw==";

const BY_SHA_256: &str = "Wud6Ws30WJxqW8P7UwUQgCBnElHlvjrGMGC2Ti7vLRrpYYzNGmpYks3E0XIYApQcwgFwCHU+AobsEgTTC1GBkloHhXmQr9NiN5+o1RC2gbtG\
    w9FlrICaaOjEudYofeqlx2rBbGXjRInLgsHFynLDbN7kFsFh5VUg43IkinEQSlhS1jmkj4E0LrZImArtHGhg0wbdDs6jDgkrixaE/hvSw//54BmT/NdiMpqJtz+qEAdl4bu0\
    2rS0In/AzdnSgOd2jvuwvGojGBtNcL9sSihjre8VcuWOG5UVK3ZWclJ41VJfL82v4G7gpg4vZevkbas1mGqku42mecNBD9MdIvAU5Q==";

const OF_SUBSCRIPTION: &str = "KC6nv+0sKvGUw0wIUu0i03vdi7Y/3RZjTghBihGtvNAJ04cNe0xeIhK/lzFc0fYUFzyR2W11LEp3DVgIA0AxNJanis1kRurfytlOBqD/\
    tpmO1rlt9MFuBxafm+zm3iFLB9Mnj6T2CxFjVf5cZviJp5uknlfsOJlZOw4mvkaM47WY+qzpKk3nbSTTqaFqGaZDYLSOmYxhGC5tFLjHW+WiS6tTz+ERdaBDm+PKVPcsZDje\
    tbvSG/EXYOlgU17LlwS7cCyGI/18GWGZMZCY15KhwJz+imVs2XU+OMYrpV9gT10FDcnw+6ILvHEnZ3cNnITuUip7u/hVGD2+wWJSkJe1Hw==";

fn topic() -> Topic {
    Topic::parse(ARN).expect("a topic")
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "22b80b92", "TopicArn": ARN, "Subject": "Weather",
        "Message": "The wind\nis up.", "Timestamp": "2026-05-04T08:59:00.000Z", "SignatureVersion": "2",
        "Signature": BY_SHA_256, "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    })
}

fn subscription() -> Value {
    json!({
        "Type": "SubscriptionConfirmation", "MessageId": "165545c9", "TopicArn": ARN, "Token": "2336412f",
        "SubscribeURL": format!("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={ARN}&Token=2336412f"),
        "Message": "You have chosen.", "Timestamp": "2026-05-04T08:59:00.000Z", "SignatureVersion": "2",
        "Signature": OF_SUBSCRIPTION,
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    })
}

/// A message with one field changed, or without it.
fn with(mut message: Value, field: &str, value: Value) -> Value {
    let fields = message.as_object_mut().expect("an object");
    if value.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), value);
    }
    message
}

fn envelope(message: &Value) -> Envelope {
    Envelope::read(message.to_string().as_bytes()).expect("it is one")
}

fn verified(message: &Value) -> Result<(), Forged> {
    let certificate = Certificate::read(CERTIFICATE).expect("a certificate");
    envelope(message).verify(&topic(), &certificate, now())
}

#[test]
fn a_message_is_believed_that_sns_has_signed_in_either_way() {
    assert_eq!(verified(&notification()), Ok(()));
    let by_sha_1 = with(with(notification(), "SignatureVersion", json!("1")), "Signature", json!(BY_SHA_1));
    assert_eq!(verified(&by_sha_1), Ok(()));
    assert_eq!(verified(&subscription()), Ok(()));
    let confirmation = envelope(&subscription());
    assert_eq!(confirmation.kind(), Kind::SubscriptionConfirmation);
    assert!(confirmation.confirmation(&topic()).is_ok_and(|address| address.ends_with("&Token=2336412f")));
}

#[test]
fn whatever_is_changed_is_not_believed() {
    for (field, value, expected) in [
        ("Message", json!("The wind\nis down."), Forged::Wrong),
        ("Message", json!("The wind"), Forged::Wrong),
        ("MessageId", json!("22b80b93"), Forged::Wrong),
        ("Subject", json!("Storm"), Forged::Wrong),
        ("Subject", Value::Null, Forged::Wrong),
        ("Timestamp", json!("2026-05-04T08:59:01.000Z"), Forged::Wrong),
        ("Type", json!("UnsubscribeConfirmation"), Forged::Wrong),
        ("Signature", json!(BY_SHA_1), Forged::Wrong),
        ("Signature", json!("?"), Forged::Wrong),
        ("Signature", json!(""), Forged::Wrong),
        ("Signature", Value::Null, Forged::Unsigned),
        ("SignatureVersion", Value::Null, Forged::Unsigned),
        ("SignatureVersion", json!("3"), Forged::UnknownSignature),
        ("SigningCertURL", Value::Null, Forged::Unsigned),
        ("TopicArn", json!("arn:aws:sns:eu-west-1:123456789012:others"), Forged::OtherTopic),
        ("TopicArn", json!(format!("{ARN}\n")), Forged::OtherTopic),
    ] {
        let changed = with(notification(), field, value.clone());
        assert_eq!(verified(&changed), Err(expected), "{field} {value}");
    }
}

#[test]
fn a_message_is_old_when_sns_has_given_up_delivering_it() {
    let (message, certificate) = (envelope(&notification()), Certificate::read(CERTIFICATE).expect("a certificate"));
    for (later, expected) in [(0, Ok(())), (2, Ok(())), (4, Err(Forged::Old))] {
        let now = now() + TimeDelta::hours(later);
        assert_eq!(message.verify(&topic(), &certificate, now), expected, "{later}");
    }
}

#[test]
fn a_certificate_is_asked_for_only_where_sns_has_the_topic() {
    for wrong in [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.s3-eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-west-1.amazonaws.com\\@evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://user@sns.eu-west-1.amazonaws.com/a.pem",
        "https://SNS.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com/a.pem?b=.pem",
        "https://sns.eu-west-1.amazonaws.com/a\r\nb.pem",
        "https://sns.eu-west-1.amazonaws.com/a.pem#b.pem",
        "https://sns.eu-west-1.amazonaws.com/a.der",
        " https://sns.eu-west-1.amazonaws.com/a.pem",
        "",
    ] {
        let message = envelope(&with(notification(), "SigningCertURL", json!(wrong)));
        assert_eq!(message.certificate(&topic()), Err(Forged::Elsewhere), "{wrong}");
    }
    assert!(envelope(&notification()).certificate(&topic()).is_ok());
}

#[test]
fn a_subscription_is_confirmed_only_where_sns_has_the_topic() {
    for wrong in [
        "https://evil.example/?Action=ConfirmSubscription&Token=2336412f",
        "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&x=?Action=Confirm",
        "https://sns.eu-west-1.amazonaws.com/",
    ] {
        let message = envelope(&with(subscription(), "SubscribeURL", json!(wrong)));
        assert_eq!(message.confirmation(&topic()), Err(Forged::Elsewhere), "{wrong}");
    }
    assert_eq!(envelope(&notification()).confirmation(&topic()), Err(Forged::Elsewhere));
}

#[test]
fn a_topic_is_named_by_its_arn() {
    for (arn, host) in [
        (ARN, "sns.eu-west-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:a_B-1", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:1:x", "sns.us-gov-west-1.amazonaws.com"),
    ] {
        let topic = Topic::parse(arn).expect("a topic");
        assert_eq!((topic.host.as_str(), topic.to_string().as_str()), (host, arn));
    }
    for wrong in [
        "",
        "bounces",
        "arn:aws:sns:eu-west-1:123456789012",
        "arn:aws:sns:eu-west-1:123456789012:bounces:0b5d",
        "arn:aws:sqs:eu-west-1:123456789012:bounces",
        "arn:iso:sns:eu-west-1:123456789012:bounces",
        "arn:aws:sns:evil.example/:123456789012:bounces",
        "arn:aws:sns::123456789012:bounces",
        "arn:aws:sns:eu-west-1:me:bounces",
        "arn:aws:sns:eu-west-1:123456789012:b c",
        "arm:aws:sns:eu-west-1:123456789012:bounces",
    ] {
        assert_eq!(Topic::parse(wrong), Err(NoTopic), "{wrong}");
    }
}

#[test]
fn a_certificate_that_is_none_or_of_no_rsa_key_is_told() {
    let pem = String::from_utf8_lossy(CERTIFICATE);
    let cut = &pem[..pem.len() / 2];
    for wrong in ["", "<html>", cut, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(Certificate::read(wrong.as_bytes()), Err(Malformed), "{wrong}");
    }
    let none: [&[u8]; 6] = [&[], &[SEQUENCE], &[SEQUENCE, 0x83, 1, 1, 1], &[SEQUENCE, 5, 1], &RSA, &[SEQUENCE, 0]];
    for wrong in none {
        assert_eq!(rsa_key(wrong), None, "{wrong:?}");
    }
}

#[test]
fn a_body_that_is_no_message_of_sns_is_told() {
    for body in ["", "[]", "{}", "null", r#"{"notificationType":"Bounce"}"#, r#"{"Type":"Notification""#] {
        assert_eq!(read(body.as_bytes()), Err(Malformed), "{body}");
    }
    let other = with(notification(), "Type", json!("Other"));
    assert_eq!(read(other.to_string().as_bytes()), Err(Malformed));
}

/// What SES tells, in a message of SNS.
fn told(event: &Value) -> Vec<Reading> {
    let message = with(notification(), "Message", json!(event.to_string()));
    read(message.to_string().as_bytes()).expect("it is one")
}

/// Which letter it is, as SES tells with the original headers.
fn mail() -> Value {
    json!({
        "timestamp": "2016-01-27T14:59:38.237Z", "source": "b+token@bounce.example.org", "messageId": "0000-ses",
        "destination": ["ann@example.org"], "headersTruncated": false,
        "headers": [
            { "name": "From", "value": "News <news@example.org>" },
            { "name": "Message-ID", "value": "<1.2@mail.example.org>" },
            { "name": "List-Unsubscribe", "value": "<https://mail.example.org/u/abc>" },
        ],
        "commonHeaders": { "messageId": "<1.2@mail.example.org>", "subject": "Hello" },
    })
}

#[test]
fn a_bounce_says_what_it_means_and_of_which_letter() {
    let bounced = |kind: &str, subkind: &str, recipient: Value| {
        told(&json!({
            "notificationType": "Bounce", "mail": mail(),
            "bounce": {
                "bounceType": kind, "bounceSubType": subkind, "bouncedRecipients": [recipient], "feedbackId": "f1",
                "reportingMTA": "dns; mx.example.org", "timestamp": "2016-01-27T14:59:44.101Z",
            },
        }))
    };
    let ann = |status: &str| {
        json!({
            "emailAddress": "ann@example.org", "action": "failed", "status": status,
            "diagnosticCode": "smtp; 550 <ann@example.org>... no",
        })
    };
    for (kind, subkind, status, expected) in [
        ("Permanent", "General", "5.1.1", ("f1", "permanent", true, Some("5.1.1"))),
        ("Permanent", "General", "5.0.0", ("f1", "permanent", true, Some("5.0.0"))),
        ("Permanent", "General", "5.7.1", ("f1", "permanent", false, Some("5.7.1"))),
        ("Permanent", "NoEmail", "5.0.0", ("f1", "permanent", false, Some("5.0.0"))),
        ("Permanent", "OnAccountSuppressionList", "5.1.1", ("f1", "permanent", false, Some("5.1.1"))),
        ("Transient", "MailboxFull", "5.2.2", ("f1", "temporary", false, Some("5.2.2"))),
        ("Undetermined", "Undetermined", "", ("f1", "temporary", false, Some("550"))),
    ] {
        assert_eq!(bounces(&bounced(kind, subkind, ann(status))), [expected], "{kind} {subkind} {status}");
    }
    let bare = bounced("Permanent", "General", json!({ "emailAddress": "ann@example.org" }));
    assert_eq!(bounces(&bare), [("f1", "permanent", true, None)]);

    let reading = &bounced("Permanent", "General", ann("5.1.1"))[0];
    assert_eq!(reading.by.as_deref(), Some("mx.example.org"));
    assert_eq!(
        reading.about,
        About {
            addresses: vec!["b+token@bounce.example.org".to_owned()],
            links: vec!["https://mail.example.org/u/abc".to_owned()],
            message_ids: vec!["<1.2@mail.example.org>".to_owned()],
            recipients: vec!["ann@example.org".to_owned()],
            ..About::default()
        }
    );
    let Says::Bounce(bounce) = &reading.says else { panic!("it is a bounce") };
    assert_eq!(bounce.words.as_deref(), Some("smtp; 550 <address>... no"));
}

#[test]
fn what_ses_goes_on_trying_is_only_late() {
    let delayed =
        |told_of: Value| told(&json!({ "eventType": "DeliveryDelay", "mail": mail(), "deliveryDelay": told_of }));
    let late = delayed(json!({
        "delayType": "MailboxFull", "timestamp": "2020-06-16T00:25:40.095Z", "expirationTime": "2020-06-16T00:25:40.914Z",
        "delayedRecipients": [{
            "emailAddress": "ann@example.org", "status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 mailbox full",
        }],
    }));
    let name = "0000-ses DeliveryDelay 2020-06-16T00:25:40.095Z";
    assert_eq!(bounces(&late), [(name, "delayed", false, Some("4.2.2"))]);
    assert_eq!(late[0].about.recipients, ["ann@example.org"]);
    assert_eq!(late[0].about.message_ids, ["<1.2@mail.example.org>"]);
    assert_eq!(late[0].by.as_deref(), Some("Amazon SES"));
    // The little that is there is taken for what it is.
    assert_eq!(bounces(&delayed(Value::Null)), [("", "delayed", false, None)]);
}

#[test]
fn a_complaint_is_one_unless_it_says_that_the_letter_was_no_spam() {
    let complained =
        |complaint: Value| told(&json!({ "eventType": "Complaint", "mail": mail(), "complaint": complaint }));
    let abuse = complained(json!({
        "complainedRecipients": [{ "emailAddress": "ann@example.org" }], "complaintFeedbackType": "abuse",
        "feedbackId": "f2", "userAgent": "Example Feedback Loop (V0.01)",
    }));
    assert_eq!(abuse[0].says, Says::Complaint { kind: Some("abuse".to_owned()) });
    assert_eq!(abuse[0].name.as_deref(), Some("f2"));
    assert_eq!(abuse[0].by.as_deref(), Some("Example Feedback Loop (V0.01)"));
    assert_eq!(abuse[0].about.recipients, ["ann@example.org"]);
    assert_eq!(complained(json!({ "feedbackId": "f3" }))[0].says, Says::Complaint { kind: None });
    assert!(complained(json!({ "complaintFeedbackType": "not-spam" })).is_empty());
    let before = complained(json!({ "complaintSubType": "OnAccountSuppressionList", "feedbackId": "f4" }));
    assert_eq!(bounces(&before), [("f4", "permanent", false, None)]);
}

#[test]
fn whatever_else_ses_and_sns_tell_is_passed_over() {
    for kind in ["Delivery", "Send", "Open", "Click", "Reject", "Rendering Failure", ""] {
        assert!(told(&json!({ "eventType": kind, "mail": mail() })).is_empty(), "{kind}");
    }
    assert!(told(&json!({})).is_empty() && told(&json!(["Bounce"])).is_empty());
    let in_words =
        with(notification(), "Message", json!("Successfully validated SNS topic for Amazon SES event publishing."));
    assert_eq!(read(in_words.to_string().as_bytes()).map(|readings| readings.len()), Ok(0));
    assert_eq!(read(subscription().to_string().as_bytes()).map(|readings| readings.len()), Ok(0));
}
