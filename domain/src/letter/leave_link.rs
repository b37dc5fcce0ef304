//! What a link in a letter says: which letter it was in, and what it is for.
//!
//! There is no row for a link: a token carries the run and the delivery's number, and a code by which the service knows that it
//! made the token itself. Tokens neither expire nor are used up, as people leave with letters that are years old, and mail
//! programs ask more than once. All of it is small letters and digits, so that a token survives whatever folds case.

use crate::RunId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// Version of the key, run, number of the delivery.
const SAID: usize = 1 + 16 + 4;

/// How much of the code is in the token: 80 bits, which nobody guesses over a network.
const CODE: usize = 10;

const WHOLE: usize = SAID + CODE;

/// The key of links in letters.
#[derive(Clone)]
pub struct LinkKey {
    /// Which of the installation's keys it is. Tokens tell, so that those of an older key can go on to be read.
    pub version: u8,
    key: [u8; 32],
}

/// What a link is for. A token for one purpose is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To leave, as the recipient does not want such letters any more, and to choose which topics they want.
    Unsubscribe,
    /// To come back: the address that a letter is said to be from where mail servers talk about it.
    Bounce,
}

/// Which letter it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letterhead {
    /// The run.
    pub run: RunId,
    /// The delivery's number in the run, counted from 0 over all batches.
    pub ordinal: u32,
}

impl Purpose {
    /// All purposes that there are.
    pub const ALL: [Self; 2] = [Self::Unsubscribe, Self::Bounce];

    fn byte(self) -> u8 {
        match self {
            Self::Unsubscribe => b'u',
            Self::Bounce => b'b',
        }
    }
}

impl LinkKey {
    /// The key of that version.
    #[must_use]
    pub fn new(version: u8, key: [u8; 32]) -> Self {
        Self { version, key }
    }

    /// The token of a link in that letter: 50 characters, lower-case base32 (RFC 4648, section 6, without padding) of version,
    /// run, ordinal, and HMAC-SHA-256 (RFC 2104) over purpose, version, run and ordinal, cut to 10 bytes.
    #[must_use]
    pub fn token(&self, purpose: Purpose, letter: Letterhead) -> String {
        self.made(purpose.byte(), letter)
    }

    /// The letter that a token of this purpose is from; none for whatever this key did not make. Upper case reads like lower
    /// case. The code is compared in constant time.
    #[must_use]
    pub fn read(&self, purpose: Purpose, token: &str) -> Option<Letterhead> {
        let bytes: [u8; WHOLE] = from_base32(token)?;
        let (said, code) = bytes.split_at(SAID);
        self.mac(purpose.byte(), said)?.verify_truncated_left(code).ok()?;
        let (version, said) = said.split_first()?;
        let (run, ordinal) = said.split_first_chunk()?;
        let letter =
            Letterhead { run: RunId(Uuid::from_bytes(*run)), ordinal: u32::from_be_bytes(ordinal.try_into().ok()?) };
        (*version == self.version).then_some(letter)
    }

    fn made(&self, purpose: u8, letter: Letterhead) -> String {
        let mut bytes = Vec::with_capacity(WHOLE);
        bytes.push(self.version);
        bytes.extend_from_slice(letter.run.0.as_bytes());
        bytes.extend_from_slice(&letter.ordinal.to_be_bytes());
        if let Some(mac) = self.mac(purpose, &bytes) {
            bytes.extend_from_slice(&mac.finalize().into_bytes()[..CODE]);
        }
        to_base32(&bytes)
    }

    /// None never happens: a key of any length will do.
    fn mac(&self, purpose: u8, said: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(&[purpose]);
        mac.update(said);
        Some(mac)
    }
}

impl fmt::Debug for LinkKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkKey").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Whether a text is written as tokens are. Whether it is one, only the key says.
pub(super) fn has_form(text: &str) -> bool {
    from_base32::<WHOLE>(text).is_some()
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut held, mut bits) = (0_usize, 0);
    for byte in bytes {
        held = (held << 8) | usize::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[held >> bits]));
            held &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[held << (5 - bits)]));
    }
    text
}

