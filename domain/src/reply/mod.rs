//! What mail servers answer, as far as an answer to a letter and the report of a bounce have it in common: codes, words, and what of
//! them may be kept.

mod code;
mod everyday;
mod masked;
mod whom;

pub use code::{EnhancedCode, NoEnhancedCode};
pub use masked::masked;
pub use whom::Whom;

/// Words as they are compared with phrases: small letters, and one space where words end.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            plain.push(c);
        } else if !plain.is_empty() && !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_compared_without_case_and_signs() {
        for (text, expected) in [
            ("", ""),
            ("  ...  ", ""),
            ("User  Unknown!", "user unknown"),
            ("<address>: doesn't exist (550)", "address doesn t exist 550"),
            ("Почтовый ящик ПЕРЕПОЛНЕН.", "почтовый ящик переполнен"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_stays_as_it_is(text in ".{0,80}") {
            let once = plain(&text);
            prop_assert!(!once.contains("  ") && once.trim() == once, "{once:?}");
        }
    }
}
