//! A message with what the mail server says of it, as far as more than its [reading](bounces::read) is needed.

use super::message::Message;
use domain::feedback::Via;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// How much of a header is looked through, in bytes.
const HEADER: usize = 64 * 1024;

/// How much of a body tells it from others, in bytes: less than is ever cut off.
const TELLING: usize = 64 * 1024;

/// The fields of a header by which a message is told from others. Those of the way that it took are others each time.
const SAME: [&str; 5] = ["from", "to", "subject", "date", "message-id"];

/// The fields of a header that name whom a message came to, from what the last mail server says to what its writer does.
const CAME_TO: [&str; 4] = ["delivered-to", "x-original-to", "envelope-to", "to"];

/// What mail servers write to a program for the null sender, as no argument can be less than nothing (Postfix, `null_sender`).
const NOBODY: &str = "MAILER-DAEMON";

/// A message, and its header taken apart.
#[derive(Debug)]
pub(super) struct Post<'a> {
    message: Message<'a>,
    /// Without the line that mailboxes and some pipes put before it.
    bytes: &'a [u8],
    body: &'a [u8],
    /// Names in small letters, and values in one line each.
    fields: Vec<(String, String)>,
}

impl<'a> Post<'a> {
    pub(super) fn of(message: &Message<'a>) -> Self {
        let bytes = without_mbox_line(message.bytes);
        let (header, body) = split(bytes);
        Self { message: *message, bytes, body, fields: fields(header) }
    }

    /// The message itself.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The first value of a field, whose name is given in small letters.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn values<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        self.fields.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is from the null sender, to whom nobody may answer (RFC 5321, section 4.5.5).
    pub(super) fn is_from_nobody(&self) -> bool {
        match (self.message.envelope_from, self.value("return-path")) {
            (Some(from), _) => is_nobody(from),
            (None, Some(path)) => is_nobody(path),
            (None, None) => false,
        }
    }

    /// All that may be the address which it came to, what says most first. What its writer says of that counts only where no mail server
    /// says it: of what programs hand over, and of what lies in a mailbox.
    pub(super) fn came_to(&self) -> Vec<&str> {
        let envelope = self.message.envelope_to.into_iter();
        match self.message.via {
            Via::Pipe | Via::Imap => {
                let values = CAME_TO.into_iter().flat_map(|name| self.values(name));
                envelope.chain(values.flat_map(addresses)).collect()
            }
            Via::Smtp | Via::Ses | Via::Sendgrid | Via::Mailgun | Via::Postmark | Via::Brevo => envelope.collect(),
        }
    }

    /// What stays the same of it when it comes again, by whichever way.
    pub(super) fn digest(&self) -> String {
        let same = |name: &str| {
            let values: Vec<&str> = self.values(name).collect();
            format!("{name}:{}\n", values.join("\n"))
        };
        let header: String = SAME.into_iter().map(same).collect();
        let body: Vec<u8> = self.body.iter().copied().filter(|byte| *byte != b'\r').take(TELLING).collect();
        digest_of(&[header.as_bytes(), &body])
    }
}

/// A digest of these, one after the other, in small hexadecimal digits.
pub(super) fn digest_of(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether an address of an envelope is the null sender.
fn is_nobody(address: &str) -> bool {
    let bare = address.trim().trim_start_matches('<').trim_end_matches('>').trim();
    bare.is_empty() || bare.eq_ignore_ascii_case(NOBODY)
}

/// A message without the line `From ...` before its header, which is how mailboxes are written (RFC 4155).
fn without_mbox_line(bytes: &[u8]) -> &[u8] {
    if !bytes.starts_with(b"From ") {
        return bytes;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    &bytes[end..]
}

/// The header and the body.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line == b"\n" || line == b"\r\n" {
            return (&bytes[..at], &bytes[at + line.len()..]);
        }
        at += line.len();
    }
    (bytes, &[])
}

