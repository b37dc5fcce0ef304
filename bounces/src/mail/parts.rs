//! The parts of a message (MIME, RFC 2045 and 2046), found in whatever somebody sends.
//!
//! The parts are found here and not by `mail-parser`, whose decoders are used: a message of half a megabyte can be made so that it looks
//! for boundaries ten thousand times in all of it, or nests ten thousand messages, which nobody can free again without the stack running
//! over. Here each byte is looked at once for each level, of which there are few.

use super::charset;
use super::fields::{Fields, is_field, next_line};
use super::lines::with_plain_ends;
use mail_parser::HeaderValue;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::parsers::MessageStream;
use std::borrow::Cow;

/// How many parts are looked at. The report stands in the first ones.
const MOST_PARTS: usize = 200;

/// How deep parts may lie in each other.
const DEEPEST: usize = 8;

/// A part that has no parts of its own.
#[derive(Debug)]
pub(crate) struct Part<'m> {
    /// What it is, such as `text/plain`, in small letters.
    pub(crate) kind: String,
    /// Its own header.
    pub(crate) fields: Fields,
    /// Whether its header is that of a letter: some servers return a letter so, without saying what it is.
    pub(crate) is_letter: bool,
    charset: Option<String>,
    body: &'m [u8],
}

/// What a `Content-Type` says.
struct ContentType {
    kind: String,
    boundary: Option<String>,
    charset: Option<String>,
}

impl<'m> Part<'m> {
    /// All parts of a message, of which this is the header and what comes after it.
    pub(crate) fn all(fields: Fields, body: &'m [u8]) -> Vec<Self> {
        let mut parts = Vec::new();
        take_apart(fields, body, 0, &mut parts);
        parts
    }

    /// What it holds, with its encoding undone, and lines that end in one sign.
    pub(crate) fn bytes(&self) -> Cow<'m, [u8]> {
        let encoding = self.fields.get("content-transfer-encoding").unwrap_or_default().trim();
        if encoding.eq_ignore_ascii_case("base64") {
            Cow::Owned(with_plain_ends(&from_base64(self.body)))
        } else if encoding.eq_ignore_ascii_case("quoted-printable") {
            Cow::Owned(from_quoted_printable(self.body))
        } else {
            Cow::Borrowed(self.body)
        }
    }

    /// What it holds as text.
    pub(crate) fn text(&self) -> String {
        charset::text(&self.bytes(), self.charset.as_deref())
    }
}

/// Whether a header has what only letters have, and parts of letters have not.
fn is_of_a_letter(fields: &Fields) -> bool {
    let marks = ["received", "message-id", "return-path", "from", "date", "subject", "to"];
    marks.into_iter().filter(|name| fields.has(name)).count() >= 2
}

fn take_apart<'m>(fields: Fields, body: &'m [u8], depth: usize, parts: &mut Vec<Part<'m>>) {
    if parts.len() >= MOST_PARTS {
        return;
    }
    let content = ContentType::of(&fields);
    let is_letter = depth > 0 && is_of_a_letter(&fields);
    if content.kind.starts_with("multipart/")
        && depth < DEEPEST
        && !is_letter
        && let Some(boundary) = &content.boundary
    {
        let before = parts.len();
        for piece in pieces(body, boundary.as_bytes()) {
            let (fields, body) = apart(piece);
            take_apart(fields, body, depth + 1, parts);
        }
        if parts.len() > before {
            return;
        }
    }
    // A message in parts of which none is found is read as a text.
    let kind = if content.kind.starts_with("multipart/") { "text/plain".to_owned() } else { content.kind };
    parts.push(Part { kind, fields, is_letter, charset: content.charset, body });
}

/// The header and the body of a part. One that begins with a line that is no field has no header.
fn apart(piece: &[u8]) -> (Fields, &[u8]) {
    let (first, after) = next_line(piece);
    if first.is_empty() {
        (Fields::default(), after)
    } else if is_field(first) {
        Fields::read(piece)
    } else {
        (Fields::default(), piece)
    }
}

/// What stands between lines with the boundary, as many as are looked at; the last one may lack its line, as when the message was cut off.
fn pieces<'m>(body: &'m [u8], boundary: &[u8]) -> Vec<&'m [u8]> {
    let mut pieces = Vec::new();
    let mut start = None;
    let mut rest = body;
    while !rest.is_empty() && pieces.len() < MOST_PARTS {
        let here = body.len() - rest.len();
        let (line, after) = next_line(rest);
        rest = after;
        let Some(last) = ends_part(line, boundary) else { continue };
        if let Some(start) = start {
            pieces.push(without_last_end(&body[start..here]));
        }
        start = Some(body.len() - rest.len());
        if last {
            return pieces;
        }
    }
    if let Some(start) = start.filter(|_| rest.is_empty()) {
        pieces.push(&body[start..]);
    }
    pieces
}

