use super::*;

/// One key that OpenSSL made, in the forms in which it writes keys. It signs nothing but here.
const RSA_PKCS8: &str = include_str!("examples/rsa_pkcs8.pem");
const RSA_PKCS1: &str = include_str!("examples/rsa_pkcs1.pem");
const RSA_ENCRYPTED: &str = include_str!("examples/rsa_encrypted.pem");
const RSA_ENCRYPTED_PKCS1: &str = include_str!("examples/rsa_encrypted_pkcs1.pem");
const EC_PKCS8: &str = include_str!("examples/ec_pkcs8.pem");
const EC_SEC1: &str = include_str!("examples/ec_sec1.pem");
/// What OpenSSL says is the public half of it.
const RSA_PUBLIC: &str = include_str!("examples/rsa_public.txt");

fn names() -> (Selector, Domain) {
    (Selector::parse("s1").unwrap(), Domain::parse("example.org").unwrap())
}

/// The PKCS#1 form of a key that is none, but has a modulus of that length.
fn rsa_of_bits(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    if !bits.is_multiple_of(8) {
        modulus[0] = 0xff >> (8 - bits % 8);
    }
    let number = der::integer(&modulus);
    der::sequence(&[&der::integer(&[0]), &number, &der::integer(&[1, 0, 1]), &number, &number, &number]).to_vec()
}

#[test]
fn a_key_that_is_made_is_read_again_and_is_the_same() {
    for (kind, algorithm, bits) in
        [(Kind::Rsa2048, Algorithm::RsaSha256, 2048), (Kind::Ed25519, Algorithm::Ed25519Sha256, 256)]
    {
        let made = PrivateKey::generate(kind).unwrap();
        assert_eq!((made.algorithm(), made.bits()), (algorithm, bits));
        let read = PrivateKey::from_der(made.der()).unwrap();
        assert_eq!(read.der(), made.der());
        assert_eq!(read.public_record(), made.public_record());
        assert_eq!(read.sign(b"text").unwrap(), made.sign(b"text").unwrap());
        assert_ne!(PrivateKey::generate(kind).unwrap().public_record(), made.public_record(), "another is another");
    }
}

#[test]
fn a_key_of_openssl_is_read_in_both_of_its_forms() {
    for pem in [RSA_PKCS8, RSA_PKCS1, &RSA_PKCS1.replace('\n', "\r\n"), &format!("Bag Attributes\n{RSA_PKCS8}")] {
        let key = PrivateKey::from_pem(pem).unwrap();
        assert_eq!((key.algorithm(), key.bits()), (Algorithm::RsaSha256, 2048));
        assert_eq!(key.public_record(), format!("v=DKIM1; k=rsa; p={RSA_PUBLIC}"));
        assert_eq!(key.der(), PrivateKey::from_pem(RSA_PKCS8).unwrap().der(), "it is kept in one form");
    }
}

#[test]
fn the_form_in_which_a_key_is_kept_is_the_one_that_openssl_writes() {
    let PrivateKeyDer::Pkcs8(written) = PrivateKeyDer::from_pem_slice(RSA_PKCS8.as_bytes()).unwrap() else {
        panic!("it is PKCS#8")
    };
    assert_eq!(PrivateKey::from_pem(RSA_PKCS1).unwrap().der(), written.secret_pkcs8_der());
}

#[test]
fn keys_that_cannot_sign_are_refused_with_the_reason() {
    let refused = |pem: &str| PrivateKey::from_pem(pem).err();
    for encrypted in [RSA_ENCRYPTED, RSA_ENCRYPTED_PKCS1] {
        assert_eq!(refused(encrypted), Some(KeyError::Encrypted));
    }
    for other in [EC_PKCS8, EC_SEC1] {
        assert_eq!(refused(other), Some(KeyError::OtherAlgorithm));
    }
    let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    for none in ["", "key", public] {
        assert_eq!(refused(none), Some(KeyError::NoKey), "{none:?}");
    }
    let lines: Vec<&str> = RSA_PKCS8.lines().take(9).chain(["-----END PRIVATE KEY-----", ""]).collect();
    let cut = lines.join("\n");
    for unreadable in [&cut, &RSA_PKCS8.replace("-----END PRIVATE KEY-----", ""), &RSA_PKCS8.replace('M', "!")] {
        assert_eq!(refused(unreadable), Some(KeyError::Unreadable), "{unreadable}");
    }
    for bytes in [&b""[..], b"key", &[0x30, 0x80], &[0x30, 0x85, 1, 1, 1, 1, 1]] {
        assert_eq!(PrivateKey::from_der(bytes).err(), Some(KeyError::Unreadable), "{bytes:?}");
    }
}

