//! One letter to one recipient, as bytes ready for DATA.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        self, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

/// The longest line that SMTP carries, without its CRLF (RFC 5321, 4.5.3.1.6).
const LONGEST_LINE: usize = 998;

/// 9999-12-31T23:59:59Z, the last second that a Date header can hold.
const LAST_SECOND: u64 = 253_402_300_799;

/// Headers that the letter itself sets, or that only the receiving side may set.
const RESERVED: [&str; 13] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "return-path",
    "received",
    "delivered-to",
    "dkim-signature",
];

/// An address with an optional name, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox(message::Mailbox);

impl Mailbox {
    /// From an address and a name as people type them.
    ///
    /// Control characters in the name become spaces, an empty name is none, and a domain outside ASCII becomes its
    /// A-label (RFC 5890), so that only a local part may need SMTPUTF8.
    pub fn new(address: &str, name: Option<&str>) -> Result<Self, LetterError> {
        let name = name.map(one_line).filter(|name| !name.is_empty());
        Ok(Self(message::Mailbox::new(name, parse_address(address)?)))
    }

    /// From `news@example.org` or `Aurora News <news@example.org>`, as a setting holds it.
    pub fn parse(text: &str) -> Result<Self, LetterError> {
        let text = text.trim();
        match text.strip_suffix('>').and_then(|start| start.rsplit_once('<')) {
            Some((name, address)) => {
                let name = name.trim();
                let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
                let name = quoted.map_or_else(|| name.to_owned(), |name| name.replace("\\\"", "\"").replace("\\\\", "\\"));
                Self::new(address, Some(&name))
            }
            None => Self::new(text, None),
        }
    }

    /// The bare address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    /// The name, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }
}

/// What a letter is built from. Message-ID and date come from outside, so that they stay the same over all attempts.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// Header and envelope sender.
    pub from: &'a Mailbox,
    /// The only recipient.
    pub to: &'a Mailbox,
    /// Line breaks become spaces.
    pub subject: &'a str,
    /// The plain text; any line endings.
    pub text: &'a str,
    /// With it the letter is multipart/alternative.
    pub html: Option<&'a str>,
    /// `left@right`, with or without angle brackets.
    pub message_id: &'a str,
    /// The Date header.
    pub date: DateTime<Utc>,
    /// Further headers such as `X-SkyMailing-Run`. Those that the letter itself sets are refused.
    pub headers: &'a [(&'a str, &'a str)],
}

/// A letter: envelope and bytes. The same contents give the same bytes.
#[derive(Clone)]
pub struct Letter {
    pub(super) from: Address,
    pub(super) recipient: Address,
    pub(super) is_ascii: bool,
    bytes: Vec<u8>,
}

impl Letter {
    /// Builds the letter.
    pub fn new(contents: Contents<'_>) -> Result<Self, LetterError> {
        let Contents { from: Mailbox(from), to: Mailbox(to), subject, text, html, message_id, date, headers } = contents;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()]).map_err(build_error)?;
        let mut builder = Message::builder()
            .envelope(envelope)
            .from(from.clone())
            .to(to.clone())
            .subject(one_line(subject))
            .date(system_time(date)?)
            .message_id(Some(parse_message_id(message_id)?));
        for (name, value) in headers {
            builder = builder.raw_header(parse_header(name, value)?);
        }
        let text = clean_lines(text);
        let message = match html {
            None => builder.singlepart(SinglePart::plain(text)),
            Some(html) => {
                let html = clean_lines(html);
                let boundary = boundary(message_id, &text, &html);
                builder.multipart(
                    MultiPart::alternative()
                        .boundary(boundary)
                        .singlepart(SinglePart::plain(text))
                        .singlepart(SinglePart::html(html)),
                )
            }
        };
        let bytes = message.map_err(build_error)?.formatted();
        check_lines(&bytes)?;
        Ok(Self { from: from.email.clone(), recipient: to.email.clone(), is_ascii: bytes.is_ascii(), bytes })
    }

    /// The whole letter as it goes after DATA, without dot-stuffing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The envelope sender.
    #[must_use]
    pub fn from(&self) -> &str {
        self.from.as_ref()
    }

    /// The envelope recipient.
    #[must_use]
    pub fn recipient(&self) -> &str {
        self.recipient.as_ref()
    }
}

/// Shows neither addresses nor contents.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

fn parse_address(given: &str) -> Result<Address, LetterError> {
    let refused = || LetterError::Address { address: given.to_owned() };
    let trimmed = given.trim();
    if trimmed.chars().any(char::is_control) {
        return Err(refused());
    }
    let (local, domain) = trimmed.rsplit_once('@').ok_or_else(refused)?;
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        url::Host::parse(domain).map_err(|_| refused())?.to_string()
    };
    Address::new(local, domain).map_err(|_| refused())
}

/// lettre takes a Message-ID as it is, so it is checked here.
fn parse_message_id(given: &str) -> Result<String, LetterError> {
    let bare = given.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(given);
    let good = bare.len() <= 250
        && bare.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&byte))
        && bare.split('@').count() == 2
        && bare.split('@').all(|side| !side.is_empty());
    if good { Ok(format!("<{bare}>")) } else { Err(LetterError::MessageId { message_id: given.to_owned() }) }
}