/// The bytes, if the text is exactly what is written for them, but for upper case.
fn from_base32<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != (N * 8).div_ceil(5) {
        return None;
    }
    let (mut bytes, mut filled) = ([0; N], 0);
    let (mut held, mut bits) = (0_u16, 0);
    for sign in text.bytes() {
        let value = match sign {
            b'a'..=b'z' => sign - b'a',
            b'A'..=b'Z' => sign - b'A',
            b'2'..=b'7' => sign - b'2' + 26,
            _ => return None,
        };
        held = (held << 5) | u16::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            let [_, byte] = (held >> bits).to_be_bytes();
            *bytes.get_mut(filled)? = byte;
            filled += 1;
            held &= (1 << bits) - 1;
        }
    }
    // What is left over says nothing: a text in which it does is another spelling of the same bytes.
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const U: Purpose = Purpose::Unsubscribe;

    fn key() -> LinkKey {
        let mut key = [0; 32];
        (0..).zip(&mut key).for_each(|(number, byte)| *byte = number);
        LinkKey::new(1, key)
    }

    fn letter() -> Letterhead {
        let run = Uuid::parse_str("0190c5a4-0000-7000-8000-000000000001").expect("an id");
        Letterhead { run: RunId(run), ordinal: 12 }
    }

    fn any_letter() -> impl Strategy<Value = Letterhead> {
        (any::<u128>(), any::<u32>())
            .prop_map(|(run, ordinal)| Letterhead { run: RunId(Uuid::from_u128(run)), ordinal })
    }

    fn any_key() -> impl Strategy<Value = LinkKey> {
        (any::<u8>(), any::<[u8; 32]>()).prop_map(|(version, key)| LinkKey::new(version, key))
    }

    #[test]
    fn base32_is_that_of_the_rfc_in_small_letters_and_without_padding() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ] {
            assert_eq!(to_base32(bytes.as_bytes()), text);
        }
        assert_eq!(from_base32::<0>(""), Some([]));
        assert_eq!(from_base32("my"), Some(*b"f"));
        assert_eq!(from_base32("MzXW6ytbOI"), Some(*b"foobar"));
        // Another spelling of the same bytes, a letter that there is not, too little, too much.
        assert_eq!(from_base32::<1>("mz"), None);
        for text in ["m1", "m=", "mé", "m", "", "mya", "my "] {
            assert_eq!(from_base32::<1>(text), None, "{text}");
        }
    }

    /// Letters that are out have it: whoever changes how tokens are made lets nobody leave who got one of those.
    #[test]
    fn a_token_never_changes() {
        let token = "aeazbrneaaahaaeaaaaaaaaaaaaqaaaabt4cq2x3vhrabauo3a";
        assert_eq!(key().token(U, letter()), token);
        assert_eq!(key().read(U, token), Some(letter()));
        assert_eq!(key().read(U, &token.to_uppercase()), Some(letter()));
    }

    #[test]
    fn nothing_is_a_token_that_is_written_otherwise() {
        let token = key().token(U, letter());
        for other in [
            String::new(),
            "sample".to_owned(),
            format!("{token}a"),
            format!(" {token}"),
            format!("{token}="),
            token[..49].to_owned(),
            token[1..].to_owned(),
            token.replacen('a', "é", 1),
            "1".repeat(50),
            "a".repeat(50),
        ] {
            assert_eq!(key().read(U, &other), None, "{other}");
        }
    }

    #[test]
    fn a_token_for_another_purpose_is_none_for_leaving() {
        for purpose in (0..=u8::MAX).filter(|purpose| *purpose != U.byte()) {
            assert_eq!(key().read(U, &key().made(purpose, letter())), None, "{purpose}");
        }
        assert_eq!(key().read(U, &key().made(U.byte(), letter())), Some(letter()));
    }

    #[test]
    fn nothing_that_is_shown_of_a_key_tells_it() {
        let shown = format!("{:?}", LinkKey::new(7, [0xab; 32]));
        assert_eq!(shown, "LinkKey { version: 7, .. }");
    }

    proptest! {
        #[test]
        fn a_letter_is_known_by_its_token_however_often_it_comes_and_in_whatever_case(
            key in any_key(),
            letter in any_letter(),
            upper in proptest::collection::vec(any::<bool>(), 50),
        ) {
            let token = key.token(U, letter);
            prop_assert_eq!(token.len(), 50);
            prop_assert!(token.bytes().all(|sign| ALPHABET.contains(&sign)));
            let folded: String = token
                .chars()
                .zip(upper)
                .map(|(sign, upper)| if upper { sign.to_ascii_uppercase() } else { sign })
                .collect();
            for _ in 0..2 {
                prop_assert_eq!(key.read(U, &token), Some(letter));
                prop_assert_eq!(key.read(U, &folded), Some(letter));
            }
        }

        #[test]
        fn a_token_of_another_letter_says_that_one(key in any_key(), one in any_letter(), other in any_letter()) {
            prop_assume!(one != other);
            let token = key.token(U, one);
            prop_assert_ne!(&token, &key.token(U, other));
            prop_assert_eq!(key.read(U, &token), Some(one));
        }

        #[test]
        fn a_token_that_another_key_made_is_refused_whichever_version_it_has(
            key in any_key(),
            other in any::<[u8; 32]>(),
            version: u8,
            letter in any_letter(),
        ) {
            prop_assume!(other != key.key);
            prop_assert_eq!(key.read(U, &LinkKey::new(key.version, other).token(U, letter)), None);
            prop_assume!(version != key.version);
            prop_assert_eq!(key.read(U, &LinkKey::new(version, key.key).token(U, letter)), None);
        }

        #[test]
        fn a_token_of_which_any_bit_is_changed_is_refused(key in any_key(), letter in any_letter(), bit in 0..WHOLE * 8) {
            let mut bytes: [u8; WHOLE] = from_base32(&key.token(U, letter)).expect("a token");
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.read(U, &to_base32(&bytes)), None);
        }

        #[test]
        fn a_token_of_which_any_character_is_another_one_is_refused(
            key in any_key(),
            letter in any_letter(),
            place in 0..50_usize,
            sign in proptest::sample::select(ALPHABET.to_vec()),
        ) {
            let token = key.token(U, letter);
            let mut forged = token.clone().into_bytes();
            forged[place] = sign;
            let forged = String::from_utf8(forged).expect("ASCII");
            prop_assert_eq!(key.read(U, &forged), (forged == token).then_some(letter));
        }

        #[test]
        fn a_token_that_is_cut_or_goes_on_is_refused(
            key in any_key(),
            letter in any_letter(),
            cut in 0..50_usize,
            more in "[a-z2-7]{1,20}",
        ) {
            let token = key.token(U, letter);
            prop_assert_eq!(key.read(U, &token[..cut]), None);
            prop_assert_eq!(key.read(U, &token[50 - cut..]), None);
            prop_assert_eq!(key.read(U, &format!("{token}{more}")), None);
            prop_assert_eq!(key.read(U, &format!("{more}{token}")), None);
        }

        #[test]
        fn what_two_tokens_are_put_together_of_is_refused(
            key in any_key(),
            one in any_letter(),
            other in any_letter(),
            at in 1..WHOLE,
        ) {
            let bytes = |letter| from_base32::<WHOLE>(&key.token(U, letter)).expect("a token");
            let mixed = [&bytes(one)[..at], &bytes(other)[at..]].concat();
            prop_assume!(mixed != bytes(one) && mixed != bytes(other));
            prop_assert_eq!(key.read(U, &to_base32(&mixed)), None);
        }

        #[test]
        fn whatever_somebody_writes_is_read_without_fault_and_is_no_token(
            key in any_key(),
            text in ".{0,80}",
            made_up in "[a-zA-Z2-7]{50}",
        ) {
            prop_assert_eq!(key.read(U, &text), None);
            prop_assert_eq!(key.read(U, &made_up), None);
        }

        #[test]
        fn bytes_come_back_from_base32(bytes: [u8; 7], long: [u8; WHOLE]) {
            prop_assert_eq!(from_base32(&to_base32(&bytes)), Some(bytes));
            prop_assert_eq!(from_base32(&to_base32(&long)), Some(long));
        }
    }
}
