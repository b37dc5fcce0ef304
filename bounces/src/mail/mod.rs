//! A message that came in: its header, and its parts.
//!
//! Nothing here trusts what it reads. Whatever the bytes are, it reads them once for each level of parts, and makes no more of them than
//! they are.

pub(crate) mod address;
mod charset;
mod fields;
mod html;
mod lines;
mod parts;

pub(crate) use fields::{Field, Fields, is_field};
pub(crate) use lines::with_plain_ends;
pub(crate) use parts::Part;

use lines::without_empty_lines;
use std::borrow::Cow;

/// A message, taken apart.
pub(crate) struct Mail<'m> {
    /// Its header.
    pub(crate) fields: Fields,
    /// Its parts that have no parts of their own, in their order; at least one.
    pub(crate) parts: Vec<Part<'m>>,
}

/// What a part is in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The part of a complaint that programs read (RFC 5965).
    Complaint,
    /// The part of a delivery status notification that programs read (RFC 3464, RFC 6533).
    Status,
    /// The part of a read receipt that programs read (RFC 8098).
    Receipt,
    /// The letter, or its header.
    Letter,
    /// Text for people.
    Text,
    /// HTML for people.
    Html,
    /// Something else.
    Other,
}

impl<'m> Mail<'m> {
    /// Takes a message apart whose lines end in one sign ([`with_plain_ends`]).
    pub(crate) fn read(bytes: &'m [u8]) -> Self {
        let (fields, body) = Fields::read(without_empty_lines(bytes));
        let parts = Part::all(fields.clone(), body);
        Self { fields, parts }
    }

    /// The report that came in the place of a letter, as gateways and people hand reports on. The letters that reports are about are none.
    pub(crate) fn report_within(&self) -> Option<Cow<'_, [u8]>> {
        let own = self.parts.iter().any(|part| matches!(part.role(), Role::Complaint | Role::Status | Role::Receipt));
        let is_report = |part: &&Part<'_>| {
            let kind = part.letter().get("content-type").unwrap_or_default().to_ascii_lowercase();
            kind.starts_with("multipart/report") && !part.is_letter
        };
        self.of(Role::Letter).find(is_report).filter(|_| !own).map(Part::bytes)
    }

    /// The parts of one role.
    pub(crate) fn of(&self, role: Role) -> impl Iterator<Item = &Part<'m>> {
        self.parts.iter().filter(move |part| part.role() == role)
    }
}

impl Part<'_> {
    /// What it is in a report.
    pub(crate) fn role(&self) -> Role {
        match self.kind.as_str() {
            "message/feedback-report" => Role::Complaint,
            "message/delivery-status" | "message/global-delivery-status" => Role::Status,
            "message/disposition-notification" | "message/global-disposition-notification" => Role::Receipt,
            "message/rfc822" | "message/global" | "message/rfc822-headers" | "message/global-headers" => Role::Letter,
            "text/rfc822-headers" | "text/rfc822-header" | "text/rfc822" => Role::Letter,
            _ if self.is_letter => Role::Letter,
            "text/html" => Role::Html,
            kind if kind.starts_with("text/") => Role::Text,
            _ => Role::Other,
        }
    }

    /// The header of the letter, if it is one.
    pub(crate) fn letter(&self) -> Fields {
        match self.kind.as_str() {
            _ if self.is_letter => self.fields.clone(),
            _ => Fields::read(without_empty_lines(&self.bytes())).0,
        }
    }

    /// What people read of it.
    pub(crate) fn words(&self) -> String {
        match self.role() {
            Role::Html => html::words(&self.text()),
            Role::Complaint | Role::Status | Role::Receipt | Role::Letter | Role::Text | Role::Other => self.text(),
        }
    }
}

/// The next place at or before this one where a character begins.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_one_sign_however_they_ended() {
        for (bytes, expected) in [
            (&b"a\r\nb\r\n"[..], &b"a\nb\n"[..]),
            (b"a\nb\r\n", b"a\nb\n"),
            (b"a\rb\r\r", b"a\nb\n\n"),
            (b"a\rb\n", b"a\rb\n"),
            (b"a\r\r\n", b"a\r\n"),
            (b"", b""),
        ] {
            assert_eq!(with_plain_ends(bytes), expected);
        }
    }

    #[test]
    fn parts_have_roles() {
        let message = b"\n\nContent-Type: multipart/report; boundary=x\n\n--x\n\nHello\n--x\nContent-Type: text/html\n\n<b>Hello</b>\n\
            --x\nContent-Type: message/global-delivery-status\n\nAction: failed\n--x\nContent-Type: message/rfc822\n\n\nSubject: one\n\nbody\n\
            --x\nContent-Type: text/rfc822-headers\n\nSubject: two\n--x\nReceived: from x\nMessage-ID: <3@x>\nSubject: three\n\nbody\n\
            --x\nContent-Type: image/png\n\n\n--x--\n";
        let mail = Mail::read(message);
        let roles: Vec<Role> = mail.parts.iter().map(Part::role).collect();
        assert_eq!(
            roles,
            [Role::Text, Role::Html, Role::Status, Role::Letter, Role::Letter, Role::Letter, Role::Other]
        );
        let subjects: Vec<String> = mail.of(Role::Letter).map(|part| part.letter().words("subject")).collect();
        assert_eq!(subjects, ["one", "two", "three"]);
        assert_eq!(mail.parts[1].words(), "Hello");
    }

    #[test]
    fn a_letter_that_is_encoded_is_read_all_the_same() {
        let message =
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogb25lDQoNCmJvZHkNCg==\n";
        assert_eq!(Mail::read(message).parts[0].letter().words("subject"), "one");
    }
}