/// The fields of a header, each in one line.
fn fields(header: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(&header[..header.len().min(HEADER)]);
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

/// What may be an address in the value of a field.
fn addresses(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"' | '(' | ')' | ':'));
    words.filter(|word| word.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message<'_> {
        Message {
            bytes: text.as_bytes(),
            size: text.len() as u64,
            via: Via::Pipe,
            envelope_from: None,
            envelope_to: None,
        }
    }

    #[test]
    fn a_header_is_read_as_far_as_it_is_one() {
        let text = "Subject: a\r\n  longer\r\n\tone\r\nnonsense\r\nTO:Ann <ann@example.org>\r\n\r\nTo: nobody\r\n";
        let told = message(text);
        let post = Post::of(&told);
        assert_eq!(post.value("subject"), Some("a longer one"));
        assert_eq!((post.value("to"), post.value("from")), (Some("Ann <ann@example.org>"), None));
        assert_eq!(post.body, b"To: nobody\r\n");
        for (text, body) in [("", ""), ("\n", ""), ("\r\nbody", "body"), ("no header", ""), ("a: b\n\nc", "c")] {
            assert_eq!(split(text.as_bytes()).1, body.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn the_line_that_mailboxes_begin_with_is_no_part_of_a_message() {
        let told = message("From MAILER-DAEMON Mon May  4 09:00:00 2026\nSubject: x\n\nbody");
        let post = Post::of(&told);
        assert_eq!((post.value("subject"), post.bytes()), (Some("x"), "Subject: x\n\nbody".as_bytes()));
        assert_eq!(Post::of(&message("From nobody")).bytes(), b"");
        assert_eq!(Post::of(&message("From: ann@example.org\n\n")).value("from"), Some("ann@example.org"));
    }

    #[test]
    fn the_null_sender_is_nobody_however_it_is_written() {
        for (from, nobody) in [
            (Some(""), true),
            (Some("<>"), true),
            (Some(" < > "), true),
            (Some("mailer-daemon"), true),
            (Some("ann@example.org"), false),
            (Some("mailer-daemon@example.org"), false),
            (None, false),
        ] {
            let told = Message { envelope_from: from, ..message("Subject: x\n\n") };
            assert_eq!(Post::of(&told).is_from_nobody(), nobody, "{from:?}");
        }
        assert!(Post::of(&message("Return-Path: <>\n\n")).is_from_nobody());
        let told = Message { envelope_from: Some("ann@example.org"), ..message("Return-Path: <>\n\n") };
        assert!(!Post::of(&told).is_from_nobody(), "the mail server knows better");
    }

    #[test]
    fn only_where_no_mail_server_says_it_a_header_says_what_a_message_came_to() {
        let text = "To: \"Leave, please\" <u+1@b.example>, u+2@b.example\nDelivered-To: u+3@b.example\n\nu+4@b.example";
        let came_to = |via, envelope_to| {
            let told = Message { via, envelope_to, ..message(text) };
            Post::of(&told).came_to().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(came_to(Via::Imap, None), ["u+3@b.example", "u+1@b.example", "u+2@b.example"]);
        assert_eq!(came_to(Via::Pipe, Some("box@example.org")).len(), 4);
        assert_eq!(came_to(Via::Smtp, Some("u+5@b.example")), ["u+5@b.example"]);
        assert!(came_to(Via::Smtp, None).is_empty());
    }

    #[test]
    fn a_message_is_the_same_whichever_way_it_took() {
        let digest = |text: &str| Post::of(&message(text)).digest();
        let first = digest("Received: by a\nFrom: x\nSubject: y\n\none\ntwo\n");
        assert_eq!(first, digest("From: x\r\nReceived: by b\r\nX-Spam: no\r\nsubject: y\r\n\r\none\r\ntwo\r\n"));
        assert_eq!(first.len(), 64);
        for other in
            ["From: x\nSubject: z\n\none\ntwo\n", "From: x\nSubject: y\n\none\n", "From: x y\n\none\ntwo\n", ""]
        {
            assert_ne!(first, digest(other), "{other}");
        }
        let long = format!("From: x\n\n{}", "a".repeat(TELLING + 1));
        assert_eq!(digest(&long), digest(&format!("{long}cut off elsewhere")), "what is cut off tells nothing");
    }
}
