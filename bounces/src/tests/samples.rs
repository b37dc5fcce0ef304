//! The samples in `bounces/samples`: each in the shape of what a server, a provider or a program sends, written for these tests.

use super::shown;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each sample is understood as.
const EXPECTED: &[(&str, &str)] = &[
    ("status/postfix-no-such-user", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/postfix-delayed", "delayed 4.4.1 kim@example.net mx.example.net ALM"),
    ("status/postfix-no-domain", "permanent dead 5.4.4 kim@example.net mx.example.net ALM"),
    ("status/postfix-name-server-away", "permanent 4.4.3 kim@example.net mx.example.net ALM"),
    ("status/postfix-null-mx", "permanent dead 5.1.0 kim@example.net mx.example.net ALM"),
    ("status/postfix-greylisted-for-days", "permanent 4.7.1 kim@example.net mx.example.net ALM"),
    ("status/sendmail-no-such-user", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/sendmail-wrong-code-for-a-block", "permanent 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/sendmail-warning", "delayed 4.2.0 kim@example.net mx.example.net ALM"),
    ("status/exchange-no-such-user", "permanent dead 5.1.10 kim@example.net ex1.example.net ALM"),
    ("status/office365-access-denied", "permanent dead 5.4.1 kim@example.net eur01.mail.example.com ALM"),
    ("status/office365-domain-gone", "permanent dead 5.4.310 kim@example.net eur01.mail.example.com ALM"),
    ("status/office365-sender-not-allowed", "permanent 5.7.133 kim@example.net eur01.mail.example.com ALM"),
    ("status/exchange-mailbox-full", "temporary 5.2.2 kim@example.net ex1.example.net ALM"),
    ("status/gmail-no-such-user", "permanent dead 5.1.1 kim@example.net mail.example.com ALM"),
    ("status/gmail-disabled", "permanent dead 5.2.1 kim@example.net mail.example.com ALM"),
    ("status/gmail-delay", "delayed 4.4.1 kim@example.net mail.example.com ALM"),
    ("status/yahoo-policy", "permanent 5.7.9 kim@example.net mta5.yahoo.example ALM"),
    ("status/icloud-over-quota", "temporary 5.2.2 kim@icloud.example out.example.org ALM"),
    ("status/yandex-no-such-user", "permanent dead 5.7.1 kim@yandex.example forward101.yandex.example ALM"),
    ("status/ses-bounced", "permanent dead 5.1.1 kim@example.net a1-2.smtp-out.ses.example ALM"),
    ("status/ses-expired", "permanent 4.4.7 kim@example.net a1-2.smtp-out.ses.example ALM"),
    ("status/zimbra-content", "permanent 5.7.0 kim@example.net zimbra.example.net ALM"),
    ("status/domino-not-in-directory", "permanent dead 5.0.0 kim@example.net notes.example.net ALM"),
    ("status/domino-in-words", "permanent dead 5.0.0 kim@example.net notes.example.net ALM"),
    ("status/courier-no-such-user", "permanent dead 5.0.0 kim@example.net mx.example.net ALM"),
    ("status/oracle-illegal-domain", "permanent dead 5.4.4 kim@example.net ims.example.net A-M"),
    ("status/opensmtpd-failed", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/powermta-inactive", "permanent dead 5.0.0 kim@example.net pmta.example.org ALM"),
    ("status/relayed-without-notifications", "auto-reply ALM"),
    ("status/delivered", "auto-reply ALM"),
    ("status/expanded-list", "auto-reply ALM"),
    ("status/one-of-two-failed", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/utf8-address", "permanent dead 5.1.1 анна@пример.рф mx.example.net ALM"),
    ("status/utf8-address-in-ascii", "permanent dead 5.1.1 анна@пример.рф mx.example.net ALM"),
    ("status/xtext-address", "permanent dead 5.1.1 kim+news@example.net mx.example.net ALM"),
    ("status/comments-and-case", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/base64-parts", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/handed-on-by-a-person", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("status/within-a-mailing-list", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("words/qmail-no-such-user", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("words/qmail-no-mailbox-here", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("words/qmail-waited-too-long", "permanent 4.3.2 kim@example.net mx.example.net ALM"),
    ("words/exim-no-such-user", "permanent dead 550 kim@example.net mx.example.net ALM"),
    ("words/exim-unrouteable", "permanent dead - kim@example.net mx.example.net ALM"),
    ("words/exim-retry-timeout", "permanent - kim@example.net mx.example.net ALM"),
    ("words/exim-warning", "delayed - kim@example.net mx.example.net A--"),
    ("words/gmail-of-old", "permanent dead 5.1.1 kim@example.net mail.example.com ALM"),
    ("words/gmail-groups", "temporary - readers@example.net mail.example.com ALM"),
    ("words/mailru-full", "temporary - kim@mail.example.ru mail.example.ru ALM"),
    ("words/mailru-no-such-user", "permanent dead 550 kim@mail.example.ru mail.example.ru ALM"),
    ("words/russian-server-without-a-charset", "permanent dead - kim@example.ru mx.example.ru ALM"),
    ("words/russian-server-in-windows-1251", "permanent dead 550 kim@example.ru mx.example.ru ALM"),
    ("words/gmx-policy", "permanent 554 kim@gmx.example gmx.example ALM"),
    ("words/t-online-unbekannt", "permanent dead 550 kim@example.de mailout.example.de ALM"),
    ("words/mdaemon-no-such-user", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("words/exchange-of-old", "permanent dead - kim@example.net example.net ALM"),
    ("words/yahoo-of-old", "permanent dead - kim@example.net yahoo.example ALM"),
    ("words/yahoo-disabled", "permanent dead 554 kim@yahoo.example yahoo.example ALM"),
    ("words/sendmail-of-old", "permanent dead 550 kim@example.net mx.example.net ALM"),
    ("words/only-html", "permanent dead 5.1.1 kim@example.net mx.example.net A--"),
    ("words/a-gateway-that-is-no-daemon", "temporary - kim@example.net gateway.example.net ALM"),
    ("words/null-sender-with-a-code", "permanent dead 5.1.1 kim@example.net mx.example.net A--"),
    ("words/status-fields-in-the-text", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("words/quoted-letter", "permanent dead - kim@example.net mx.example.net ALM"),
    ("words/says-nothing", "unclear A--"),
    ("words/bounce-address-in-an-address", "permanent - no-such-user@example.net mx.example.net ALM"),
    ("complaints/yahoo", "complaint abuse kim@yahoo.example arf.yahoo.example ALM"),
    ("complaints/aol-like", "complaint abuse redacted@aol.example aol.example ALM"),
    ("complaints/mailru-like", "complaint abuse kim@mail.example.ru corp.mail.example.ru ALM"),
    ("complaints/microsoft-like", "complaint - kim@hotmail.example hotmail.example ALM"),
    ("complaints/fraud", "complaint fraud kim@provider.example provider.example ALM"),
    ("complaints/opt-out", "complaint opt-out kim@provider.example provider.example ALM"),
    ("complaints/without-a-letter", "complaint abuse - provider.example A--"),
    ("complaints/not-spam", "auto-reply ALM"),
    ("complaints/signature-failed", "auto-reply ALM"),
    ("answers/exchange-automatic-reply", "auto-reply A-M"),
    ("answers/vacation-program", "auto-reply A--"),
    ("answers/hosting-panel", "auto-reply A--"),
    ("answers/russian", "auto-reply A--"),
    ("answers/german", "auto-reply A--"),
    ("answers/moved-on-with-a-phrase", "auto-reply A--"),
    ("answers/read-receipt", "auto-reply A-M"),
    ("answers/ticket-system", "auto-reply A--"),
    ("challenges/tmda", "challenge A--"),
    ("challenges/boxbe", "challenge A--"),
    ("challenges/spam-arrest", "challenge A--"),
    ("challenges/in-words", "challenge A--"),
    ("challenges/russian", "challenge A--"),
    ("letters/from-a-person", "letter --M"),
    ("letters/wish-to-leave", "letter ---"),
    ("letters/wish-to-leave-by-apple", "letter ---"),
    ("letters/talks-of-bounces", "letter ---"),
    ("letters/with-an-attachment", "letter ---"),
    ("broken/no-final-boundary", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/cut-off-in-the-letter", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/cut-off-in-the-status", "permanent dead 5.1.1 kim@example.net mx.example.net A--"),
    ("broken/wrong-boundary", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/no-boundary", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/no-empty-line-before-the-status", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/no-empty-line-between-recipients", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/empty-lines-within-a-recipient", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/no-action", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/no-action-and-temporary", "temporary 4.4.1 kim@example.net mx.example.net ALM"),
    ("broken/no-action-and-still-tried", "delayed 4.4.1 kim@example.net mx.example.net ALM"),
    ("broken/unknown-charset", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/says-ascii-is-utf8", "permanent dead - kim@example.net mx.example.net ALM"),
    ("broken/letter-as-a-part-without-a-type", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/mbox-line-first", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/letter-with-leading-empty-lines", "permanent dead 5.1.1 kim@example.net mx.example.net ALM"),
    ("broken/nothing-but-a-subject", "unclear ---"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// All samples, by the names that they have in the table.
pub(super) fn all() -> BTreeMap<String, Vec<u8>> {
    let mut samples = BTreeMap::new();
    for kind in fs::read_dir(folder()).expect("there are samples").flatten() {
        for file in fs::read_dir(kind.path()).expect("there are samples of each kind").flatten() {
            let (kind, file) = (kind.file_name(), file.path());
            let name = file.file_stem().expect("a file has a name");
            let name = format!("{}/{}", kind.to_string_lossy(), name.to_string_lossy());
            samples.insert(name, fs::read(file).expect("a sample can be read"));
        }
    }
    samples
}

#[test]
fn every_sample_is_understood_as_it_is_meant() {
    let samples = all();
    let mut wrong = Vec::new();
    for (name, expected) in EXPECTED {
        let understood = shown(&crate::read(&samples[*name]));
        if understood != *expected {
            wrong.push(format!("{name}:\n  {expected} was expected,\n  {understood} was understood"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_sample_is_in_the_table() {
    let named: BTreeSet<&str> = EXPECTED.iter().map(|(name, _)| *name).collect();
    assert_eq!(named.len(), EXPECTED.len());
    let samples = all();
    assert_eq!(samples.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
}

#[test]
fn it_does_not_matter_how_lines_end() {
    for (name, sample) in all() {
        let expected = crate::read(&sample);
        for end in [&b"\r\n"[..], b"\r"] {
            let ended: Vec<u8> = sample.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(end);
            assert_eq!(crate::read(&ended), expected, "{name}");
        }
    }
}

#[test]
fn what_servers_said_is_kept_without_addresses() {
    let samples = all();
    for (name, expected) in [
        (
            "status/postfix-no-such-user",
            "550 5.1.1 <address>: Recipient address rejected: User unknown in relay recipient table",
        ),
        (
            "status/exchange-no-such-user",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient <address> not found by SMTP address lookup",
        ),
        ("status/opensmtpd-failed", "<address>: 550 5.1.1 <address>: no such user here"),
        ("words/qmail-no-such-user", "Remote host said: 550 5.1.1 no such user Giving up on 192.0.2.20."),
        ("words/exim-unrouteable", "Unrouteable address"),
        ("words/exim-warning", "<address> host store.example.net [192.0.2.20] Delay reason: Connection timed out"),
        ("words/mailru-full", "Почтовый ящик получателя переполнен."),
        ("words/russian-server-without-a-charset", "<address>: ящик не найден"),
        ("words/t-online-unbekannt", "<address>: 550-Unbekannter Empfänger"),
        ("words/only-html", "550 5.1.1 User unknown"),
    ] {
        let reading = crate::read(&samples[name]);
        let crate::Says::Bounce(bounce) = reading.says else { panic!("{name} is a bounce") };
        assert_eq!(bounce.words.as_deref(), Some(expected), "{name}");
    }
    for (name, sample) in samples {
        if let crate::Says::Bounce(bounce) = crate::read(&sample).says {
            assert!(!bounce.words.unwrap_or_default().contains("kim@"), "{name}");
        }
    }
}

#[test]
fn a_report_is_known_by_its_message_id_and_says_who_it_is_from() {
    let samples = all();
    let reading = crate::read(&samples["status/yandex-no-such-user"]);
    assert_eq!(reading.name.as_deref(), Some("report-1@mx.example.net"));
    assert_eq!(reading.from, "mailer-daemon@yandex.example");
    assert_eq!(reading.subject, "Недоставленное сообщение");
    let reading = crate::read(&samples["broken/nothing-but-a-subject"]);
    assert_eq!((reading.name, reading.from.as_str(), reading.subject.as_str()), (None, "", "Undelivered"));
    // A report that somebody hands on is known by how it was handed on.
    let reading = crate::read(&samples["status/handed-on-by-a-person"]);
    assert_eq!(reading.name.as_deref(), Some("fwd-7@example.org"));
}

#[test]
fn all_that_leads_to_the_letter_is_found() {
    let about = crate::read(&all()["status/postfix-no-such-user"]).about;
    assert_eq!(about.addresses, [super::ADDRESS]);
    assert_eq!(about.links, [super::LINK, "mailto:u+k3x7qa2mz5@bounce.example.org?subject=unsubscribe"]);
    assert_eq!(about.message_ids, [super::MESSAGE_ID]);
    assert_eq!(about.recipients, ["kim@example.net"]);
    assert_eq!(about.failed, ["kim@example.net"]);
    assert!(about.quoted_ids.is_empty());
}

#[test]
fn whom_a_report_is_about_is_told_from_whom_the_letter_says_that_it_went_to() {
    let mut samples = all();
    let sample = samples.remove("status/postfix-no-such-user").expect("a sample");
    // A list or an alias stood behind the address.
    let expanded = String::from_utf8(sample)
        .expect("UTF-8")
        .replace("Recipient: rfc822; kim@example.net", "Recipient: rfc822; member@example.com")
        .replace("Recipient: rfc822;kim@example.net", "Recipient: rfc822; member@example.com");
    let about = crate::read(expanded.as_bytes()).about;
    assert_eq!(about.recipients, ["member@example.com", "kim@example.net"]);
    assert_eq!(about.failed, ["member@example.com"]);
    // Addresses that stand anywhere in a text may be somebody else's.
    let about = crate::read(&samples["words/qmail-no-such-user"]).about;
    assert_eq!((about.recipients.first().map(String::as_str), about.failed.len()), (Some("kim@example.net"), 0));
    let about = crate::read(&samples["words/exim-no-such-user"]).about;
    assert_eq!(about.failed, ["kim@example.net"]);
}
