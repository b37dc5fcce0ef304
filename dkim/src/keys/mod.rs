//! Private keys: made here or brought along, and what to publish about them.
//!
//! A key is kept as PKCS#8 ([`PrivateKey::der`]), which is to be [sealed](crate::seal) wherever it is stored. Its bytes are wiped
//! from memory when it is dropped, as far as they are ours: what `ring` computes with stays until that memory is used again.

mod der;
mod error;
mod primes;
pub mod record;
#[cfg(test)]
mod tests;

pub use error::KeyError;

use crate::{Domain, NoRandomness, Selector};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Found;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use std::fmt;
use zeroize::Zeroizing;

/// Which key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// RSA with 2,048 bits: every verifier knows it.
    Rsa2048,
    /// Ed25519: short and quick, not known to every verifier.
    Ed25519,
}

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RFC 6376, section 3.3.1.
    RsaSha256,
    /// RFC 8463, section 3.
    Ed25519Sha256,
}

impl Algorithm {
    /// As a signature names it: `a=`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// As the record of a key names it: `k=`.
    #[must_use]
    pub fn key_type(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa",
            Self::Ed25519Sha256 => "ed25519",
        }
    }
}
/// The shortest that is signed with here: what RFC 8301 advises, and what `ring` does.
const SHORTEST: usize = 2048;
/// The longest that every verifier takes (RFC 8301, section 3.2).
const LONGEST: usize = 4096;
/// `ring` signs with moduli that are a multiple of it.
const STEP: usize = 1024;

/// A private key that signs.
pub struct PrivateKey {
    /// PKCS#8.
    der: Zeroizing<Vec<u8>>,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Makes a key. An RSA key takes as long as its primes are sought, half a second or several; so this is for a thread that may
    /// compute.
    pub fn generate(kind: Kind) -> Result<Self, KeyError> {
        match kind {
            Kind::Rsa2048 => Self::rsa(&primes::rsa_2048()?),
            Kind::Ed25519 => {
                let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| NoRandomness)?;
                Self::ed25519(made.as_ref())
            }
        }
    }

    /// Reads a key from PEM: `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY` (PKCS#1). The first one of a text that has
    /// several.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        // Of both ways to encrypt: PKCS#8's own label, and a header within the older form.
        if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || pem.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(key)) => Self::from_der(key.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(key)) => Self::from_der(key.secret_pkcs1_der()),
            // Keys of elliptic curves in the form of SEC 1.
            Ok(_) => Err(KeyError::OtherAlgorithm),
            Err(rustls_pki_types::pem::Error::NoItemsFound) => Err(KeyError::NoKey),
            Err(_) => Err(KeyError::Unreadable),
        }
    }

    /// Reads a key from the bytes of PKCS#8 or PKCS#1, such as those of [`PrivateKey::der`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        match der::find(bytes)? {
            Found::Rsa { pkcs1 } => Self::rsa(pkcs1),
            Found::Ed25519 => Self::ed25519(bytes),
        }
    }

    fn rsa(pkcs1: &[u8]) -> Result<Self, KeyError> {
        let bits = der::modulus_bits(pkcs1)?;
        match bits {
            ..SHORTEST => return Err(KeyError::TooShort { bits }),
            bits if bits > LONGEST => return Err(KeyError::TooLong { bits }),
            bits if !bits.is_multiple_of(STEP) => return Err(KeyError::OddLength { bits }),
            _ => {}
        }
        let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| KeyError::Unsound)?;
        let key = Self { der: der::pkcs8_of_rsa(pkcs1), pair: Pair::Rsa(Box::new(pair)) };
        // What `ring` does not look at when it reads a key it finds when it signs: it verifies each signature that it makes.
        key.sign(b"").map_err(|_| KeyError::Unsound)?;
        Ok(key)
    }

    fn ed25519(pkcs8: &[u8]) -> Result<Self, KeyError> {
        // OpenSSL writes the first version of PKCS#8, which has no public key to check against.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| KeyError::Unsound)?;
        Ok(Self { der: Zeroizing::new(pkcs8.to_vec()), pair: Pair::Ed25519(pair) })
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match &self.pair {
            Pair::Rsa(_) => Algorithm::RsaSha256,
            Pair::Ed25519(_) => Algorithm::Ed25519Sha256,
        }
    }

    /// How long it is: bits of an RSA modulus, and 256 for Ed25519.
    #[must_use]
    pub fn bits(&self) -> usize {
        match &self.pair {
            Pair::Rsa(pair) => pair.public().modulus_len() * 8,
            Pair::Ed25519(_) => 256,
        }
    }

    /// The whole key, secret as it is: PKCS#8, for [`PrivateKey::from_der`].
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What the domain has to publish: `v=DKIM1; k=rsa; p=...` (RFC 6376, section 3.6.1; RFC 8463, section 4.2).
    ///
    /// In DNS it is a TXT record of strings of at most 255 bytes: [`record::strings`].
    #[must_use]
    pub fn public_record(&self) -> String {
        let public = match &self.pair {
            // Not the bare key of RFC 6376's text, but what its example has, and everybody reads and writes.
            Pair::Rsa(pair) => STANDARD.encode(der::public_of_rsa(pair.public_key().as_ref())),
            Pair::Ed25519(pair) => STANDARD.encode(pair.public_key()),
        };
        format!("v=DKIM1; k={}; p={public}", self.algorithm().key_type())
    }

    /// The record as a line of a zone file: [`record::zone_line`].
    #[must_use]
    pub fn zone_line(&self, selector: &Selector, domain: &Domain) -> String {
        record::zone_line(selector, domain, &self.public_record())
    }

    /// Signs what of a letter is covered: its header in the form that is signed.
    pub(crate) fn sign(&self, covered: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), covered, &mut signature)?;
                Ok(signature)
            }
            // RFC 8463, section 3: the hash is signed as if it were the message, so it is hashed twice.
            Pair::Ed25519(pair) => Ok(pair.sign(digest::digest(&digest::SHA256, covered).as_ref()).as_ref().to_vec()),
        }
    }
}

/// Never its bytes: a key that is printed with whatever holds it is no secret any more.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, bits) = (self.algorithm(), self.bits());
        f.debug_struct("PrivateKey").field("algorithm", &algorithm).field("bits", &bits).finish_non_exhaustive()
    }
}
