//! Reads the names of a sender domain and its keys as people write them.

use super::Error;
use super::names::{DomainName, Selector, is_label};
use crate::EmailAddress;

impl DomainName {
    /// Reads a domain, also one in letters beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let bare = text.strip_suffix('.').unwrap_or(text);
        // What is a domain behind an @ is one.
        let address = EmailAddress::parse(&format!("postmaster@{bare}")).ok();
        let domain = address.as_ref().and_then(Self::of);
        domain.filter(Self::is_signable).ok_or_else(|| Error::DomainInvalid { domain: text.to_owned() })
    }
}

impl Selector {
    /// Reads a selector; capital letters mean small ones.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let selector = text.trim().to_ascii_lowercase();
        if is_label(&selector) {
            Ok(Self::made(selector))
        } else {
            Err(Error::SelectorInvalid { selector: text.to_owned() })
        }
    }
}
