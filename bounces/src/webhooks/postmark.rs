//! The webhooks of Postmark: one event in each body, behind a password in the address or a token in a header.
//!
//! Its documentation: "Bounce webhook", "Spam complaint webhook", "Subscription change webhook", and "Bounce API" for the types. Postmark
//! gives letters a `Message-ID` of its own, unless they have the header `X-PM-KeepID: true`, and tells its own and not theirs. So a letter
//! is found by what came back (`Content`, which has to be switched on for each webhook), or by what its sender attached (`Metadata`, from
//! headers `X-PM-Metadata-...`).

use super::about::Found;
use super::events::{self, text};
use super::wording::{Mailbox, bounce, kept};
use super::{Forged, Malformed, Secret};
use crate::{Reading, Says};
use domain::feedback::{Bounce, Severity};
use serde_json::{Map, Value};

/// How Postmark is named where it reports.
const NAME: &str = "Postmark";

/// How many of the things that are attached to a letter are looked at; Postmark takes ten.
const ATTACHED: usize = 10;

/// Checks the header `Authorization`.
pub fn verify(password: &Secret, authorization: Option<&str>) -> Result<(), Forged> {
    password.shown_in(authorization)
}

/// What a body reports: what is no bounce and no complaint is passed over.
pub fn read(body: &[u8]) -> Result<Vec<Reading>, Malformed> {
    let event = events::one(body)?;
    let record = event["RecordType"].as_str().ok_or(Malformed)?;
    Ok(reading(record, &event).into_iter().collect())
}

fn reading(record: &str, event: &Value) -> Option<Reading> {
    let (kind, recipient) = match record {
        "Bounce" | "SpamComplaint" => (event["Type"].as_str().unwrap_or(record), &event["Email"]),
        // Who is not written to any more, and why: the only word of bounces that there is for streams of bulk mail.
        "SubscriptionChange" if event["SuppressSending"] == true => {
            (event["SuppressionReason"].as_str()?, &event["Recipient"])
        }
        _ => return None,
    };
    let says = says(kind, event)?;
    let attached = event["Metadata"].as_object().into_iter().flat_map(Map::values).take(ATTACHED);
    let found = attached.fold(Found::default().recipient(recipient), Found::anything);
    let found = match event["Content"].as_str() {
        Some(message) if !message.is_empty() => found.message(crate::read(message.as_bytes()).about),
        Some(_) | None => found,
    };
    Some(Reading {
        says,
        about: found.about(),
        // As both webhooks name it, so that what both tell is one report.
        name: events::name([text(&event["MessageID"]), Some(kind.to_owned())]),
        by: Some(NAME.to_owned()),
        from: NAME.to_owned(),
        subject: kind.to_owned(),
    })
}