/// Whether a line has the boundary; and whether it is the last one.
fn ends_part(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let after = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match after {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The end of the line before a boundary belongs to the boundary (RFC 2046, section 5.1.1).
fn without_last_end(piece: &[u8]) -> &[u8] {
    piece.strip_suffix(b"\n").unwrap_or(piece)
}

impl ContentType {
    fn of(fields: &Fields) -> Self {
        let plain = || Self { kind: "text/plain".to_owned(), boundary: None, charset: None };
        let Some(value) = fields.get("content-type") else { return plain() };
        let line = format!("{value}\n");
        let parsed = MessageStream::new(line.as_bytes()).parse_content_type();
        let HeaderValue::ContentType(content) = parsed else { return plain() };
        let Some(subtype) = content.subtype() else {
            // "text", as programs wrote that are older than MIME.
            let kind = if content.ctype().eq_ignore_ascii_case("text") { "text/plain" } else { "unknown" };
            return Self { kind: kind.to_owned(), ..plain() };
        };
        let of =
            |name: &str| content.attribute(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        Self {
            kind: format!("{}/{subtype}", content.ctype()).to_ascii_lowercase(),
            boundary: of("boundary"),
            charset: of("charset"),
        }
    }
}

/// What does not belong to base64 is passed over, such as a line that a mailing list has added.
fn from_base64(bytes: &[u8]) -> Vec<u8> {
    base64_decode(bytes).unwrap_or_else(|| {
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let kept: Vec<u8> = bytes.iter().copied().filter(belongs).collect();
        base64_decode(&kept).unwrap_or_default()
    })
}

/// Lines that are no quoted-printable are taken as they are.
fn from_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match quoted_printable_decode(line) {
            Some(line) => decoded.extend_from_slice(&line),
            None => decoded.extend_from_slice(line),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(message: &str) -> Vec<(String, String)> {
        let (fields, body) = Fields::read(message.as_bytes());
        Part::all(fields, body).iter().map(|part| (part.kind.clone(), part.text())).collect()
    }

    fn text(text: &str) -> (String, String) {
        ("text/plain".to_owned(), text.to_owned())
    }

    #[test]
    fn a_message_without_parts_is_one_part() {
        assert_eq!(parts("Subject: x\n\nbody\n"), [text("body\n")]);
        assert_eq!(parts("Content-Type: text\n\nbody"), [text("body")]);
        assert_eq!(parts("Content-Type: text/html\n\n<p>"), [("text/html".to_owned(), "<p>".to_owned())]);
        assert_eq!(parts(""), [text("")]);
    }

    #[test]
    fn parts_are_found_between_boundaries_of_every_level() {
        let message = "Content-Type: multipart/report; boundary=\"a b\"\n\npreamble\n--a b\n\none\n--a b  \n\
                       Content-Type: Multipart/Mixed; BOUNDARY=a\n\n--a\nContent-Type: message/delivery-status\n\nAction: failed\n\
                       --a--\nepilogue\n--a b\nno header\n--a bc\n--a b--\nepilogue\n--a b\nmore\n";
        let status = ("message/delivery-status".to_owned(), "Action: failed".to_owned());
        assert_eq!(parts(message), [text("one"), status, text("no header\n--a bc")]);
    }

    #[test]
    fn what_was_cut_off_or_has_no_boundary_is_read_as_far_as_it_goes() {
        let head = "Content-Type: multipart/mixed; boundary=x\n\n";
        assert_eq!(parts(&format!("{head}--x\n\none\n--x\nContent-Ty")), [text("one"), text("Content-Ty")]);
        assert_eq!(parts(&format!("{head}--x\n\none")), [text("one")]);
        assert_eq!(parts(&format!("{head}body\n--y\n")), [text("body\n--y\n")]);
        assert_eq!(parts("Content-Type: multipart/mixed\n\n--x\n\none"), [text("--x\n\none")]);
    }

    #[test]
    fn encodings_are_undone_as_far_as_they_go() {
        for (encoding, body, expected) in [
            ("BASE64", "0J/RgNC4\n0LLQtdGC", "Привет"),
            ("base64", "aGVs\n- - a footer: _\nbG8=", "hel"),
            ("quoted-printable", "=D0=9F soft =\nbreak\nodd =XY\n=", "П soft break\nodd =XY\n"),
            ("8bit", "as it is", "as it is"),
            ("nonsense", "as it is", "as it is"),
        ] {
            let read = parts(&format!("Content-Transfer-Encoding: {encoding}\n\n{body}"));
            assert!(read[0].1.starts_with(expected), "{encoding}: {read:?}");
        }
    }

    #[test]
    fn work_has_bounds() {
        let many = format!("Content-Type: multipart/mixed; boundary=x\n\n{}", "--x\n\none\n".repeat(10_000));
        assert_eq!(parts(&many).len(), MOST_PARTS);
        let level = |level| format!("Content-Type: multipart/mixed; boundary=x{level}\n\n--x{level}\n");
        let deep = (0..1_000).map(level).collect::<Vec<_>>().concat();
        assert_eq!(parts(&deep).len(), 1);
        let letters = "Content-Type: message/rfc822\n\n".repeat(10_000);
        assert_eq!(parts(&letters).len(), 1);
    }
}
