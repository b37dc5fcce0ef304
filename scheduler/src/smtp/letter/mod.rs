//! One letter to one recipient, as bytes ready for DATA.

mod error;

pub use error::LetterError;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use domain::EmailAddress;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        self, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use super::header;
use super::structured::Structured;

/// The longest line that SMTP carries, without its CRLF (RFC 5321, 4.5.3.1.6).
const LONGEST_LINE: usize = 998;

/// 9999-12-31T23:59:59Z, the last second that a Date header can hold.
const LAST_SECOND: u64 = 253_402_300_799;

/// Headers that the letter itself sets, or that only the receiving side may set.
const RESERVED: [&str; 14] = [
    "from",
    "sender",
    "reply-to",
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
                let name =
                    quoted.map_or_else(|| name.to_owned(), |name| name.replace("\\\"", "\"").replace("\\\\", "\\"));
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

    /// The address' domain, which is the right side of `Message-ID`s (RFC 5322, section 3.6.4).
    #[must_use]
    pub fn domain(&self) -> String {
        self.address().rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned()
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
    /// Header and envelope sender; [`Letter::returning_to`] has it come back elsewhere.
    pub from: &'a Mailbox,
    /// Where replies go, if not to the sender.
    pub reply_to: Option<&'a Mailbox>,
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
    /// Further headers such as `X-SkyMailing-Run`, as free text. Those that the letter itself sets are refused.
    pub headers: &'a [(&'a str, &'a str)],
    /// Headers that programs read, behind all others, in this order.
    pub structured: &'a [&'a Structured],
}

/// A letter: envelope and bytes. The same contents give the same bytes.
#[derive(Clone)]
pub struct Letter {
    pub(super) from: Address,
    pub(super) recipient: Address,
    pub(super) is_ascii: bool,
    /// Whether who it is from, and where replies go, is outside ASCII. So are its header fields then, wherever it comes back to.
    pub(super) names_beyond_ascii: bool,
    bytes: Vec<u8>,
}