/// What a type of bounce says; nothing if it is none: somebody is on holiday, wants to leave or to be written to elsewhere.
fn says(kind: &str, event: &Value) -> Option<Says> {
    let (severity, mailbox) = match kind {
        "HardBounce" | "BadEmailAddress" => (Severity::Permanent, Mailbox::Gone),
        "SpamNotification" | "VirusNotification" | "Blocked" | "DMARCPolicy" | "SMTPApiError" => {
            (Severity::Permanent, Mailbox::Unsaid)
        }
        "ManuallyDeactivated" | "Unconfirmed" => (Severity::Permanent, Mailbox::NotTried),
        "DnsError" | "SoftBounce" | "Unknown" => (Severity::Temporary, Mailbox::Unsaid),
        // Postmark calls it a message that is delayed, and has other types for one that it gives up.
        "Transient" => (Severity::Delayed, Mailbox::Unsaid),
        "SpamComplaint" => return Some(Says::Complaint { kind: None }),
        _ => return None,
    };
    let (details, description) = (text(&event["Details"]), text(&event["Description"]));
    let bounce = bounce(severity, mailbox, None, details.as_deref());
    let words = bounce.words.or_else(|| kept(&description.unwrap_or_default()));
    Some(Says::Bounce(Bounce { words, ..bounce }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::tests::bounces;
    use serde_json::json;

    fn event(event: &Value) -> Vec<Reading> {
        read(event.to_string().as_bytes()).expect("it is right")
    }

    fn bounced(kind: &str, details: &str) -> Vec<Reading> {
        event(&json!({
            "RecordType": "Bounce", "ID": 901_542_550, "Type": kind, "TypeCode": 1, "MessageID": "2706ee8a",
            "Description": "The server was unable to deliver your message.", "Details": details,
            "Email": "ann@example.org", "From": "news@example.com", "Metadata": {}, "Subject": "Hello",
        }))
    }

    #[test]
    fn the_type_of_a_bounce_says_how_it_is_meant() {
        for (kind, details, expected) in [
            ("HardBounce", "smtp;550 5.1.1 no such user", ("2706ee8a HardBounce", "permanent", true, Some("5.1.1"))),
            ("HardBounce", "", ("2706ee8a HardBounce", "permanent", true, None)),
            ("HardBounce", "smtp;550 5.7.1 no", ("2706ee8a HardBounce", "permanent", false, Some("5.7.1"))),
            ("SoftBounce", "smtp;452 4.2.2 full", ("2706ee8a SoftBounce", "temporary", false, Some("4.2.2"))),
            ("Transient", "smtp;421 4.4.1 no answer", ("2706ee8a Transient", "delayed", false, Some("4.4.1"))),
            ("Blocked", "554 no", ("2706ee8a Blocked", "permanent", false, Some("554"))),
            ("ManuallyDeactivated", "", ("2706ee8a ManuallyDeactivated", "permanent", false, None)),
        ] {
            assert_eq!(bounces(&bounced(kind, details)), [expected], "{kind} {details}");
        }
        for other in ["AutoResponder", "AddressChange", "Unsubscribe", "Subscribe", "ChallengeVerification", "New"] {
            assert!(bounced(other, "").is_empty(), "{other}");
        }
        let without_details = bounced("HardBounce", "");
        let Says::Bounce(bounce) = &without_details[0].says else { panic!("it is a bounce") };
        assert_eq!(bounce.words.as_deref(), Some("The server was unable to deliver your message."));
    }

    #[test]
    fn a_letter_is_found_by_what_came_back_and_by_what_was_attached() {
        let returned = "From: mailer-daemon@example.org\r\nTo: b+token@bounce.example.org\r\nContent-Type: multipart/report; \
            report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt came back.\r\n--b\r\n\
            Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
            Final-Recipient: rfc822; ann@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
            Content-Type: message/rfc822\r\n\r\nMessage-ID: <1.2@mail.example.org>\r\n\
            List-Unsubscribe: <https://mail.example.org/u/abc>\r\nSubject: Hello\r\n\r\nHello\r\n--b--\r\n";
        let readings = event(&json!({
            "RecordType": "Bounce", "Type": "HardBounce", "MessageID": "2706ee8a", "Email": "ann@example.org",
            "Content": returned, "Metadata": { "letter": "7.8@mail.example.org", "number": "12", "odd": ["a@b"] },
        }));
        let about = &readings[0].about;
        assert_eq!(about.recipients, ["ann@example.org"]);
        assert_eq!(about.message_ids, ["7.8@mail.example.org"]);
        // Whoever got the letter may have written that.
        assert_eq!(about.quoted_ids, ["1.2@mail.example.org"]);
        assert!(about.links.iter().any(|link| link.contains("https://mail.example.org/u/abc")), "{about:?}");
        assert!(about.addresses.iter().any(|address| address.contains("b+token@bounce.example.org")), "{about:?}");
    }

    #[test]
    fn a_complaint_and_a_change_of_who_is_written_to_are_read() {
        let complained = json!({
            "RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 100_001, "MessageID": "2706ee8a",
            "Email": "ann@example.org", "Details": "Test spam complaint details",
        });
        let changed = |suppressed: bool, reason: Value| {
            event(&json!({
                "RecordType": "SubscriptionChange", "MessageID": "2706ee8a", "Recipient": "ann@example.org",
                "Origin": "Recipient", "SuppressSending": suppressed, "SuppressionReason": reason,
                "Metadata": { "letter": "1.2@mail.example.org" },
            }))
        };
        let complained = event(&complained);
        assert_eq!(complained[0].says, Says::Complaint { kind: None });
        let told_again = changed(true, json!("SpamComplaint"));
        assert_eq!((&told_again[0].says, &told_again[0].name), (&complained[0].says, &complained[0].name));
        let gone = changed(true, json!("HardBounce"));
        assert_eq!(bounces(&gone), [("2706ee8a HardBounce", "permanent", true, None)]);
        assert_eq!(gone[0].about.message_ids, ["1.2@mail.example.org"]);
        for (suppressed, reason) in
            [(true, json!("ManualSuppression")), (false, Value::Null), (false, json!("HardBounce")), (true, json!(7))]
        {
            assert!(changed(suppressed, reason.clone()).is_empty(), "{reason}");
        }
    }

    #[test]
    fn whatever_else_is_passed_over_and_what_is_none_of_theirs_is_told() {
        for record in ["Delivery", "Open", "Click", "Inbound", ""] {
            assert!(event(&json!({ "RecordType": record, "Type": "HardBounce" })).is_empty(), "{record}");
        }
        for body in ["", "[]", "{}", r#"{"RecordType":1}"#, r#"{"RecordType":"Bounce""#] {
            assert_eq!(read(body.as_bytes()), Err(Malformed), "{body}");
        }
    }
}
