//! DKIM: the keys that letters of a domain are signed with, as they are published (RFC 6376, section 3.6.1).

use super::asking::{Answer, Asking, Kind};
use super::finding::{Finding, Subject, What, excerpt};
use super::{Selector, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Signatures of shorter RSA keys count for nothing (RFC 8301).
const LEAST_BITS: u64 = 1_024;

/// RSA keys should have so many bits (RFC 8301).
const GOOD_BITS: u64 = 2_048;

/// A key as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What signs with it.
    pub algorithm: Algorithm,
    /// How long it is, in bits; 0 if it was withdrawn.
    pub bits: u64,
    /// Whether the domain only tries DKIM out (`t=y`).
    pub testing: bool,
    /// Whether it may sign with SHA-256 (`h=`), which all letters are signed with.
    pub sha256: bool,
    /// Whether it is for mail (`s=`).
    pub mail: bool,
}

/// What signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA (RFC 6376).
    Rsa,
    /// Ed25519 (RFC 8463).
    Ed25519,
    /// One that nobody knows.
    Other(String),
}

/// The tags of a record, in their order (RFC 6376, section 3.2); the text that is none, if there is one.
pub(super) fn tags(text: &str) -> Result<Vec<(&str, &str)>, &str> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').map(|(name, value)| (name.trim(), value.trim())).ok_or(part)).collect()
}

impl Key {
    /// Reads the record of a key; the tag that is wrong if there is one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tags = tags(text).map_err(str::to_owned)?;
        let tag = |name: &str| tags.iter().find(|(tag, _)| *tag == name).map(|(_, value)| *value);
        let lists = |name: &str, one: &str| tag(name).map(|value| value.split(':').any(|part| part.trim() == one));
        // Where there is one, it stands first.
        if tags.iter().skip(1).any(|(tag, _)| *tag == "v") || tag("v").is_some_and(|version| version != "DKIM1") {
            return Err("v".to_owned());
        }
        let public: String = tag("p").ok_or("p")?.split_ascii_whitespace().collect();
        let algorithm = match tag("k") {
            None | Some("rsa") => Algorithm::Rsa,
            Some("ed25519") => Algorithm::Ed25519,
            Some(other) => Algorithm::Other(other.to_owned()),
        };
        let bits = if public.is_empty() {
            0
        } else {
            let bytes = STANDARD.decode(public).map_err(|_| "p")?;
            let bits = match &algorithm {
                Algorithm::Rsa => rsa_bits(&bytes),
                Algorithm::Ed25519 => (bytes.len() == 32).then_some(256),
                Algorithm::Other(_) => Some(bytes.len() as u64 * 8),
            };
            bits.ok_or("p")?
        };
        Ok(Self {
            algorithm,
            bits,
            testing: lists("t", "y").unwrap_or(false),
            sha256: lists("h", "sha256").unwrap_or(true),
            mail: lists("s", "email").unwrap_or(true) || lists("s", "*").unwrap_or(true),
        })
    }
}

/// An element of DER: its tag, what is in it, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=127 => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => ((usize::from(*rest.first()?) << 8) | usize::from(*rest.get(1)?), rest.get(2..)?),
        _ => return None,
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// How long an RSA key is: a `SubjectPublicKeyInfo` (RFC 5280), which everybody publishes, or the bare key (RFC 8017, A.1.1) that RFC
/// 6376 tells of.
fn rsa_bits(der: &[u8]) -> Option<u64> {
    let (SEQUENCE, outer, _) = element(der)? else { return None };
    let inner = match element(outer)? {
        (INTEGER, ..) => outer,
        (SEQUENCE, _, rest) => {
            let (BIT_STRING, key, _) = element(rest)? else { return None };
            let (SEQUENCE, inner, _) = element(key.strip_prefix(&[0])?)? else { return None };
            inner
        }
        _ => return None,
    };
    let (INTEGER, modulus, _) = element(inner)? else { return None };
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let (first, others) = modulus.get(zeros..)?.split_first()?;
    Some(others.len() as u64 * 8 + u64::from(8 - first.leading_zeros()))
}

/// What is published of the sender's keys.
pub(super) fn look(sender: &Sender, asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    if sender.selectors.is_empty() {
        return Some(vec![Finding::of(What::DkimNotNamed)]);
    }
    // All are asked for at once.
    let found: Vec<_> = sender.selectors.iter().map(|selector| key(sender, selector, asking)).collect();
    let found: Option<Vec<Vec<What>>> = found.into_iter().collect();
    Some(found?.into_iter().flatten().map(Finding::of).collect())
}

fn key(sender: &Sender, selector: &Selector, asking: &mut Asking<'_>) -> Option<Vec<What>> {
    let name = selector.place(&sender.domain);
    let answer = asking.ask(&name, Kind::Text)?;
    let selector = selector.to_string();
    let what = match answer {
        Answer::Failed => What::NoAnswer { subject: Subject::Dkim, name },
        Answer::None | Answer::NoSuchDomain => What::DkimMissing { selector },
        Answer::Records(texts) => match texts.as_slice() {
            [one] => match Key::parse(one) {
                Ok(key) => return Some(judged(&key, &selector)),
                Err(tag) => What::DkimSyntax { selector, tag: excerpt(&tag) },
            },
            several => What::DkimSeveral { selector, count: several.len() as u64 },
        },
    };
    Some(vec![what])
}

fn judged(key: &Key, selector: &str) -> Vec<What> {
    let selector = selector.to_owned();
    let Key { algorithm, bits, testing, sha256, mail } = key;
    let bits = *bits;
    if bits == 0 {
        return vec![What::DkimRevoked { selector }];
    }
    let name = match algorithm {
        Algorithm::Rsa => "RSA",
        Algorithm::Ed25519 => "Ed25519",
        Algorithm::Other(other) => return vec![What::DkimAlgorithm { selector, algorithm: excerpt(other) }],
    };
    if !mail {
        return vec![What::DkimNotMail { selector }];
    }
    if !sha256 {
        return vec![What::DkimHash { selector }];
    }
    let length = match algorithm {
        Algorithm::Rsa if bits < LEAST_BITS => What::DkimShort { selector: selector.clone(), bits },
        Algorithm::Rsa if bits < GOOD_BITS => What::DkimWeak { selector: selector.clone(), bits },
        _ => What::DkimGood { selector: selector.clone(), algorithm: name, bits },
    };
    let mut found = vec![length];
    if *testing {
        found.push(What::DkimTesting { selector });
    }
    found
}
