//! What holds for whatever letter.

use super::*;
use proptest::prelude::*;

fn field() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        proptest::sample::select(&SIGNED[..]).prop_map(str::to_owned),
        proptest::sample::select(&["From", "SUBJECT", "Received", "X-Own", "Feedback-ID", "Precedence"][..])
            .prop_map(str::to_owned),
    ];
    let piece = prop_oneof![4 => "[ -~]{0,30}", 1 => "[а-яё€ \t]{0,20}", 1 => "[;:=.\t ]{0,6}"];
    let fold = proptest::sample::select(&["", " ", "\r\n ", "\r\n\t ", "\r\n   "][..]);
    (name, proptest::collection::vec((fold, piece), 0..4)).prop_map(|(name, pieces)| {
        // A line of a fold that has nothing but blanks is none (RFC 5322, section 3.2.2).
        let full = pieces.into_iter().filter(|(_, piece)| !piece.trim().is_empty());
        let value: String = full.flat_map(|(fold, piece)| [fold.to_owned(), piece]).collect();
        format!("{name}:{value}\r\n")
    })
}

fn body() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        3 => "[ -~]{0,60}",
        1 => "[а-яё \t]{0,40}",
        1 => "[ \t]{0,4}",
        1 => "[.]{1,3}[ a]{0,3}",
        1 => Just(String::new()),
        1 => "[a-z ]{900,1200}",
    ];
    (proptest::collection::vec(line, 0..30), 0..4_usize).prop_map(|(lines, ends)| {
        // As the letter writer leaves it: no lines of blanks at the end.
        let text = lines.join("\r\n");
        format!("{}{}", text.trim_end_matches([' ', '\t', '\r', '\n']), "\r\n".repeat(ends))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_letter_is_signed_so_that_others_agree(
        before in proptest::collection::vec(field(), 0..8),
        after in proptest::collection::vec(field(), 0..8),
        body in body(),
    ) {
        let letter = format!("{}From: news@example.org\r\n{}\r\n{body}", before.concat(), after.concat());
        let results = PUBLISHED.verify(&signed(&letter));
        prop_assert_eq!(results, [true, true], "{:?}", letter);
    }

    #[test]
    fn whatever_the_bytes_are_signing_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = BOTH.sign(&bytes, now());
        let _ = BOTH.sign(&[b"From: a@b.org\r\n\r\n", &bytes[..]].concat(), now());
    }

    #[test]
    fn whatever_the_bytes_are_reading_a_key_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = PrivateKey::from_der(&bytes);
        let _ = PrivateKey::from_der(&[&[0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x00], &bytes[..]].concat());
        let _ = PrivateKey::from_pem(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_is_not_a_line_end_is_never_signed(place in 0..60_usize, bare in proptest::sample::select(&b"\r\n"[..])) {
        let mut letter = letter("Hello,\r\nworld and all who live there, today and tomorrow!\r\n").into_bytes();
        let place = letter.len() - place;
        let breaks = letter[..place].ends_with(b"\r") || letter[place..].starts_with(b"\n");
        letter.insert(place, bare);
        let refused = matches!(BOTH.sign(&letter, now()), Err(SignError::LineEnd { .. }));
        prop_assert!(refused || breaks);
    }
}
