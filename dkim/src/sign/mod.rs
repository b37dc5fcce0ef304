//! Signs letters: RFC 6376, section 5.
//!
//! # What is signed
//!
//! The body, and of the header every field of [`SIGNED`]. Each of their names stands in `h=` once more than the letter has such
//! fields (section 8.15): nobody on the way can add a second `From` or a `Reply-To` that was not there. Nothing else is signed,
//! such as what mail servers write on the way.
//!
//! # What the letter must be
//!
//! The finished letter, as it goes out after `DATA`, but before dots at the start of lines are doubled. Every line ends in CRLF,
//! and only the last one may lack it. Whoever wrote the letter must not leave lines of blanks at the end of its body: the RFC has
//! them ignored, and so does this signer, but there are verifiers in use that hash them (`mail-auth` 0.11 does) and call a right
//! signature wrong. Blanks at the end of other lines, tabs and lines that are empty do no harm.
//!
//! # What it costs
//!
//! Nearly all is the RSA signature, about a millisecond; so this belongs on a thread that may compute. A body is hashed once,
//! however many keys there are.

mod error;
mod field;
mod head;
mod key;
#[cfg(test)]
mod tests;

pub use error::{SignError, SignerError};
pub use key::Key;

use crate::{Domain, canonical};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use error::MOST_KEYS;
use field::{Common, Unsigned};
use head::Letter;

/// The header fields that are signed, in the order in which they are.
pub const SIGNED: [&str; 13] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
];

/// Signs for one domain.
#[derive(Debug)]
pub struct Signer {
    domain: Domain,
    keys: Vec<Key>,
}

impl Signer {
    /// A signer with one key, or with an RSA key and an Ed25519 key side by side. Signatures stand in the order of the keys.
    pub fn new(domain: Domain, keys: Vec<Key>) -> Result<Self, SignerError> {
        if keys.is_empty() {
            return Err(SignerError::NoKey { domain });
        }
        if keys.len() > MOST_KEYS {
            return Err(SignerError::TooMany { domain, keys: keys.len() });
        }
        if let [one, other] = &keys[..]
            && one.selector == other.selector
        {
            return Err(SignerError::SameSelector { domain, selector: one.selector.clone() });
        }
        if let Some(key) = keys.iter().find(|key| !key.selector.fits(&domain)) {
            return Err(SignerError::TooLong { domain, selector: key.selector.clone() });
        }
        Ok(Self { domain, keys })
    }

    /// Who signs.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The `DKIM-Signature` fields of a letter: folded, each with its CRLF, to stand right before the letter's first byte.
    ///
    /// [The module](self) says what the letter must be. `at` becomes `t=`, in seconds. Verifiers may refuse a signature of the
    /// future, so it is never later than now. The same letter at the same time has the same signatures, to the byte: both
    /// algorithms are free of chance.
    pub fn sign(&self, letter: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, SignError> {
        let letter = Letter::read(letter)?;
        if letter.named(SIGNED[0]).next().is_none() {
            return Err(SignError::NoFrom);
        }
        let body_hash = canonical::body_hash(letter.body)
            .map_err(|bare| SignError::LineEnd { line: letter.lines + bare.line + 1 })?;
        let body_hash = STANDARD.encode(body_hash);
        let (names, head) = covered(&letter);
        let common = Common { domain: &self.domain, at: at.timestamp(), names: &names, body_hash: &body_hash };
        let mut fields = Vec::new();
        for key in &self.keys {
            let field = Unsigned::new(&common, key);
            let mut text = head.clone();
            let (name, value) = field.parts();
            canonical::field(name, value, &mut text);
            let signature = key.private.sign(&text).map_err(|_| SignError::Key { selector: key.selector.clone() })?;
            fields.extend(field.signed(&STANDARD.encode(signature)).into_bytes());
        }
        Ok(fields)
    }
}

/// The names for `h=`, and the fields that they mean in the form that is signed (RFC 6376, section 5.4.2): of several fields the
/// last is taken first, and a name that has no field left stands for none.
fn covered(letter: &Letter<'_>) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut head) = (Vec::with_capacity(2 * SIGNED.len()), Vec::with_capacity(1024));
    for name in SIGNED {
        for field in letter.named(name) {
            names.push(name);
            canonical::field(field.name, field.value, &mut head);
            head.extend_from_slice(b"\r\n");
        }
        names.push(name);
    }
    (names, head)
}
