//! The header fields of a letter, as they stand there.

use super::SignError;
use crate::canonical;

/// One field: its name and what follows the colon, folded as it is, without the last CRLF.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

/// A letter in two parts.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) fields: Vec<Field<'a>>,
    pub(super) body: &'a [u8],
    /// How many lines there are before the body.
    pub(super) lines: usize,
}

impl<'a> Letter<'a> {
    /// Takes a letter apart at its first empty line. One without such a line has no body.
    pub(super) fn read(letter: &'a [u8]) -> Result<Self, SignError> {
        let (mut fields, mut at, mut lines) = (Vec::new(), 0, 0);
        // Where the field begins that may go on in the next line, and where its value does.
        let mut open: Option<(usize, usize)> = None;
        for line in canonical::lines(letter) {
            let line = line.map_err(|bare| SignError::LineEnd { line: bare.line + 1 })?;
            lines += 1;
            let end = at + line.len();
            let next = (end + 2).min(letter.len());
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                fields.extend(open.take().map(|field| slice(letter, field, at)));
                if line.is_empty() {
                    return Ok(Self { fields, body: &letter[next..], lines });
                }
                let colon = line.iter().position(|byte| *byte == b':');
                let colon = colon.filter(|colon| is_name(&line[..*colon]));
                open = Some((at, at + colon.ok_or(SignError::NoField { line: lines })?));
            } else if open.is_none() {
                return Err(SignError::NoField { line: lines });
            }
            at = next;
        }
        fields.extend(open.map(|field| slice(letter, field, letter.len())));
        Ok(Self { fields, body: &[], lines })
    }

    /// The fields of that name, from the last to the first: the order in which they are signed.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().rev().filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

fn slice(letter: &[u8], (start, colon): (usize, usize), end: usize) -> Field<'_> {
    let value = &letter[colon + 1..end];
    Field { name: &letter[start..colon], value: value.strip_suffix(b"\r\n").unwrap_or(value) }
}

/// RFC 5322, section 2.2: visible ASCII. Blanks before the colon are from days of old (section 4.5); nobody may write them any
/// more, and there are verifiers that see another name there.
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_taken_apart() {
        let text = b"From: a@b.org\r\nSubject: one\r\n\ttwo\r\n three\r\nsubject:\r\n\r\nBody\r\n\r\nend";
        let letter = Letter::read(text).unwrap();
        let fields: Vec<(&[u8], &[u8])> = letter.fields.iter().map(|field| (field.name, field.value)).collect();
        let expected: [(&[u8], &[u8]); 3] =
            [(b"From", b" a@b.org"), (b"Subject", b" one\r\n\ttwo\r\n three"), (b"subject", b"")];
        assert_eq!(fields, expected);
        assert_eq!((letter.body, letter.lines), (&b"Body\r\n\r\nend"[..], 6));
        let named: Vec<&[u8]> = letter.named("subject").map(|field| field.name).collect();
        assert_eq!(named, [&b"subject"[..], b"Subject"], "from the last to the first");
    }

    #[test]
    fn a_letter_may_be_a_head_alone() {
        for (text, value) in [("A: b", " b"), ("A: b\r\n", " b"), ("A: b\r\n\r\n", " b"), ("A: b\r\n c", " b\r\n c")] {
            let letter = Letter::read(text.as_bytes()).unwrap();
            assert_eq!(
                letter.fields.iter().map(|field| field.value).collect::<Vec<_>>(),
                [value.as_bytes()],
                "{text:?}"
            );
            assert_eq!(letter.body, b"", "{text:?}");
        }
        assert!(Letter::read(b"").unwrap().fields.is_empty());
        assert_eq!(Letter::read(b"\r\nbody").unwrap().body, b"body");
    }

    #[test]
    fn what_is_no_field_is_named_by_its_line() {
        for (text, line) in [
            (" A: b\r\n", 1),
            ("A: b\r\nno field\r\n", 2),
            (": b\r\n", 1),
            ("A b: c\r\n", 1),
            ("A : c\r\n", 1),
            ("Ж: c", 1),
        ] {
            assert_eq!(Letter::read(text.as_bytes()).unwrap_err(), SignError::NoField { line }, "{text:?}");
        }
        assert_eq!(Letter::read(b"A: b\nC: d\r\n").unwrap_err(), SignError::LineEnd { line: 1 });
    }
}
