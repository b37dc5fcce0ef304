//! Why nobody can sign, and why a letter is not signed.

use crate::{Domain, Selector};
use thiserror::Error;

/// How many keys sign one letter at the most: one of each [`Kind`](crate::Kind).
pub(super) const MOST_KEYS: usize = 2;

/// Why there is no signer of these keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignerError {
    /// Without a key nothing is signed.
    #[error("{domain} has no key to sign with")]
    NoKey {
        /// Who would sign.
        domain: Domain,
    },
    /// Every signature costs time and room, and the two kinds of keys there are need no third.
    #[error("{domain} would sign with {keys} keys at once, and may with {most}", most = MOST_KEYS)]
    TooMany {
        /// Who would sign.
        domain: Domain,
        /// With how many.
        keys: usize,
    },
    /// One name has one key.
    #[error("two keys of {domain} have the selector {selector}")]
    SameSelector {
        /// Who would sign.
        domain: Domain,
        /// What both are called.
        selector: Selector,
    },
    /// DNS cannot have the record.
    #[error("the name {selector}._domainkey.{domain} is too long for DNS: take a shorter selector")]
    TooLong {
        /// Who would sign.
        domain: Domain,
        /// Which key.
        selector: Selector,
    },
}

/// Why a letter is not signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// A signature that does not cover `From` is none (RFC 6376, section 5.4).
    #[error("the letter has no From, so there is nothing to sign for")]
    NoFrom,
    /// What stands before the first empty line is no header.
    #[error("line {line} of the letter is no header field")]
    NoField {
        /// Counted from 1.
        line: usize,
    },
    /// Mail servers on the way would mend it, and break the signature.
    #[error("line {line} of the letter has a CR or LF that is not the CRLF at its end")]
    LineEnd {
        /// Counted from 1.
        line: usize,
    },
    /// The key does not sign.
    #[error("the key {selector} does not sign: it is broken")]
    Key {
        /// Which one.
        selector: Selector,
    },
}