impl Letter {
    /// Builds the letter.
    pub fn new(contents: Contents<'_>) -> Result<Self, LetterError> {
        let Contents { from: Mailbox(from), to: Mailbox(to), subject, text, html, .. } = contents;
        let Contents { reply_to, message_id, date, headers, structured, .. } = contents;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()]).map_err(build_error)?;
        let mut builder = Message::builder()
            .envelope(envelope)
            .raw_header(header::mailbox("From", from.name.as_deref(), from.email.as_ref()))
            .raw_header(header::mailbox("To", to.name.as_deref(), to.email.as_ref()))
            .raw_header(header::text(HeaderName::new_from_ascii_str("Subject"), &one_line(subject)))
            .date(system_time(date)?)
            .message_id(Some(parse_message_id(message_id)?));
        if let Some(Mailbox(reply_to)) = reply_to {
            builder =
                builder.raw_header(header::mailbox("Reply-To", reply_to.name.as_deref(), reply_to.email.as_ref()));
        }
        for (name, value) in headers {
            builder = builder.raw_header(parse_header(name, value)?);
        }
        for Structured(header) in structured {
            builder = builder.raw_header(header.clone());
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
        let mut named = std::iter::once(from).chain(reply_to.map(|Mailbox(reply_to)| reply_to));
        let names_beyond_ascii = named.any(|mailbox| !is_ascii(&mailbox.email));
        let (from, recipient) = (from.email.clone(), to.email.clone());
        Ok(Self { from, recipient, is_ascii: bytes.is_ascii(), names_beyond_ascii, bytes })
    }

    /// The whole letter as it goes after DATA, without dot-stuffing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same letter with these fields before all others: whole lines, each with its CRLF. Whoever signs it writes them, and what
    /// it signs is everything behind them.
    #[must_use]
    pub fn headed(self, fields: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(fields.len() + self.bytes.len());
        bytes.extend_from_slice(fields);
        bytes.extend_from_slice(&self.bytes);
        Self { is_ascii: self.is_ascii && fields.is_ascii(), bytes, ..self }
    }

    /// The same letter with another envelope sender: mail servers send it back there if they cannot deliver it (RFC 5321, section 4.4).
    /// None of its bytes is another one.
    pub fn returning_to(self, address: &str) -> Result<Self, LetterError> {
        Ok(Self { from: parse_address(address)?, ..self })
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

/// Whether an address can be said to every mail server.
pub(super) fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

fn parse_address(given: &str) -> Result<Address, LetterError> {
    let refused = || LetterError::Address { address: given.to_owned() };
    let trimmed = given.trim();
    if trimmed.chars().any(char::is_control) {
        return Err(refused());
    }
    let (local, domain) = EmailAddress::taken(trimmed).on_the_wire().ok_or_else(refused)?;
    if local.is_ascii() {
        return Address::new(local, domain).map_err(|_| refused());
    }
    // lettre knows letters and not the marks that many scripts put on them, so this is judged as it was when it was accepted.
    EmailAddress::parse(&format!("{local}@{domain}")).map_err(|_| refused())?;
    Ok(Address::new_dangerous(local, domain))
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
    if Structured::NAMES.contains(&lower.as_str()) {
        return Err(refused("it is no free text"));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(refused("its name may have letters, digits and hyphens only"));
    }
    if value.chars().any(char::is_control) {
        return Err(refused("its value has control characters or line breaks"));
    }
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| refused("its name is empty or too long"))?;
    Ok(header::text(name, value))
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

/// Every line ends with CRLF (a bare CR or LF is how letters are smuggled into other letters), and of the control
/// characters only tab stays. lettre would put the CRs in itself, but one by one, moving the rest each time.
fn clean_lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    // What lies between two control characters is copied as a whole: letters are long and there are many.
    while let Some(at) = control_in(rest) {
        let (before, after) = rest.split_at(at);
        clean.push_str(before);
        let mut after = after.chars();
        match after.next() {
            Some('\r') => {
                clean.push_str("\r\n");
                rest = after.as_str().strip_prefix('\n').unwrap_or(after.as_str());
                continue;
            }
            Some('\n') => clean.push_str("\r\n"),
            Some('\t') => clean.push('\t'),
            _ => {}
        }
        rest = after.as_str();
    }
    clean.push_str(rest);
    clean.truncate(end_of_last_line(&clean));
    clean
}

/// Where the last line ends that has anything in it but blanks. The end of that line is lettre's to write, and lines of blanks behind
/// it are nothing that anybody sees: a signature does not cover them, and there are verifiers that believe that it does.
fn end_of_last_line(text: &str) -> usize {
    let filled = text.trim_end_matches(['\r', '\n', ' ', '\t']).len();
    if filled == 0 {
        return 0;
    }
    let behind = &text[filled..];
    filled + behind.find(['\r', '\n']).unwrap_or(behind.len())
}

/// Where the first control character is: U+0000 to U+001F, U+007F, or U+0080 to U+009F, which are C2 80 to C2 9F.
fn control_in(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte < b' ' || matches!(byte, 0x7f | 0xc2))?;
        if bytes[at] != 0xc2 || bytes.get(at + 1).is_some_and(|next| *next < 0xa0) {
            return Some(at);
        }
        from = at + 1;
    }
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
    let refused = |why: &str| Err(LetterError::Build { why: why.to_owned() });
    let mut length = 0;
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' if bytes.next() == Some(&b'\n') => length = 0,
            b'\r' => return refused("it would have a bare carriage return"),
            b'\n' => return refused("it would have a bare line feed"),
            _ => length += 1,
        }
        if length > LONGEST_LINE {
            return refused("it would have a line that is longer than SMTP carries");
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is the function for map_err")]
fn build_error(error: lettre::error::Error) -> LetterError {
    LetterError::Build { why: error.to_string() }
}

#[cfg(test)]
mod tests;
