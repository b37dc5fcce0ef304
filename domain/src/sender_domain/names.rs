//! The names that a sender domain and its keys have.

use crate::EmailAddress;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest label of a name (RFC 1035, section 2.3.4), in octets.
const MAX_LABEL: usize = 63;

/// The longest domain, in octets: so that the record of every key has room before it, as `selector._domainkey.` does (253 for a whole
/// name).
const MAX_DOMAIN: usize = 253 - MAX_LABEL - "._domainkey.".len();

/// A domain that letters are from, as the name service knows it: A-labels in lower case, at least two of them, without a dot at the
/// end.
///
/// Reading one back from an event does not judge it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainName(String);

impl DomainName {
    /// The domain of an address; none if it has no form in which the name service knows it.
    #[must_use]
    pub fn of(address: &EmailAddress) -> Option<Self> {
        address.on_the_wire().map(|(_, domain)| Self(domain.to_ascii_lowercase()))
    }

    /// The domain as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether others can look up keys of it.
    pub(super) fn is_signable(&self) -> bool {
        self.0.len() <= MAX_DOMAIN && self.0.contains('.') && self.0.split('.').all(is_label)
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name under which the record of a key is published: one label of small letters, digits and hyphens.
///
/// Reading one back from an event does not judge it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selector(String);

impl Selector {
    /// One that this program made.
    pub(super) fn made(text: String) -> Self {
        Self(text)
    }

    /// The selector as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the record of the key is, without a dot at the end.
    #[must_use]
    pub fn record_name(&self, domain: &DomainName) -> String {
        format!("{self}._domainkey.{domain}")
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether it can stand between two dots of a host's name (RFC 1123, section 2.1).
pub(super) fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(fits)
        && !label.starts_with('-')
        && !label.ends_with('-')
}
