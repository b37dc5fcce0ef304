//! Whatever somebody sends, it is taken, and comes to nothing that its writer may not say.

use super::{Sent, dsn, written};
use acts::intake::{KEPT_MOST, Message, Taken};
use domain::feedback::Via;
use std::fmt::Write as _;

/// A message of so many parts beside each other.
fn many_parts(count: usize) -> String {
    let mut text = "From: <eve@example.net>\r\nSubject: parts\r\nMIME-Version: 1.0\r\n\
                    Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        .to_owned();
    for number in 0..count {
        let _ = write!(text, "--x\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.0.{number}\r\n\r\n");
    }
    text.push_str("--x--\r\n");
    text
}

/// A message in a message in a message.
fn nested(depth: usize) -> String {
    let mut text = String::new();
    for number in 0..depth {
        let _ = write!(text, "Subject: {number}\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n");
    }
    text.push_str("Subject: innermost\r\n\r\nbody\r\n");
    text
}

/// Parts in parts.
fn nested_parts(depth: usize) -> String {
    let mut text = "Subject: nested\r\nMIME-Version: 1.0\r\n".to_owned();
    for number in 0..depth {
        let _ = write!(text, "Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n");
    }
    text
}

#[tokio::test]
async fn hostile_messages_are_taken_and_say_nothing() {
    let sent = Sent::with_paths().await;
    let random: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let messages: Vec<(&str, Vec<u8>)> = vec![
        ("10,000 parts", many_parts(10_000).into_bytes()),
        ("nested messages", nested(5_000).into_bytes()),
        ("nested parts", nested_parts(5_000).into_bytes()),
        ("a NUL in each field", b"From: e\0ve <eve@example.net>\r\nSubject: a\0b\r\n\r\nc\0d".to_vec()),
        ("no UTF-8", b"From: \xff\xfe <eve@example.net>\r\nSubject: \xe2\x82\r\n\r\n\xc0\x80".to_vec()),
        ("an encoded NUL", b"From: <eve@example.net>\r\nSubject: =?utf-8?B?AGEA?=\r\n\r\n".to_vec()),
        ("one long line", [b"Subject: ".to_vec(), vec![b'x'; KEPT_MOST - 9]].concat()),
        ("only a header that never ends", "X: y\r\n".repeat(KEPT_MOST / 6).into_bytes()),
        ("noise", random),
        ("one byte", b"x".to_vec()),
    ];
    let path = sent.path("bob");
    for (what, bytes) in &messages {
        for (via, to) in [(Via::Smtp, Some(path.as_str())), (Via::Pipe, None)] {
            let bytes = &bytes[..bytes.len().min(KEPT_MOST)];
            let message = Message { via, envelope_to: to, envelope_from: Some(""), ..written(bytes) };
            let taken = sent.takes(&message).await;
            // Some look like reports of the letter whose address they came to, and may be.
            let is_report = taken == Taken::Bounce && to.is_some();
            assert!(is_report || matches!(taken, Taken::Kept | Taken::Known | Taken::AutoReply), "{what}: {taken:?}");
        }
    }
    assert!(sent.kept().await > 0);
    for fact in sent.facts().await {
        assert_eq!(fact["BounceReported"]["letter"]["ordinal"], sent.letter("bob").ordinal, "{fact}");
    }
}

#[tokio::test]
async fn a_bounce_is_known_also_where_its_end_is_cut_off_and_where_it_says_what_postgresql_does_not_keep() {
    let sent = Sent::with_paths().await;
    let to = sent.path("ann");
    let whole = dsn("1", &to, "ann@example.org", &format!("X-Long: {}", "a".repeat(2 * KEPT_MOST)));
    let message = Message {
        size: whole.len() as u64,
        envelope_from: Some(""),
        envelope_to: Some(&to),
        ..written(&whole.as_bytes()[..KEPT_MOST])
    };
    assert_eq!(sent.takes(&message).await, Taken::Bounce);
    let odd = dsn("2", &to, "ann@example.org", "X-Nothing: 1").replace("no such user", "no \0such\0 user");
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &odd).await, Taken::Bounce);
    assert_eq!(sent.facts().await.len(), 2);
}
