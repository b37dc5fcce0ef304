//! Signatures, as others see them.

mod laws;
mod speed;
mod tampered;
mod verifier;

use super::*;
use crate::{Algorithm, Kind, PrivateKey, Selector};
use std::sync::LazyLock;
use verifier::Published;

/// A key of OpenSSL: making one takes time.
const RSA: &str = include_str!("../../keys/examples/rsa_pkcs8.pem");
/// That of RFC 8463, appendix A.2, in PKCS#8.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

fn key(selector: &str, pem: &str) -> Key {
    Key { selector: Selector::parse(selector).unwrap(), private: PrivateKey::from_pem(pem).unwrap() }
}

fn domain() -> Domain {
    Domain::parse("example.org").unwrap()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_777_629_600, 0).unwrap()
}

fn published(signer: &Signer) -> Published {
    let mut published = Published::default();
    for key in &signer.keys {
        published.add(&key.selector.record_name(&signer.domain), &key.private.public_record());
    }
    published
}

/// An RSA key and an Ed25519 key side by side.
static BOTH: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(domain(), vec![key("rsa", RSA), key("ed", ED25519)]).unwrap());
static PUBLISHED: LazyLock<Published> = LazyLock::new(|| published(&BOTH));

/// The letter with its signatures before it.
fn signed(letter: &str) -> Vec<u8> {
    let mut signed = BOTH.sign(letter.as_bytes(), now()).unwrap();
    signed.extend_from_slice(letter.as_bytes());
    signed
}

fn head() -> String {
    [
        "From: =?utf-8?B?0J3QvtCy0L7RgdGC0Lg=?= <news@example.org>",
        "To: ann@example.com",
        "Subject: =?utf-8?B?0J/RgNC40LLQtdGC?=",
        "Date: Fri, 1 May 2026 10:00:00 +0000",
        "Message-ID: <1.2@example.org>",
        "Reply-To: answers@example.org",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "List-Unsubscribe: <https://example.org/u/token>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Id: <mailing.example.org>",
        "Precedence: bulk",
    ]
    .map(|line| format!("{line}\r\n"))
    .concat()
}

fn letter(body: &str) -> String {
    format!("{}\r\n{body}", head())
}

#[test]
fn bodies_of_all_kinds_are_signed_so_that_others_agree() {
    let long = "слово ".repeat(5_000);
    let many = "A line like any other.\r\n".repeat(2_000);
    for body in [
        "Hello, world!\r\n",
        "No line end",
        "Trailing blank lines\r\n\r\n\r\n\r\n",
        "Blanks at the end of lines  \r\nand tabs\t\t\r\nand both \t \r\n.\r\n",
        "\r\n\r\nEmpty lines first,\r\n\r\n \r\n\t\r\nwithin, and of blanks\r\n",
        "\tA tab first\r\n  blanks first\r\n",
        ".\r\n..\r\n.dots at the start\r\n...\r\n",
        "Здравствуйте!\r\n\r\nЭто письмо.\r\n",
        "<!DOCTYPE html>\r\n<html><body>\r\n  <p style=\"color: red\">Hello,   <b>world</b></p>\r\n</body></html>\r\n",
        &long,
        &many,
        "a",
        "",
        "\r\n",
        "\r\n\r\n",
    ] {
        assert_eq!(PUBLISHED.verify(&signed(&letter(body))), [true, true], "{body:.80?}");
    }
}

#[test]
fn heads_of_all_kinds_are_signed_so_that_others_agree() {
    for head in [
        "From: a@example.org\r\n",
        "from:a@example.org\r\n",
        "FROM: \t a@example.org \t \r\n",
        "From: a@example.org\r\nSubject: folded\r\n here\r\n\tand   here \r\n",
        "From: a@example.org\r\nSubject:\r\n folded at once\r\n",
        "From: a@example.org\r\nSubject:\r\nTo: \r\nCc:  \t\r\n",
        "From: a@example.org\r\nSubject: без кодирования\r\n",
        "From: a@example.org\r\nReceived: one\r\nSubject: first\r\nReceived: two\r\nSubject: second\r\nSubject: third\r\n",
        "From: a@example.org\r\nFrom: b@example.org\r\n",
        "X-Own: 1\r\nFrom: a@example.org\r\nX-Other: b= c; d=e\r\n",
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=old; h=from; bh=AA==; b=AA==\r\nFrom: a@example.org\r\n",
    ] {
        let letter = format!("{head}\r\nHello\r\n");
        let results = PUBLISHED.verify(&signed(&letter));
        assert_eq!(results[..2], [true, true], "{head:?}");
        let results = PUBLISHED.verify(&signed(head));
        assert_eq!(results[..2], [true, true], "{head:?} with no body");
    }
}

