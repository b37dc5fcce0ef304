//! As much of DER as keys are wrapped in. What is within them `ring` reads.

use super::KeyError;
use zeroize::Zeroizing;

pub(super) const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017, appendix A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `id-Ed25519`, 1.3.101.112 (RFC 8410, section 3).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// What key some bytes hold.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// With or without a wrapping; here it is without.
    Rsa { pkcs1: &'a [u8] },
    /// Always wrapped in PKCS#8.
    Ed25519,
}

/// Looks what key it is: PKCS#8 (RFC 5958, section 2) or PKCS#1 (RFC 8017, appendix A.1.2).
pub(super) fn find(bytes: &[u8]) -> Result<Found<'_>, KeyError> {
    let wrapped = || {
        let (key, _) = element(bytes, SEQUENCE)?;
        let (_version, rest) = element(key, INTEGER)?;
        if rest.first() == Some(&INTEGER) {
            return Some(Ok(Found::Rsa { pkcs1: bytes }));
        }
        let Some((algorithm, rest)) = element(rest, SEQUENCE) else {
            // A version and a bare string: a key of an elliptic curve (RFC 5915).
            return element(rest, OCTET_STRING).map(|_| Err(KeyError::OtherAlgorithm));
        };
        let (algorithm, _) = element(algorithm, OBJECT)?;
        let (private, _) = element(rest, OCTET_STRING)?;
        Some(match algorithm {
            RSA => Ok(Found::Rsa { pkcs1: private }),
            ED25519 => Ok(Found::Ed25519),
            _ => Err(KeyError::OtherAlgorithm),
        })
    };
    wrapped().unwrap_or(Err(KeyError::Unreadable))
}

/// How long the modulus of a PKCS#1 key is.
pub(super) fn modulus_bits(pkcs1: &[u8]) -> Result<usize, KeyError> {
    let modulus = || {
        let (key, _) = element(pkcs1, SEQUENCE)?;
        let (_version, rest) = element(key, INTEGER)?;
        let (modulus, _) = element(rest, INTEGER)?;
        let first = modulus.iter().position(|byte| *byte != 0)?;
        let (whole, zeros) = (modulus.len() - first, modulus[first].leading_zeros());
        (whole * 8).checked_sub(zeros as usize)
    };
    modulus().ok_or(KeyError::Unreadable)
}

/// Takes an element off: what is in it, and what follows it.
pub(super) fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(2)?;
    let (length, rest) = match head[1] {
        short @ ..=0x7f => (usize::from(short), rest),
        // Longer than four bytes of length no key is.
        long @ 0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if head[0] == tag { rest.split_at_checked(length) } else { None }
}

/// Puts an element together of parts.
fn wrap(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    // All at once, so that no half of a secret is left where a vector has been before it grew.
    let mut element = Zeroizing::new(Vec::with_capacity(length + 6));
    element.push(tag);
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len())..];
    match significant {
        [] => element.push(0),
        [short @ ..=0x7f] => element.push(*short),
        long => {
            // Of eight bytes at the most.
            element.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            element.extend_from_slice(long);
        }
    }
    for part in parts {
        element.extend_from_slice(part);
    }
    element
}

/// A positive number of big-endian bytes, in as few as it needs.
pub(super) fn integer(number: &[u8]) -> Zeroizing<Vec<u8>> {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len().saturating_sub(1));
    let number = &number[first..];
    let sign: &[u8] = if number.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
    wrap(INTEGER, &[sign, number])
}

/// A sequence of what is wrapped already.
pub(super) fn sequence(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    wrap(SEQUENCE, parts)
}

fn rsa_algorithm() -> Zeroizing<Vec<u8>> {
    wrap(SEQUENCE, &[&wrap(OBJECT, &[RSA]), &wrap(NULL, &[])])
}

/// PKCS#8 of PKCS#1.
pub(super) fn pkcs8_of_rsa(pkcs1: &[u8]) -> Zeroizing<Vec<u8>> {
    wrap(SEQUENCE, &[&integer(&[0]), &rsa_algorithm(), &wrap(OCTET_STRING, &[pkcs1])])
}

/// `SubjectPublicKeyInfo` (RFC 5280, section 4.1) of an `RSAPublicKey`.
pub(super) fn public_of_rsa(public: &[u8]) -> Vec<u8> {
    // The first byte of a string of bits says how many of its last ones do not count.
    wrap(SEQUENCE, &[&rsa_algorithm(), &wrap(BIT_STRING, &[&[0], public])]).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_short_as_they_go_and_read_again() {
        for (length, head) in [
            (0, &[0x04, 0x00][..]),
            (127, &[0x04, 0x7f]),
            (128, &[0x04, 0x81, 0x80]),
            (255, &[0x04, 0x81, 0xff]),
            (256, &[0x04, 0x82, 0x01, 0x00]),
            (65_536, &[0x04, 0x83, 0x01, 0x00, 0x00]),
        ] {
            let content = vec![7; length];
            let mut written = wrap(OCTET_STRING, &[&content]).to_vec();
            assert_eq!(&written[..head.len()], head, "{length}");
            written.push(1);
            assert_eq!(element(&written, OCTET_STRING), Some((&content[..], &[1][..])), "{length}");
        }
    }

    #[test]
    fn numbers_are_positive_and_have_no_zeros_before_them() {
        for (number, written) in [
            (&[0][..], &[2, 1, 0][..]),
            (&[0, 0, 1], &[2, 1, 1]),
            (&[0x7f], &[2, 1, 0x7f]),
            (&[0x80], &[2, 2, 0, 0x80]),
            (&[0, 0xff, 0], &[2, 3, 0, 0xff, 0]),
        ] {
            assert_eq!(&integer(number)[..], written, "{number:?}");
        }
    }

    #[test]
    fn what_is_cut_off_is_unreadable() {
        let key = pkcs8_of_rsa(&sequence(&[&integer(&[0]), &integer(&[0xff; 256]), &integer(&[3])]));
        assert!(matches!(find(&key), Ok(Found::Rsa { pkcs1 }) if modulus_bits(pkcs1) == Ok(2048)));
        for length in 0..key.len() {
            assert_eq!(find(&key[..length]).err(), Some(KeyError::Unreadable), "{length}");
        }
    }
}