#[test]
fn rsa_keys_are_refused_by_their_length() {
    for (bits, refusal) in [
        (512, KeyError::TooShort { bits: 512 }),
        (1023, KeyError::TooShort { bits: 1023 }),
        (1024, KeyError::TooShort { bits: 1024 }),
        (2047, KeyError::TooShort { bits: 2047 }),
        (2048, KeyError::Unsound),
        (2056, KeyError::OddLength { bits: 2056 }),
        (3072, KeyError::Unsound),
        (4096, KeyError::Unsound),
        (4097, KeyError::TooLong { bits: 4097 }),
        (8192, KeyError::TooLong { bits: 8192 }),
    ] {
        let key = rsa_of_bits(bits);
        assert_eq!(PrivateKey::from_der(&key).err(), Some(refusal), "PKCS#1 of {bits}");
        assert_eq!(PrivateKey::from_der(&der::pkcs8_of_rsa(&key)).err(), Some(refusal), "PKCS#8 of {bits}");
    }
    let said = KeyError::TooShort { bits: 1023 }.to_string();
    assert!(said.contains("refuse") && said.contains("RFC 8301"), "{said}");
    let said = KeyError::TooShort { bits: 1024 }.to_string();
    assert!(said.contains("advises 2048"), "{said}");
}

#[test]
fn a_key_whose_parts_do_not_fit_together_is_refused() {
    let key = PrivateKey::from_pem(RSA_PKCS1).unwrap();
    // Near its end are the parts that sign: each of them changed in one bit.
    for from_end in [20, 150, 300, 420, 550, 700, 900] {
        let mut changed = key.der().to_vec();
        let place = changed.len() - from_end;
        changed[place] ^= 4;
        // The private exponent (700 and 900 from the end) is what `ring` neither uses nor checks.
        let refusal = PrivateKey::from_der(&changed).err();
        assert!(refusal == Some(KeyError::Unsound) || from_end >= 700, "{from_end}: {refusal:?}");
    }
    let mut ed25519 = PrivateKey::generate(Kind::Ed25519).unwrap().der().to_vec();
    ed25519[20] ^= 1;
    assert_eq!(PrivateKey::from_der(&ed25519).err(), Some(KeyError::Unsound), "the public key is not its own");
}

#[test]
fn a_record_is_written_in_strings_that_dns_takes() {
    let ((selector, domain), key) = (names(), PrivateKey::from_pem(RSA_PKCS8).unwrap());
    let record = key.public_record();
    let strings: Vec<&str> = record::strings(&record).collect();
    assert_eq!(strings.iter().map(|string| string.len()).collect::<Vec<_>>(), [255, record.len() - 255]);
    assert_eq!(strings.concat(), record);
    let line = format!("s1._domainkey.example.org. IN TXT ( \"{}\" \"{}\" )", strings[0], strings[1]);
    assert_eq!(key.zone_line(&selector, &domain), line);

    let short = PrivateKey::generate(Kind::Ed25519).unwrap();
    let line = format!("s1._domainkey.example.org. IN TXT \"{}\"", short.public_record());
    assert_eq!(short.zone_line(&selector, &domain), line);
    assert_eq!(record::strings("").count(), 0);
    assert_eq!(record::strings(&"ж".repeat(200)).map(str::len).collect::<Vec<_>>(), [254, 146]);
}

#[test]
fn a_private_key_is_never_printed() {
    assert_eq!(
        format!("{:?}", PrivateKey::from_pem(RSA_PKCS8).unwrap()),
        "PrivateKey { algorithm: RsaSha256, bits: 2048, .. }"
    );
}