#[test]
fn one_key_signs_alone() {
    for (pem, algorithm) in [(RSA, Algorithm::RsaSha256), (ED25519, Algorithm::Ed25519Sha256)] {
        let signer = Signer::new(domain(), vec![key("one", pem)]).unwrap();
        let letter = letter("Hello\r\n");
        let field = signer.sign(letter.as_bytes(), now()).unwrap();
        let name = format!("DKIM-Signature: v=1; a={}; ", algorithm.name());
        assert!(field.starts_with(name.as_bytes()));
        assert_eq!(published(&signer).verify(&[field, letter.into_bytes()].concat()), [true]);
    }
}

#[test]
fn keys_that_are_made_here_sign_so_that_others_agree() {
    let made = |selector: &str, kind| Key {
        selector: Selector::parse(selector).unwrap(),
        private: PrivateKey::generate(kind).unwrap(),
    };
    let signer = Signer::new(domain(), vec![made("r", Kind::Rsa2048), made("e", Kind::Ed25519)]).unwrap();
    let letter = letter("Hello\r\n");
    let fields = signer.sign(letter.as_bytes(), now()).unwrap();
    assert_eq!(published(&signer).verify(&[fields, letter.into_bytes()].concat()), [true, true]);
}

#[test]
fn lines_of_blanks_at_the_end_are_no_part_of_what_is_signed() {
    let trimmed = BOTH.sign(letter("Hello\r\n").as_bytes(), now()).unwrap();
    for body in ["Hello\r\n \r\n", "Hello\r\n\t\r\n  \r\n\r\n", "Hello \r\n  "] {
        assert_eq!(BOTH.sign(letter(body).as_bytes(), now()).unwrap(), trimmed, "{body:?}");
    }
}

#[test]
fn the_fields_are_folded_and_say_what_is_signed() {
    let fields = String::from_utf8(BOTH.sign(letter("Hello\r\n").as_bytes(), now()).unwrap()).unwrap();
    assert!(fields.is_ascii() && fields.ends_with("\r\n"));
    for line in fields.split_terminator("\r\n") {
        assert!(line.len() <= 78, "{line}");
        assert!(line.starts_with("DKIM-Signature: ") || (line.starts_with(' ') && !line.trim().is_empty()), "{line}");
    }
    let (first, second) = fields.split_at(fields.rfind("DKIM-Signature: ").unwrap());
    let tags = |field: &str| -> Vec<String> {
        let value = field.strip_prefix("DKIM-Signature:").unwrap().replace("\r\n ", "");
        value.trim().split(';').map(|tag| tag.trim().to_owned()).collect()
    };
    let (first, second) = (tags(first), tags(second));
    let names = "h=from:from:to:to:cc:subject:subject:date:date:message-id:message-id:reply-to:reply-to:mime-version:mime-version:\
         content-type:content-type:content-transfer-encoding:content-transfer-encoding:list-unsubscribe:list-unsubscribe:\
         list-unsubscribe-post:list-unsubscribe-post:list-id:list-id";
    assert_eq!(
        first[..7],
        ["v=1", "a=rsa-sha256", "c=relaxed/relaxed", "d=example.org", "s=rsa", "t=1777629600", names]
    );
    assert_eq!((&second[1][..], &second[4][..]), ("a=ed25519-sha256", "s=ed"));
    assert_eq!(first[7], second[7], "one body hash for both");
    assert_eq!(first[7], format!("bh={}", STANDARD.encode(canonical::body_hash(b"Hello\r\n").unwrap())));
    let signature = |tag: &str| STANDARD.decode(tag.strip_prefix("b=").unwrap()).unwrap().len();
    assert_eq!((signature(&first[8]), signature(&second[8])), (256, 64));
}

