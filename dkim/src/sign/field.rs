//! The `DKIM-Signature` field, written (RFC 6376, section 3.5).

use super::Key;
use crate::Domain;

/// The name with its colon.
const NAME: &str = "DKIM-Signature:";
/// Characters of a line, as RFC 5322, section 2.1.1 likes them.
const WIDTH: usize = 78;

/// The field while it grows.
#[derive(Debug)]
pub(super) struct Unsigned {
    text: String,
    column: usize,
}

/// What all signatures of one letter have in common.
#[derive(Debug)]
pub(super) struct Common<'a> {
    pub(super) domain: &'a Domain,
    /// Seconds since 1970.
    pub(super) at: i64,
    /// What is signed, in order.
    pub(super) names: &'a [&'a str],
    /// Base64.
    pub(super) body_hash: &'a str,
}

impl Unsigned {
    /// The field up to `b=`, which is the last tag: what follows it is no part of what is signed.
    pub(super) fn new(common: &Common<'_>, key: &Key) -> Self {
        let mut field = Self { text: NAME.to_owned(), column: NAME.len() };
        field.tag("v=1;");
        field.tag(&format!("a={};", key.private.algorithm().name()));
        field.tag("c=relaxed/relaxed;");
        field.tag(&format!("d={};", common.domain));
        field.tag(&format!("s={};", key.selector));
        field.tag(&format!("t={};", common.at.max(0)));
        let last = common.names.len().saturating_sub(1);
        for (place, name) in common.names.iter().enumerate() {
            let end = if place == last { ';' } else { ':' };
            if place == 0 {
                field.tag(&format!("h={name}{end}"));
            } else {
                field.word(&format!("{name}{end}"));
            }
        }
        field.tag(&format!("bh={};", common.body_hash));
        field.fold();
        field.word("b=");
        field
    }

    /// Name and value, as they are signed.
    pub(super) fn parts(&self) -> (&[u8], &[u8]) {
        let (name, value) = self.text.as_bytes().split_at(NAME.len());
        (&name[..NAME.len() - 1], value)
    }

    /// The whole field with its CRLF. `signature` is base64.
    pub(super) fn signed(mut self, signature: &str) -> String {
        let mut rest = signature;
        while !rest.is_empty() {
            let (line, more) = rest.split_at((WIDTH - self.column).min(rest.len()));
            self.word(line);
            rest = more;
            if !rest.is_empty() {
                self.fold();
            }
        }
        self.text.push_str("\r\n");
        self.text
    }

    fn fold(&mut self) {
        self.text.push_str("\r\n ");
        self.column = 1;
    }

    /// A tag after a blank, or on a line of its own.
    fn tag(&mut self, tag: &str) {
        if self.column + 1 + tag.len() > WIDTH {
            self.fold();
        } else {
            self.text.push(' ');
            self.column += 1;
        }
        self.word(tag);
    }

    /// A word right behind the one before it, or on the next line.
    fn word(&mut self, word: &str) {
        if self.column + word.len() > WIDTH && self.column > 1 {
            self.fold();
        }
        self.text.push_str(word);
        self.column += word.len();
    }
}
