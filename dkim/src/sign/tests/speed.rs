//! How many letters a core signs.

use super::*;
use std::time::{Duration, Instant};

#[test]
#[ignore = "measures: cargo test --release -p dkim speed -- --ignored --nocapture"]
fn signatures_per_second() {
    let letter = letter(&"A line of a letter that is like any other line of it.\r\n".repeat(95));
    let signer = |keys| Signer::new(domain(), keys).unwrap();
    for (what, signer) in [
        ("RSA 2048", &signer(vec![key("rsa", RSA)])),
        ("Ed25519", &signer(vec![key("ed", ED25519)])),
        ("both", &signer(vec![key("rsa", RSA), key("ed", ED25519)])),
    ] {
        let (started, mut letters) = (Instant::now(), 0_u32);
        while started.elapsed() < Duration::from_secs(2) {
            signer.sign(letter.as_bytes(), now()).unwrap();
            letters += 1;
        }
        let each = started.elapsed() / letters;
        println!("{what}: {:.0} letters of {} bytes a second", 1.0 / each.as_secs_f64(), letter.len());
    }
    for kind in [Kind::Rsa2048, Kind::Ed25519] {
        let started = Instant::now();
        (0..10).for_each(|_| drop(PrivateKey::generate(kind).unwrap()));
        println!("{kind:?}: a key is made in {:?}", started.elapsed() / 10);
    }
}
