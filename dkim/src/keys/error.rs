//! Why there is no such key.

use crate::NoRandomness;
use thiserror::Error;

/// The shortest RSA key that may sign at all, and that verifiers must not refuse (RFC 8301, section 3.2).
const SHORTEST_ALLOWED: usize = 1024;

/// Why there is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No PEM of a private key was found.
    #[error(
        "there is no private key: \"BEGIN PRIVATE KEY\" (PKCS#8) or \"BEGIN RSA PRIVATE KEY\" (PKCS#1) is looked for"
    )]
    NoKey,
    /// It would need a pass phrase.
    #[error("the private key is encrypted: take its pass phrase away first, with \"openssl pkey -in KEY -out PLAIN\"")]
    Encrypted,
    /// The bytes are neither PKCS#8 nor PKCS#1.
    #[error("the private key cannot be read: it is neither PKCS#8 nor PKCS#1, or was cut off")]
    Unreadable,
    /// DKIM has no algorithm for it.
    #[error("the private key is neither RSA nor Ed25519, and DKIM knows no other")]
    OtherAlgorithm,
    /// It could be broken.
    #[error("an RSA key of {bits} bits is too short: {why}. Make a new one with 2048", why = too_short(*bits))]
    TooShort {
        /// Of the modulus.
        bits: usize,
    },
    /// Its signatures would be refused.
    #[error(
        "an RSA key of {bits} bits is too long: verifiers need not take more than 4096 (RFC 8301). Make one with 2048"
    )]
    TooLong {
        /// Of the modulus.
        bits: usize,
    },
    /// Nobody makes such keys.
    #[error("an RSA key of {bits} bits cannot be used here: 2048, 3072 and 4096 can")]
    OddLength {
        /// Of the modulus.
        bits: usize,
    },
    /// It was changed, or made by a program that should make none.
    #[error("the private key is not sound: its parts do not fit together, or its public exponent is under 65537")]
    Unsound,
    /// See [`NoRandomness`].
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Two reasons, of which the graver one is said.
fn too_short(bits: usize) -> &'static str {
    if bits < SHORTEST_ALLOWED {
        "verifiers refuse signatures of keys under 1024 bits (RFC 8301)"
    } else {
        "RFC 8301 advises 2048 bits, and with fewer nothing is signed here"
    }
}
