//! The words of the footer of a letter that went to many: how to leave.

pub use crate::shapes::Footer;

use crate::{en, ru};
use domain::Language;

/// The words of the footer.
#[must_use]
pub fn of(language: Language) -> Footer {
    match language {
        Language::En => en::footer::WORDS,
        Language::Ru => ru::footer::WORDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footer_can_become_a_part_of_a_message_in_every_language() {
        for language in Language::ALL {
            let Footer { text, link } = of(language);
            for words in [text, link] {
                assert!(!words.is_empty() && !words.contains(['{', '}', '<', '>', '&', '\n']), "{words}");
            }
            assert!(text.ends_with(':'), "an address follows: {text}");
        }
        assert_ne!(of(Language::En), of(Language::Ru));
    }
}
