//! Secrets at rest: encrypted under one key that is not where they are.
//!
//! A backup of the database alone gives nothing away, and a row that is copied over another one does not open: what is sealed is
//! bound to its *purpose*, a text such as `dkim:` and the id of the key. `ChaCha20-Poly1305` (RFC 8439) is as safe on processors that
//! have no instructions for AES. Its nonces are random; that is good for some billions of secrets under one key.
//!
//! ```text
//! 1 byte   version of this form: 1
//! 12 bytes nonce
//! n bytes  the secret, encrypted
//! 16 bytes tag, which covers version and purpose, too
//! ```

use crate::NoRandomness;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of what proves that nothing was changed.
const TAG: usize = 16;
/// The form of what is sealed.
const VERSION: u8 = 1;
/// Bytes of a fingerprint.
const FINGERPRINT: usize = 8;

/// Base64 as people bring it: with `=` at its end or without.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const COMMON: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The key under which secrets are sealed.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY]>);

/// Why a text is no master key. It says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a master key is 32 bytes in base64 (44 characters) or hex (64 characters), such as \"openssl rand -base64 32\" makes"
)]
pub struct MasterKeyError;

/// Why what is sealed does not open. It says neither how far it got nor what is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// Not this key, not this purpose, or changed since: that cannot be told apart.
    #[error("what is sealed does not open: it was sealed under another key or for another purpose, or was changed")]
    DoesNotOpen,
    /// A newer program has sealed it.
    #[error("what is sealed has a form that is not known here: a newer version of the program has written it")]
    UnknownForm,
}

impl MasterKey {
    /// Makes a new key.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut key = Zeroizing::new([0; KEY]);
        SystemRandom::new().fill(&mut key[..]).map_err(|_| NoRandomness)?;
        Ok(Self(key))
    }

    /// Reads a key from base64, of either alphabet and with or without padding, or from hex. Blanks around it do not matter.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let bytes = Zeroizing::new(if text.len() == 2 * KEY {
            hex(text).ok_or(MasterKeyError)?
        } else {
            COMMON.decode(text).or_else(|_| FOR_URLS.decode(text)).map_err(|_| MasterKeyError)?
        });
        let mut key = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return Err(MasterKeyError);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    /// The key in base64, secret as it is: for whoever puts a new one where it is read from.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&self.0[..]))
    }

    /// A name for the key, of 16 hex digits, that gives nothing of it away: whoever has what was sealed can see by it whether this is the
    /// key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0[..]), b"skymailing master key");
        tag.as_ref().iter().take(FINGERPRINT).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    }

    /// Seals a secret for a purpose. Twice the same gives two results, of which nobody sees that they are the same.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| NoRandomness)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, secret) = sealed.split_at_mut(1 + NONCE_LEN);
        let key = self.key().ok_or(NoRandomness)?;
        let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), bound(purpose), secret);
        sealed.extend_from_slice(tag.map_err(|_| NoRandomness)?.as_ref());
        Ok(sealed)
    }

    /// Opens what was sealed for that purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::DoesNotOpen)?;
        if *version != VERSION {
            return Err(SealError::UnknownForm);
        }
        let (nonce, secret) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::DoesNotOpen)?;
        let mut secret = Zeroizing::new(secret.to_vec());
        let key = self.key().ok_or(SealError::DoesNotOpen)?;
        let plain = key.open_in_place(nonce, bound(purpose), &mut secret).map_err(|_| SealError::DoesNotOpen)?;
        let length = plain.len();
        secret.truncate(length);
        Ok(secret)
    }

    /// Of 32 bytes there is always one.
    fn key(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.0[..]).ok().map(LessSafeKey::new)
    }
}

/// Never its bytes.
impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").finish_non_exhaustive()
    }
}

/// What the tag covers besides the secret.
fn bound(purpose: &str) -> Aad<Vec<u8>> {
    let mut bound = vec![VERSION];
    bound.extend_from_slice(purpose.as_bytes());
    Aad::from(bound)
}

/// Bytes of hex digits in either case.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MasterKey {
        MasterKey::generate().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose() {
        let key = key();
        for plain in [&b""[..], b"a secret", &[0; 10_000]] {
            let sealed = key.seal("dkim:1", plain).unwrap();
            assert_eq!(sealed.len(), 1 + 12 + plain.len() + 16);
            assert_eq!(&key.open("dkim:1", &sealed).unwrap()[..], plain);
        }
        assert_ne!(key.seal("dkim:1", b"a").unwrap(), key.seal("dkim:1", b"a").unwrap(), "a nonce is new each time");
    }

    #[test]
    fn what_is_sealed_opens_neither_for_another_purpose_nor_under_another_key() {
        let (key, sealed) = (key(), |key: &MasterKey| key.seal("dkim:1", b"a secret").unwrap());
        let sealed = sealed(&key);
        for purpose in ["dkim:2", "dkim:11", "dkim:", "", "DKIM:1"] {
            assert_eq!(key.open(purpose, &sealed).err(), Some(SealError::DoesNotOpen), "{purpose:?}");
        }
        assert_eq!(super::tests::key().open("dkim:1", &sealed).err(), Some(SealError::DoesNotOpen));
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let key = key();
        let sealed = key.seal("dkim:1", b"a secret").unwrap();
        for place in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(key.open("dkim:1", &changed).err(), Some(SealError::DoesNotOpen), "{place}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open("dkim:1", &sealed[..length]).err(), Some(SealError::DoesNotOpen), "{length}");
        }
        let newer = [&[2], &sealed[1..]].concat();
        assert_eq!(key.open("dkim:1", &newer).err(), Some(SealError::UnknownForm));
    }

    #[test]
    fn a_form_that_was_sealed_once_opens_for_ever() {
        let key = MasterKey::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap();
        let sealed = hex(SEALED_ONCE).unwrap();
        assert_eq!(&key.open("dkim:once", &sealed).unwrap()[..], b"a secret");
    }

    /// Made by another program: version 1, a nonce of twelve bytes 0x07, `a secret`.
    const SEALED_ONCE: &str = "01070707070707070707070707c774eeca50403ae0a2735fdfe17266f97f8b7427a5ed0b60";

    #[test]
    fn a_master_key_is_read_in_base64_and_in_hex() {
        let key = key();
        let base64 = key.reveal();
        let hex = key.0.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let for_urls = base64.replace('+', "-").replace('/', "_");
        let texts = [
            base64.to_string(),
            format!(" {}\n", *base64),
            base64.trim_end_matches('=').to_owned(),
            for_urls,
            hex.to_uppercase(),
            hex,
        ];
        for text in texts {
            assert_eq!(MasterKey::parse(&text).unwrap().0, key.0, "{text:?}");
        }
    }

    #[test]
    fn what_has_not_32_bytes_is_no_master_key() {
        for bad in ["", "secret", &"0".repeat(62), &"0".repeat(66), &"g".repeat(64), &"ж".repeat(32), &"A".repeat(40)]
        {
            assert!(MasterKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_stays_what_it_is() {
        let key = MasterKey::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap();
        // HMAC-SHA256 by another program.
        assert_eq!(key.fingerprint(), "f14c1e04e858b1b8");
        assert_ne!(self::key().fingerprint(), self::key().fingerprint());
    }

    #[test]
    fn a_master_key_is_never_printed() {
        let key = key();
        assert_eq!(format!("{key:?}"), "MasterKey { .. }");
        assert!(!format!("{:?}", MasterKey::parse("secret")).contains("secret"));
    }
}
