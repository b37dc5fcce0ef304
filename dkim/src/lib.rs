//! Letters that say truly who they are from.
//!
//! Whoever gets a letter asks the domain that it claims to be from for a public key, and looks whether the letter was signed with
//! the other half. That is `DKIM` (RFC 6376). This crate computes over bytes and does nothing else: it asks no DNS, opens no
//! connection and reads no clock. Randomness of the operating system makes keys and nonces, and nothing but those.
//!
//! | module | what it does |
//! |---|---|
//! | [sign] | the `DKIM-Signature` fields of a letter, with one key or with two side by side |
//! | [keys] | private keys, made here or brought along, and what to publish about them |
//! | [seal] | secrets at rest: encrypted under the one key that is not in the database |
//!
//! # What it is held to
//!
//! * RFC 6376: the signature, and how a letter is brought into the form that is signed. Both halves are *relaxed*: what mail
//!   servers do to blanks and to the folding of headers on the way does no harm.
//! * RFC 8301: SHA-256 and no SHA-1. RSA keys have at least 1,024 bits, should have 2,048, and verifiers need not take more than
//!   4,096.
//! * RFC 8463: Ed25519. Its keys and signatures are short, it signs ten times as fast, and many verifiers do not know it yet. So
//!   it stands beside an RSA signature and does not replace it.
//!
//! # From a key to a signed letter
//!
//! ```
//! use dkim::{Domain, Key, Kind, PrivateKey, Selector, Signer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (domain, selector) = (Domain::parse("example.org")?, Selector::parse("2026a")?);
//! let private = PrivateKey::generate(Kind::Ed25519)?;
//! assert!(private.zone_line(&selector, &domain).starts_with("2026a._domainkey.example.org. IN TXT "));
//!
//! let signer = Signer::new(domain, vec![Key { selector, private }])?;
//! let letter = b"From: news@example.org\r\nSubject: Hello\r\n\r\nHello, world!\r\n";
//! let mut signed = signer.sign(letter, chrono::DateTime::UNIX_EPOCH)?;
//! signed.extend_from_slice(letter);
//! assert!(signed.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256; "));
//! # Ok(())
//! # }
//! ```

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod canonical;
pub mod keys;
mod names;
pub mod seal;
pub mod sign;

pub use keys::{Algorithm, KeyError, Kind, PrivateKey};
pub use names::{Domain, NameError, Selector};
pub use seal::{MasterKey, MasterKeyError, SealError};
pub use sign::{Key, SignError, Signer, SignerError};

/// The operating system has no randomness to give. It happens where a system is built without, never while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no randomness")]
pub struct NoRandomness;
