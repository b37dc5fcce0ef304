//! Names in the name service that somebody may ask about.

use super::Error;
use crate::EmailAddress;
use crate::sender_domain::DomainName;
use std::fmt;

/// How many DKIM selectors may be named for one check.
pub const MAX_SELECTORS: usize = 10;

/// Names that are no public ones: those that are kept for other uses (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476), and those that
/// networks use inside, which ICANN gives to nobody.
const NOT_PUBLIC: [&str; 15] = [
    "alt",
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// A domain as everybody may know it: at least two labels, in ASCII and lower case, without a dot at the end. Neither an address
/// nor a name of some inner network, so that nobody learns of these by asking for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain, also one in letters beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let bare = text.strip_suffix('.').unwrap_or(text);
        let invalid = || Error::DomainInvalid { domain: text.to_owned() };
        // What is a domain behind an @ is one.
        let address = EmailAddress::parse(&format!("postmaster@{bare}")).map_err(|_| invalid())?;
        let (_, domain) = address.on_the_wire().ok_or_else(invalid)?;
        let domain = domain.to_ascii_lowercase();
        if is_public(&domain) { Ok(Self(domain)) } else { Err(Error::DomainNotPublic { domain: text.to_owned() }) }
    }

    /// A domain that whoever runs the service has set. It may be one that nobody else knows: then nothing is asked about it, and it is
    /// found that it is not there.
    pub(super) fn own(name: &DomainName) -> Self {
        Self(name.as_str().to_owned())
    }

    /// Whether this domain is below the other one.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        self.0.strip_suffix(other.as_str()).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The domain as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a name of the name service looks like one that everybody may know. Records lead to other names, and whoever writes them
/// must not learn by them what is known inside only.
pub(super) fn is_public(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let last = last.to_ascii_lowercase();
    name.len() <= 253
        && name.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
        && !NOT_PUBLIC.contains(&last.as_str())
}

fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(fits)
}

/// The name under which a DKIM key is published (RFC 6376, section 3.1), such as `mail2026`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(String);

impl Selector {
    /// Reads a selector: labels of letters, digits, `-` and `_`, with dots between.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() <= 100 && text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Error::SelectorInvalid { selector: text.to_owned() })
        }
    }

    /// Reads all selectors that are named for one check, each once.
    pub fn parse_all<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Self>, Error> {
        if texts.len() > MAX_SELECTORS {
            return Err(Error::SelectorsTooMany { named: texts.len() });
        }
        let mut selectors = Vec::new();
        for text in texts {
            let selector = Self::parse(text.as_ref())?;
            if !selectors.contains(&selector) {
                selectors.push(selector);
            }
        }
        Ok(selectors)
    }

    /// Where the key is published that a domain has under this name.
    pub(super) fn place(&self, domain: &Domain) -> String {
        format!("{}._domainkey.{domain}", self.0)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