#[test]
fn long_names_are_folded_too() {
    let label = "a".repeat(63);
    let domain = Domain::parse(&format!("{label}.{label}.{label}")).unwrap();
    let signer = Signer::new(domain, vec![key(&"s".repeat(49), ED25519)]).unwrap();
    let letter = letter("Hello\r\n");
    let field = signer.sign(letter.as_bytes(), now()).unwrap();
    assert_eq!(published(&signer).verify(&[field, letter.into_bytes()].concat()), [true]);
}

#[test]
fn what_is_signed_at_the_same_time_is_signed_alike() {
    let letter = letter("Hello\r\n");
    assert_eq!(signed(&letter), signed(&letter));
    let later = BOTH.sign(letter.as_bytes(), now() + chrono::TimeDelta::seconds(1)).unwrap();
    assert_ne!(signed(&letter)[..later.len()], later);
    let early = BOTH.sign(letter.as_bytes(), DateTime::from_timestamp(-1, 0).unwrap()).unwrap();
    assert!(String::from_utf8(early).unwrap().contains(" t=0;"), "there is no time before it");
}

#[test]
fn the_signature_of_rfc_8463_appendix_a_comes_out_as_it_stands_there() {
    let fields: [(&str, &str); 5] = [
        ("From", " Joe SixPack <joe@football.example.com>"),
        ("To", " Suzie Q <suzie@shopping.example.net>"),
        ("Subject", " Is dinner ready?"),
        ("Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"),
        ("Message-ID", " <20030712040037.46341.5F8J@football.example.com>"),
    ];
    let body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
    let body_hash = STANDARD.encode(canonical::body_hash(body.as_bytes()).unwrap());
    assert_eq!(body_hash, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
    let unsigned = " v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n \
        q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n \
        bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
    let mut covered = Vec::new();
    for (name, value) in fields {
        canonical::field(name.as_bytes(), value.as_bytes(), &mut covered);
        covered.extend_from_slice(b"\r\n");
    }
    canonical::field(b"DKIM-Signature", unsigned.as_bytes(), &mut covered);
    let private = PrivateKey::from_pem(ED25519).unwrap();
    assert_eq!(private.public_record(), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert_eq!(
        STANDARD.encode(private.sign(&covered).unwrap()),
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    );
}

#[test]
fn what_is_no_letter_is_not_signed() {
    for (letter, error) in [
        ("To: a@b.org\r\n\r\nHello\r\n", SignError::NoFrom),
        ("", SignError::NoFrom),
        ("\r\nFrom: a@b.org\r\n", SignError::NoFrom),
        ("From: a@b.org\r\nHello\r\n\r\n", SignError::NoField { line: 2 }),
        ("From: a@b.org\nTo: b@b.org\r\n\r\n", SignError::LineEnd { line: 1 }),
        ("From: a@b.org\r\n\r\nHello\nworld\r\n", SignError::LineEnd { line: 3 }),
        ("From: a@b.org\r\n\r\nHello\r\nwor\rld\r\n", SignError::LineEnd { line: 4 }),
    ] {
        assert_eq!(BOTH.sign(letter.as_bytes(), now()), Err(error), "{letter:?}");
    }
}

#[test]
fn a_signer_has_one_key_or_two_of_different_names() {
    let refused = |keys| Signer::new(domain(), keys).err();
    assert_eq!(refused(vec![]), Some(SignerError::NoKey { domain: domain() }));
    let three = vec![key("a", ED25519), key("b", ED25519), key("c", ED25519)];
    assert_eq!(refused(three), Some(SignerError::TooMany { domain: domain(), keys: 3 }));
    let twice = vec![key("a", ED25519), key("A", RSA)];
    let selector = Selector::parse("a").unwrap();
    assert_eq!(refused(twice), Some(SignerError::SameSelector { domain: domain(), selector }));
    let label = "a".repeat(63);
    let long = Domain::parse(&format!("{label}.{label}.{label}")).unwrap();
    let error = Signer::new(long, vec![key(&"s".repeat(63), ED25519)]).unwrap_err();
    assert!(matches!(error, SignerError::TooLong { .. }));
}

#[test]
fn a_signer_may_be_shared_between_threads_and_prints_no_secret() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&*BOTH);
    assert!(!format!("{:?}", *BOTH).contains("der"));
}
