//! The form of a letter that is signed: *relaxed* of RFC 6376, sections 3.4.2 and 3.4.4.

use ring::digest::{Context, Digest, SHA256};

/// How much of a body is gathered before it is hashed.
const PAGE: usize = 16 * 1024;

/// A line does not end in CRLF, or has a CR or LF within. A mail server on the way would make a proper end of it, and the
/// signature would be broken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BareLineEnd {
    /// Counted from 0.
    pub(crate) line: usize,
}

/// The lines of a text without their CRLF. The last one may lack it: SMTP adds it.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = Result<&[u8], BareLineEnd>> {
    text.split_inclusive(|byte| *byte == b'\n').enumerate().map(|(line, piece)| {
        let text = piece.strip_suffix(b"\r\n").unwrap_or(piece);
        if text.iter().any(|byte| matches!(byte, b'\r' | b'\n')) { Err(BareLineEnd { line }) } else { Ok(text) }
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// What a folded value is folded with, besides.
fn is_blank_or_fold(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\r' | b'\n')
}

/// Every run of blanks is one space, and none is at the end.
fn squeeze(text: &[u8], is_blank: fn(u8) -> bool, into: &mut Vec<u8>) {
    let mut blank = false;
    for &byte in text {
        if is_blank(byte) {
            blank = true;
            continue;
        }
        if std::mem::take(&mut blank) {
            into.push(b' ');
        }
        into.push(byte);
    }
}

/// A header field: `name:value`, with no CRLF at its end. The value may be folded.
pub(crate) fn field(name: &[u8], value: &[u8], into: &mut Vec<u8>) {
    into.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    into.push(b':');
    let start = value.iter().position(|byte| !is_blank_or_fold(*byte)).unwrap_or(value.len());
    squeeze(&value[start..], is_blank_or_fold, into);
}

/// A body, handed out in pieces.
///
/// Blanks at the end of lines go first, and then what is empty at the end of the body. So lines of blanks at the end are no part
/// of what is signed, as the RFC has it.
pub(crate) fn body(body: &[u8], mut out: impl FnMut(&[u8])) -> Result<(), BareLineEnd> {
    let mut page = Vec::with_capacity(PAGE.min(body.len() + 2));
    let mut empty_before = 0_usize;
    for line in lines(body) {
        let line = line?;
        if line.iter().all(|byte| is_blank(*byte)) {
            empty_before += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_before) {
            page.extend_from_slice(b"\r\n");
        }
        squeeze(line, is_blank, &mut page);
        page.extend_from_slice(b"\r\n");
        if page.len() >= PAGE {
            out(&page);
            page.clear();
        }
    }
    out(&page);
    Ok(())
}

/// SHA-256 of a body in the form that is signed: `bh=`.
pub(crate) fn body_hash(letter_body: &[u8]) -> Result<Digest, BareLineEnd> {
    let mut hash = Context::new(&SHA256);
    body(letter_body, |piece| hash.update(piece))?;
    Ok(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn relaxed_body(text: &str) -> String {
        let mut whole = Vec::new();
        body(text.as_bytes(), |piece| whole.extend_from_slice(piece)).unwrap();
        String::from_utf8(whole).unwrap()
    }

    fn relaxed_field(name: &str, value: &str) -> String {
        let mut whole = Vec::new();
        field(name.as_bytes(), value.as_bytes(), &mut whole);
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn the_example_of_rfc_6376_section_3_4_5_comes_out_as_it_stands_there() {
        assert_eq!(relaxed_field("A", " X"), "a:X");
        assert_eq!(relaxed_field("B ", " Y\t\r\n\tZ  "), "b:Y Z");
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
    }

    #[test]
    fn an_empty_body_has_the_hash_that_rfc_6376_section_3_4_4_names() {
        for text in ["", "\r\n", "\r\n\r\n\r\n", " ", " \t \r\n", " \r\n\t\r\n"] {
            let hash = STANDARD.encode(body_hash(text.as_bytes()).unwrap());
            assert_eq!(hash, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "{text:?}");
        }
    }

    #[test]
    fn bodies_are_relaxed() {
        for (text, relaxed) in [
            ("no end", "no end\r\n"),
            ("one end\r\n", "one end\r\n"),
            ("many ends\r\n\r\n\r\n", "many ends\r\n"),
            ("blanks at the end \t \r\n", "blanks at the end\r\n"),
            ("lines of blanks\r\n \r\n\t\t\r\n  ", "lines of blanks\r\n"),
            ("\r\n\r\nempty first", "\r\n\r\nempty first\r\n"),
            ("empty\r\n \r\n\r\nwithin\r\n", "empty\r\n\r\n\r\nwithin\r\n"),
            ("\t\tblanks first", " blanks first\r\n"),
            ("tabs\t \tbetween", "tabs between\r\n"),
            (".\r\n..\r\n.dots\r\n", ".\r\n..\r\n.dots\r\n"),
            ("не ASCII", "не ASCII\r\n"),
            ("\u{a0}no blank to DKIM\u{a0}\r\n", "\u{a0}no blank to DKIM\u{a0}\r\n"),
        ] {
            assert_eq!(relaxed_body(text), relaxed, "{text:?}");
        }
    }

    #[test]
    fn a_body_of_many_pages_is_relaxed_as_one_of_one() {
        let line = "0123456789 ".repeat(30);
        let text = format!("{line}\r\n\r\n").repeat(1_000);
        let expected = format!("{}\r\n\r\n", line.trim_end()).repeat(1_000);
        assert_eq!(relaxed_body(&text), expected.strip_suffix("\r\n").unwrap());
    }

    #[test]
    fn fields_are_relaxed() {
        for (name, value, relaxed) in [
            ("Subject", " Hello", "subject:Hello"),
            ("SUBJECT \t", "Hello", "subject:Hello"),
            ("Subject", " \r\n  Hello,\r\n\t world \t\r\n ", "subject:Hello, world"),
            ("Subject", "", "subject:"),
            ("Subject", "  \t ", "subject:"),
            ("Subject", " a:b : c", "subject:a:b : c"),
        ] {
            assert_eq!(relaxed_field(name, value), relaxed, "{name:?} {value:?}");
        }
    }

    #[test]
    fn a_line_end_that_is_none_is_found() {
        for (text, line) in [("a\nb", 0), ("a\r\nb\n", 1), ("a\rb", 0), ("a\r\n\r\nb\r", 2), ("\n", 0), ("a\r\r\n", 0)]
        {
            assert_eq!(body_hash(text.as_bytes()).err(), Some(BareLineEnd { line }), "{text:?}");
        }
    }
}
