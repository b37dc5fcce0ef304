//! An RSA key of two new primes.
//!
//! `ring` signs and verifies, and makes no RSA keys. Primes are sought and proved by `crypto-primes`; what is computed here of
//! them are the numbers of RFC 8017, section 3.2, and `ring` checks these when it reads the key.

use super::{KeyError, der};
use crate::NoRandomness;
use crypto_bigint::{NonZero, Odd, U1024, U2048};
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// The public exponent that everybody takes: prime, large enough, and quick to verify with.
const EXPONENT: u32 = 65_537;
/// How long a prime is.
const BITS: NonZeroU32 = NonZeroU32::new(U1024::BITS).expect("it is not zero");
/// Primes must differ in their first bits (FIPS 186-5, appendix A.1.3, step 5.4): else the modulus can be taken apart from its root.
const DIFFER_IN: u32 = 100;

/// A key of 2,048 bits: PKCS#1.
pub(super) fn rsa_2048() -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let random = SystemRandom::new();
    loop {
        // By chance, one time in 30,000, a prime does not go with the exponent.
        let (one, other) = (prime(&random)?, prime(&random)?);
        if let Some(key) = key(&one, &other) {
            return Ok(key);
        }
    }
}

/// The next prime after a random number of 1,024 bits, of which the first two are set: the product of two such has 2,048.
fn prime(random: &SystemRandom) -> Result<Zeroizing<U1024>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; U1024::BYTES]);
    loop {
        random.fill(&mut bytes[..]).map_err(|_| NoRandomness)?;
        bytes[0] |= 0b1100_0000;
        let found = SmallFactorsSieve::new(U1024::from_be_slice(&bytes[..]), BITS, false)
            .ok()
            .and_then(|mut sieve| sieve.find(|candidate| is_prime(Flavor::Any, candidate)));
        // None, if there is no prime between the number and the end of its length.
        if let Some(prime) = found {
            return Ok(Zeroizing::new(prime));
        }
    }
}

/// The key of two primes, if they make one.
fn key(one: &U1024, other: &U1024) -> Option<Zeroizing<Vec<u8>>> {
    let (p, q) = if one > other { (one, other) } else { (other, one) };
    let first_bits = U1024::BITS - DIFFER_IN;
    if p.shr_vartime(first_bits) == q.shr_vartime(first_bits) {
        return None;
    }
    let less_one = |prime: &U1024| Zeroizing::new(prime.wrapping_sub(&U1024::ONE));
    let (p_less_one, q_less_one) = (less_one(p), less_one(q));
    let modulus: U2048 = p.concatenating_mul(q);
    let order: Zeroizing<U2048> = Zeroizing::new(p_less_one.lcm(&q_less_one));
    let exponent = U2048::from_u32(EXPONENT);
    let d = Zeroizing::new(exponent.invert_mod(&NonZero::new(*order).into_option()?).into_option()?);
    let d_p = Zeroizing::new(d.rem(&NonZero::new(*p_less_one).into_option()?));
    let d_q = Zeroizing::new(d.rem(&NonZero::new(*q_less_one).into_option()?));
    let q_inverse = Zeroizing::new(q.invert_odd_mod(&Odd::new(*p).into_option()?).into_option()?);
    let number = |number: &[u8]| der::integer(number);
    Some(der::sequence(&[
        // Two primes: version 0.
        &number(&[0]),
        &number(modulus.to_be_bytes().as_ref()),
        &number(&EXPONENT.to_be_bytes()),
        &number(Zeroizing::new(d.to_be_bytes()).as_ref()),
        &number(Zeroizing::new(p.to_be_bytes()).as_ref()),
        &number(Zeroizing::new(q.to_be_bytes()).as_ref()),
        &number(Zeroizing::new(d_p.to_be_bytes()).as_ref()),
        &number(Zeroizing::new(d_q.to_be_bytes()).as_ref()),
        &number(Zeroizing::new(q_inverse.to_be_bytes()).as_ref()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ring` neither uses the private exponent nor checks it, but whoever the key is taken to does.
    #[test]
    fn the_numbers_of_a_key_fit_together() {
        let key = rsa_2048().unwrap();
        let (mut rest, end) = der::element(&key, der::SEQUENCE).unwrap();
        assert!(end.is_empty());
        let mut numbers = Vec::new();
        while !rest.is_empty() {
            let (number, more) = der::element(rest, der::INTEGER).unwrap();
            let mut bytes = [0; U2048::BYTES];
            let number = number.strip_prefix(&[0]).unwrap_or(number);
            bytes[U2048::BYTES - number.len()..].copy_from_slice(number);
            numbers.push(U2048::from_be_slice(&bytes));
            rest = more;
        }
        let [version, modulus, exponent, private, p, q, d_p, d_q, q_inverse] = numbers[..] else {
            panic!("nine numbers")
        };
        assert_eq!((version, exponent), (U2048::ZERO, U2048::from_u32(EXPONENT)));
        assert!(p > q && modulus == p.wrapping_mul(&q));
        assert_eq!((modulus.bit_width(), p.bit_width(), q.bit_width()), (2048, 1024, 1024));
        let product = |one: &U2048, other: &U2048, modulus: &U2048| {
            let product: crypto_bigint::U4096 = one.concatenating_mul(other);
            product.rem(&NonZero::new(*modulus).unwrap())
        };
        for (prime, part) in [(p, d_p), (q, d_q)] {
            let less_one = prime.wrapping_sub(&U2048::ONE);
            assert_eq!(product(&private, &exponent, &less_one), U2048::ONE);
            assert_eq!(part, private.rem(&NonZero::new(less_one).unwrap()));
            assert!(is_prime(Flavor::Any, &prime));
        }
        assert_eq!(product(&q_inverse, &q, &p), U2048::ONE);
    }

    #[test]
    fn primes_that_begin_alike_make_no_key() {
        let prime = prime(&SystemRandom::new()).unwrap();
        assert!(key(&prime, &prime).is_none());
        let near = prime.wrapping_sub(&U1024::from_u32(2));
        assert!(key(&prime, &near).is_none());
    }
}
