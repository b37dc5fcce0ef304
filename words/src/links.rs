//! The pages where the links in letters lead.

pub use crate::shapes::{Page, Purpose};

use crate::{en, ru};
use domain::Language;

/// What the page for this purpose says.
#[must_use]
pub fn page(purpose: Purpose, language: Language) -> Page {
    match language {
        Language::En => en::links::page(purpose),
        Language::Ru => ru::links::page(purpose),
    }
}

/// The label of the field for a new password.
#[must_use]
pub fn new_password(language: Language) -> &'static str {
    match language {
        Language::En => en::links::NEW_PASSWORD,
        Language::Ru => ru::links::NEW_PASSWORD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_written_in_every_language() {
        for purpose in [Purpose::Verify, Purpose::Recover, Purpose::Email, Purpose::Sender] {
            let [english, russian] = Language::ALL.map(|language| page(purpose, language));
            for (en, ru) in [
                (english.title, russian.title),
                (english.question, russian.question),
                (english.button, russian.button),
                (english.done, russian.done),
                (new_password(Language::En), new_password(Language::Ru)),
            ] {
                assert!(en.is_ascii(), "{en}");
                assert!(ru.chars().all(|c| !c.is_ascii_alphabetic()), "{ru}");
                assert_eq!(en.ends_with('.'), ru.ends_with('.'), "{en} / {ru}");
            }
        }
    }
}
