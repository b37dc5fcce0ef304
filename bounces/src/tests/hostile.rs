//! What nobody should send, and somebody will.

use super::samples;
use crate::reading::READ_MOST;
use crate::{Reading, Says};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// How long a message may take here, where nothing is optimised and other tests run. It takes a tenth of that, and without bounds minutes.
const PATIENCE: Duration = Duration::from_secs(20);

fn repeated(what: &str) -> String {
    what.repeat(READ_MOST / what.len() + 1)
}

fn many(one: impl Fn(usize) -> String) -> String {
    (0..10_000).map(one).collect::<Vec<_>>().concat()
}

/// A report whose text is this.
fn told(text: &str) -> String {
    format!("From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n\n{text}")
}

#[test]
fn work_is_bounded_whatever_is_sent() {
    let parts = "Content-Type: multipart/report; boundary=x\n\n";
    for (name, message) in [
        (
            "10,000 parts",
            format!("{parts}{}", "--x\nContent-Type: message/delivery-status\n\nAction: failed\n\n".repeat(10_000)),
        ),
        ("10,000 letters", format!("{parts}{}", "--x\nContent-Type: message/rfc822\n\nSubject: x\n\n".repeat(10_000))),
        ("parts within parts", many(|at| format!("Content-Type: multipart/mixed; boundary={at}\n\n--{at}\n"))),
        (
            "parts without their boundary",
            format!("{parts}{}", repeated("--x\nContent-Type: multipart/mixed; boundary=y\n\n")),
        ),
        ("letters within letters", repeated("Content-Type: message/rfc822\n\n")),
        ("10,000 fields", many(|at| format!("X-{at}: List-Unsubscribe: <https://example.org/{at}>\n"))),
        ("10,000 recipients", format!("{}\n{}", parts, repeated("Final-Recipient: rfc822; a@b\nAction: failed\n\n"))),
        ("a field in half a megabyte of lines", format!("Subject: x\n{}", repeated(" y\n"))),
        ("a line of half a megabyte", told(&repeated("x"))),
        ("a field of half a megabyte", format!("Subject: {}", repeated("=?utf-8?q?x"))),
        ("encoded words", format!("Subject: {}\nFrom: {}", "=?".repeat(4_000), repeated("=?utf-8?b?"))),
        ("addresses", told(&repeated("a@b "))),
        ("at signs", told(&repeated("@"))),
        ("quotation marks", told(&repeated("\"@"))),
        ("codes", told(&repeated("5.1.1 "))),
        ("lines with codes", told(&repeated("x said: 550\n\n"))),
        ("lines", told(&repeated("a\n"))),
        ("announcements", told(&repeated("Original message:\n\n"))),
        ("fields in the text", told(&repeated("Subject: x\n"))),
        ("fields apart in the text", told(&repeated("Subject: x\nTo: a@b\n\n"))),
        ("quoted fields in the text", told(&repeated("> > Received: x\n"))),
        ("tags", format!("From: MAILER-DAEMON@x\nContent-Type: text/html\n\n{}", repeated("<a <!-- &lt;"))),
        ("signs of tags", format!("From: MAILER-DAEMON@x\nContent-Type: text/html\n\n{}", repeated("<"))),
        ("signs of entities", format!("From: MAILER-DAEMON@x\nContent-Type: text/html\n\n{}", repeated("&#"))),
        ("references", format!("References: {}\n\n", repeated("<a@b> "))),
        ("nothing at all", repeated("\0")),
        ("empty lines", repeated("\n")),
    ] {
        let start = Instant::now();
        let reading = crate::read(message.as_bytes());
        assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
        for list in [reading.about.addresses, reading.about.links, reading.about.message_ids, reading.about.recipients]
        {
            assert!(list.len() <= 20, "{name}: {}", list.len());
        }
        assert!(reading.subject.chars().count() < 1_000 && reading.from.chars().count() < 1_000, "{name}");
    }
}

#[test]
fn what_stands_behind_what_is_read_is_no_matter() {
    let sample = &samples::all()["status/postfix-no-such-user"];
    let mut longer = sample.clone();
    longer.extend(std::iter::repeat_n(b'x', 2 * READ_MOST));
    assert_eq!(crate::read(&longer).says, crate::read(sample).says);
    let mut behind = vec![b'\n'; READ_MOST];
    behind.extend_from_slice(sample);
    assert_eq!(crate::read(&behind).says, Says::Unclear);
}

#[test]
fn samples_may_be_cut_off_anywhere() {
    for sample in samples::all().into_values() {
        for end in (0..sample.len()).step_by(31) {
            let _ = crate::read(&sample[..end]);
        }
    }
}

/// Whether something is in it that a database does not take, or that ends a line.
fn has_control_characters(reading: &Reading) -> bool {
    let about = &reading.about;
    let lists = [&about.addresses, &about.links, &about.message_ids, &about.recipients].into_iter().flatten();
    let said = match &reading.says {
        Says::Bounce(bounce) => bounce.words.as_ref(),
        Says::Complaint { kind } => kind.as_ref(),
        Says::AutoReply | Says::Challenge | Says::Letter | Says::Unclear => None,
    };
    let others = [Some(&reading.from), Some(&reading.subject), reading.name.as_ref(), reading.by.as_ref(), said];
    lists.chain(others.into_iter().flatten()).any(|text| text.contains(char::is_control))
}

#[test]
fn nothing_is_handed_on_that_cannot_be_stored() {
    for report in [
        "From: =?utf-8?q?a=00b?= <mailer-daemon@x\0y>\nTo: a\0@b\nSubject: =?utf-8?q?a=0Ab?=\nMessage-ID: <a\0b>\n\n550 \0 5.1.1\n",
        "From: a\0@b\nContent-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: a\0b\n",
        "From: <>\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\0b\nFinal-Recipient: a\0@b\nAction: failed\n",
    ] {
        let reading = crate::read(report.as_bytes());
        assert!(!has_control_characters(&reading), "{reading:?}");
    }
}

proptest! {
    #[test]
    fn bytes_are_read_without_fault(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = crate::read(&bytes);
    }

    #[test]
    fn texts_are_read_without_fault(text in "([A-Za-z-]{1,12}: [ -~а-я]{0,30}\n ?){0,12}\n?([ -~а-яé@<>]{0,40}\n){0,12}") {
        let _ = crate::read(text.as_bytes());
    }

    #[test]
    fn samples_that_somebody_has_changed_are_read_without_fault(
        which: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>(), 0_usize..200), 1..12),
    ) {
        let samples: Vec<Vec<u8>> = samples::all().into_values().collect();
        let mut bytes = which.get(&samples).clone();
        for (place, how, byte, length) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..end)),
                2 => bytes.insert(at, byte),
                _ => {
                    let piece = bytes[at..end].to_vec();
                    let to = usize::from(byte) % (bytes.len() + 1);
                    bytes.splice(to..to, piece);
                }
            }
        }
        let reading = crate::read(&bytes);
        prop_assert!(!has_control_characters(&reading), "{reading:?}");
        if let Says::Bounce(bounce) = reading.says {
            prop_assert!(bounce.words.unwrap_or_default().chars().count() <= domain::feedback::MAX_WORDS);
        }
    }
}
