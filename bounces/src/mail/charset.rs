//! Bytes as text, also where nobody says, or somebody says it wrongly, in which charset they are.

use mail_parser::decoders::charsets::map::charset_decoder;

/// The text of bytes that are said to be in this charset.
///
/// What is valid UTF-8 is taken for that whatever it is said to be: by chance hardly any text is. What is said to be ASCII or Latin and
/// has other bytes is guessed, since that is what programs say that do not know.
pub(crate) fn text(bytes: &[u8], charset: Option<&str>) -> String {
    let charset = charset.map(|name| name.trim_matches(['"', '\'', ' ']).to_ascii_lowercase()).unwrap_or_default();
    let in_seven_bits =
        charset.starts_with("iso-2022") || charset.starts_with("utf-7") || charset.starts_with("utf-16");
    if !in_seven_bits && let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let says_nothing = ["", "us-ascii", "ascii", "iso-8859-1", "utf-8", "utf8", "unknown-8bit", "8bit", "unknown"];
    if says_nothing.contains(&charset.as_str()) {
        return guessed(bytes);
    }
    match charset_decoder(charset.as_bytes()) {
        Some(decode) => decode(bytes),
        None => guessed(bytes),
    }
}

/// The text of bytes of which nobody says in which charset they are: UTF-8 if they can be, else what Russian servers write if that gives
/// words, else Latin.
pub(crate) fn guessed(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    // A text that was cut off, or has one wrong byte, is UTF-8 all the same.
    let lossy = String::from_utf8_lossy(bytes);
    let wrong = lossy.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    let right = lossy.chars().filter(|c| !c.is_ascii()).count() - wrong;
    if right > wrong {
        return lossy.into_owned();
    }
    let texts = ["windows-1251", "koi8-r"]
        .into_iter()
        .filter_map(|name| charset_decoder(name.as_bytes()).map(|decode| decode(bytes)));
    match texts.max_by_key(|text| small_cyrillic(text)).filter(|text| is_russian(text)) {
        Some(text) => text,
        None => charset_decoder(b"windows-1252").map_or_else(|| lossy.into_owned(), |decode| decode(bytes)),
    }
}

/// How many Cyrillic letters are small. Where the wrong one of both charsets is taken, capital letters stand for small ones.
fn small_cyrillic(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, 'а'..='я' | 'ё')).count()
}

/// Whether letters stand side by side, as they do not in a Latin text with some accents.
fn is_russian(text: &str) -> bool {
    let cyrillic = |c: char| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё');
    let letters: Vec<bool> = text.chars().map(cyrillic).collect();
    let all = letters.iter().filter(|letter| **letter).count();
    let in_words = letters.windows(2).filter(|pair| pair[0] && pair[1]).count();
    all > 3 && in_words * 2 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_KOI8: &[u8] = b"\xf0\xcf\xde\xd4\xcf\xd7\xd9\xca \xd1\xdd\xc9\xcb";
    const IN_1251: &[u8] = b"\xcf\xee\xf7\xf2\xee\xe2\xfb\xe9 \xff\xf9\xe8\xea";

    #[test]
    fn text_is_read_in_the_charset_that_it_is_in() {
        for (bytes, charset, expected) in [
            (IN_KOI8, Some("koi8-r"), "Почтовый ящик"),
            (IN_1251, Some("Windows-1251"), "Почтовый ящик"),
            (IN_KOI8, None, "Почтовый ящик"),
            (IN_1251, None, "Почтовый ящик"),
            (IN_1251, Some("us-ascii"), "Почтовый ящик"),
            (IN_KOI8, Some("no-such-charset"), "Почтовый ящик"),
            ("Почтовый ящик".as_bytes(), Some("koi8-r"), "Почтовый ящик"),
            ("Почтовый ящик".as_bytes(), Some("us-ascii"), "Почтовый ящик"),
            (&"Почтовый ящик".as_bytes()[..20], None, "Почтовый я\u{fffd}"),
            (b"Empf\xe4nger unbekannt", Some("iso-8859-1"), "Empfänger unbekannt"),
            (b"Empf\xe4nger unbekannt", None, "Empfänger unbekannt"),
            (b"\xf1\xe1\xfd", Some("iso-8859-2"), "ńáý"),
            (b"", Some(""), ""),
        ] {
            assert_eq!(text(bytes, charset), expected, "{charset:?}");
        }
    }
}
