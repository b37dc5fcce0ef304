//! One form for a password, whatever the keyboard and the system make of its characters (RFC 8265, `OpaqueString`).

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// The password as it is hashed: every blank is the one of ASCII, letters with their marks are one character (NFC). Case stays,
/// and so does everything else that somebody may have put there.
pub(super) fn normal(password: &SecretString) -> SecretString {
    normal_text(password.expose_secret()).into()
}

pub(super) fn normal_text(text: &str) -> String {
    text.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfc().collect()
}

/// The forms in which somebody who shows this may have set it, each once: as it is hashed by now; as they typed it; with letters
/// apart from their marks, as some systems type. How many they are depends on nothing but what is shown.
pub(super) fn forms(shown: &SecretString) -> Vec<SecretString> {
    let shown = shown.expose_secret();
    let normal = normal_text(shown);
    let mut forms = vec![normal];
    if !shown.is_ascii() {
        for form in [shown.to_owned(), shown.nfc().collect(), shown.nfd().collect()] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms.into_iter().map(SecretString::from).collect()
}

/// Whether a new password may not have it: a control character, or a sign that only ends a line (RFC 8265, 4.1, and RFC 8264, 9.12).
/// Passwords that have one already stay right.
pub(super) fn is_no_part_of_a_password(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A blank that is not ASCII's (Unicode's category Zs).
fn is_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_type_a_password_are_one() {
        for (typed, normal) in [
            ("мои\u{306} пароль", "мой пароль"),
            ("е\u{308}лка", "ёлка"),
            ("zoe\u{301}", "zoé"),
            ("a\u{a0}b\u{3000}c\u{2009}d", "a b c d"),
            ("Å", "Å"),
            // The rest is part of it: case, width, what only looks alike, and blanks around.
            ("Пароль", "Пароль"),
            ("ａbc", "ａbc"),
            (" tab\t\0 ", " tab\t\0 "),
            ("", ""),
        ] {
            assert_eq!(normal_text(typed), normal, "{typed:?}");
        }
    }

    #[test]
    fn nobody_has_to_be_asked_twice_for_what_has_one_form() {
        let forms = |text: &str| forms(&SecretString::from(text)).len();
        assert_eq!([forms("correct horse"), forms("пароль"), forms("мой"), forms("мои\u{306}")], [1, 1, 2, 2]);
        assert!(forms("й\u{a0}и\u{306}") <= 4);
    }
}