fn parse_header(name: &str, value: &str) -> Result<HeaderValue, LetterError> {
    let refused = |why| LetterError::Header { name: name.to_owned(), why };
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("content-") {
        return Err(refused("the letter sets it itself"));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(refused("its name may have letters, digits and hyphens only"));
    }
    if value.chars().any(char::is_control) {
        return Err(refused("its value has control characters or line breaks"));
    }
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| refused("its name is empty or too long"))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}

/// lettre panics for what a Date header cannot hold.
fn system_time(date: DateTime<Utc>) -> Result<SystemTime, LetterError> {
    u64::try_from(date.timestamp())
        .ok()
        .filter(|seconds| *seconds <= LAST_SECOND)
        .map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .ok_or(LetterError::Date { date })
}

/// Names and subjects come from spreadsheets and merge fields; a line break in them is noise, or an attempt to add a
/// header.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

/// Only `\n` ends a line (lettre makes CRLF of it; a bare CR is how letters are smuggled into other letters), and of the
/// control characters only tab stays.
fn clean_lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 1);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\n' | '\t' => clean.push(c),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    // The end of the last line is lettre's to write.
    clean.truncate(clean.trim_end_matches('\n').len());
    clean
}

/// lettre's own boundary is random; this one is the same for the same contents. `=_` never comes out of
/// quoted-printable or base64 (RFC 2045, 6.7), and for parts that go as they are it is made sure here.
fn boundary(message_id: &str, text: &str, html: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (message_id, text, html).hash(&mut hasher);
    let mut number = hasher.finish();
    loop {
        let boundary = format!("=_{number:016x}");
        if !text.contains(&boundary) && !html.contains(&boundary) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}

/// The last look before the wire: whatever lettre made of names and words, a bare CR or LF never leaves, and no line is
/// longer than SMTP carries.
fn check_lines(bytes: &[u8]) -> Result<(), LetterError> {
    for line in bytes.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LONGEST_LINE {
            return Err(LetterError::Build { why: "a header has a word that is longer than a line of a letter".to_owned() });
        }
        if line.contains(&b'\r') {
            return Err(LetterError::Build { why: "it would have a bare carriage return".to_owned() });
        }
    }
    let bare_newline = bytes.iter().enumerate().any(|(at, &byte)| byte == b'\n' && (at == 0 || bytes[at - 1] != b'\r'));
    if bare_newline {
        return Err(LetterError::Build { why: "it would have a bare line feed".to_owned() });
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is the function for map_err")]
fn build_error(error: lettre::error::Error) -> LetterError {
    LetterError::Build { why: error.to_string() }
}

/// Why a letter cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// The address is none.
    #[error("{address:?} is not an e-mail address such as name@example.org")]
    Address {
        /// As given.
        address: String,
    },
    /// The message id is none.
    #[error("{message_id:?} is not a Message-ID: it is left@right in printable ASCII")]
    MessageId {
        /// As given.
        message_id: String,
    },
    /// The header's name is none, is reserved, or the value has line breaks.
    #[error("the header {name:?} cannot be set: {why}")]
    Header {
        /// The header's name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The date is outside of the years 1970 to 9999.
    #[error("a letter cannot be dated {date}; years go from 1970 to 9999")]
    Date {
        /// As given.
        date: DateTime<Utc>,
    },
    /// It cannot be built from these parts.
    #[error("the letter cannot be built: {why}")]
    Build {
        /// What is wrong.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    const OURS: [&str; 9] = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-SkyMailing-Run",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];

    fn mailbox(address: &str, name: &str) -> Mailbox {
        Mailbox::new(address, Some(name)).expect("a good address")
    }

    fn shown(subject: &str, name: &str, text: &str, html: Option<&str>) -> String {
        let from = mailbox("news@example.org", "Aurora");
        let to = mailbox("kim@example.com", name);
        let letter = Letter::new(contents(&from, &to, subject, text, html)).expect("a letter");
        String::from_utf8(letter.bytes().to_vec()).expect("UTF-8")
    }

    fn contents<'a>(from: &'a Mailbox, to: &'a Mailbox, subject: &'a str, text: &'a str, html: Option<&'a str>) -> Contents<'a> {
        Contents {
            from,
            to,
            subject,
            text,
            html,
            message_id: "1.2@example.org",
            date: Utc.with_ymd_and_hms(2026, 5, 1, 10, 0, 0).single().expect("a date"),
            headers: &[("X-SkyMailing-Run", "42")],
        }
    }

    fn header_names(letter: &str) -> Vec<&str> {
        let (head, _) = letter.split_once("\r\n\r\n").expect("a head and a body");
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split(':').next()).collect()
    }

    #[test]
    fn a_letter_in_ascii_goes_as_it_is() {
        let letter = shown("Hello", "Kim", "Dear Kim,\n.\nbye\n", None);
        assert_eq!(
            letter,
            "From: Aurora <news@example.org>\r\nTo: Kim <kim@example.com>\r\nSubject: Hello\r\n\
             Date: Fri, 01 May 2026 10:00:00 +0000\r\nMessage-ID: <1.2@example.org>\r\nX-SkyMailing-Run: 42\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
             Dear Kim,\r\n.\r\nbye\r\n"
        );
    }

    #[test]
    fn the_same_contents_give_the_same_bytes() {
        assert_eq!(shown("Hi", "Kim", "a", Some("<p>a</p>")), shown("Hi", "Kim", "a", Some("<p>a</p>")));
    }

    #[test]
    fn names_and_subjects_outside_ascii_are_encoded() {
        let letter = shown("Grüße 🌍", "Łukasz Ø", "a tortoise is a żółw in Polish", Some("<p>żółw</p>"));
        assert!(letter.is_ascii(), "{letter}");
        assert!(letter.contains("Content-Type: multipart/alternative"));
        assert!(letter.contains("quoted-printable"));
    }

    #[test]
    fn line_breaks_in_names_and_subjects_add_no_header() {
        let evil = "x\r\nBcc: victim@example.net\r\n\r\nbody";
        let letter = shown(evil, evil, "text", None);
        assert_eq!(header_names(&letter), OURS);
    }

    #[test]
    fn a_name_cannot_add_a_recipient() {
        let letter = shown("s", "Kim\" <a@example.net>, \"Eve", "text", None);
        let to = letter.lines().find(|line| line.starts_with("To:")).expect("a To header");
        assert_eq!(to, "To: =?utf-8?b?S2ltIiA8YUBleGFtcGxlLm5ldD4sICJFdmU=?= <kim@example.com>");
    }

    #[test]
    fn addresses_that_are_none_are_errors() {
        for bad in ["", "kim", "kim@", "@example.org", "kim@exa mple.org", "kim@example.org\r\nRCPT TO:<x@y.z>", "a\u{0}b@example.org", "<kim@example.org>"] {
            assert!(Mailbox::new(bad, None).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_domain_outside_ascii_becomes_its_a_label() {
        assert_eq!(mailbox("kim@bücher.example", "").address(), "kim@xn--bcher-kva.example");
    }

    #[test]
    fn a_setting_names_the_sender() {
        let cases = [
            ("news@example.org", None, "news@example.org"),
            ("Aurora News <news@example.org>", Some("Aurora News"), "news@example.org"),
            ("\"Aurora, News\" <news@example.org>", Some("Aurora, News"), "news@example.org"),
            ("<news@example.org>", None, "news@example.org"),
        ];
        for (text, name, address) in cases {
            let mailbox = Mailbox::parse(text).expect(text);
            assert_eq!((mailbox.name(), mailbox.address()), (name, address), "{text}");
        }
        assert!(Mailbox::parse("Aurora News").is_err());
    }

    #[test]
    fn headers_that_would_change_the_letter_are_refused() {
        let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
        for header in [("Bcc", "x@example.org"), ("content-type", "text/html"), ("X Y", "1"), ("", "1"), ("X-A:", "1"), ("X-A", "1\r\nBcc: x@example.org")] {
            let refused = Letter::new(Contents { headers: &[header], ..contents(&from, &to, "s", "t", None) });
            assert!(matches!(refused, Err(LetterError::Header { .. })), "{header:?}");
        }
    }

    #[test]
    fn a_message_id_that_is_none_is_an_error() {
        let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
        for message_id in ["", "x", "a@b@c", "a b@c", "<a@b", "a@b>\r\nBcc: x@y", "@b"] {
            let refused = Letter::new(Contents { message_id, ..contents(&from, &to, "s", "t", None) });
            assert!(matches!(refused, Err(LetterError::MessageId { .. })), "{message_id:?}");
        }
    }

    #[test]
    fn a_date_that_no_header_holds_is_an_error() {
        let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
        for date in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let refused = Letter::new(Contents { date, ..contents(&from, &to, "s", "t", None) });
            assert!(matches!(refused, Err(LetterError::Date { .. })), "{date}");
        }
    }

    #[test]
    fn a_subject_that_no_line_holds_is_an_error() {
        let (from, to) = (mailbox("a@example.org", ""), mailbox("b@example.org", ""));
        assert!(Letter::new(contents(&from, &to, &"x".repeat(2000), "t", None)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_in_the_parts_only_our_headers_come_out(
            subject in any::<String>(), name in any::<String>(), text in any::<String>(), html in proptest::option::of(any::<String>()),
        ) {
            let from = mailbox("news@example.org", &name);
            let to = mailbox("kim@example.com", &name);
            if let Ok(letter) = Letter::new(contents(&from, &to, &subject, &text, html.as_deref())) {
                prop_assert!(letter.is_ascii);
                let letter = String::from_utf8(letter.bytes().to_vec()).expect("UTF-8");
                prop_assert_eq!(&header_names(&letter)[..7], &OURS[..7]);
                prop_assert!(header_names(&letter).iter().all(|name| OURS.contains(name)));
                prop_assert!(!letter.replace("\r\n", "").contains(['\r', '\n']));
            }
        }
    }
}
