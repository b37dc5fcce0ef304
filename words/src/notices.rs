//! The words of the service's own letters.
//!
//! A function for each language, and the compiler sees to it that each has words for every kind of notice: with a dozen
//! letters, no plurals and two languages, a catalogue (Fluent) would bring a parser, keys that may be missing and messages that
//! may fail to format, and nothing else.

pub use crate::shapes::{Lifetime, Words};

use crate::{en, ru};
use domain::Language;
use domain::notice::Kind;

/// The words of a letter; `None` where it says somebody else's.
#[must_use]
pub fn of(kind: &Kind, language: Language) -> Option<Words> {
    match language {
        Language::En => en::notices::of(kind),
        Language::Ru => ru::notices::of(kind),
    }
}

/// What stands before the subject of a test letter.
#[must_use]
pub fn test_mark(language: Language) -> &'static str {
    match language {
        Language::En => en::notices::TEST_MARK,
        Language::Ru => ru::notices::TEST_MARK,
    }
}

/// The first line of a letter.
#[must_use]
pub fn greeting(name: Option<&str>, language: Language) -> String {
    let hello = match language {
        Language::En => en::notices::HELLO,
        Language::Ru => ru::notices::HELLO,
    };
    name.map_or_else(|| format!("{hello}!"), |name| format!("{hello}, {name}!"))
}

/// How long a link works.
#[must_use]
pub fn lifetime(lifetime: Lifetime, language: Language) -> &'static str {
    match language {
        Language::En => en::notices::lifetime(lifetime),
        Language::Ru => ru::notices::lifetime(lifetime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EmailAddress;

    #[test]
    fn a_letter_in_another_language_is_another_letter() {
        for kind in Kind::with_words(&EmailAddress::parse("new-anna@example.com").expect("an address")) {
            let [english, russian] =
                [Language::En, Language::Ru].map(|language| of(&kind, language).expect("there are words for it"));
            assert!(english.about.is_ascii() && english.otherwise.is_ascii() && english.subject.is_ascii());
            for text in [russian.subject, &russian.about, russian.otherwise] {
                assert!(text.contains(|c| ('а'..='я').contains(&c)), "{text}");
            }
        }
    }

    #[test]
    fn whoever_allows_a_sender_reads_whom_they_allow_it() {
        let email = |text| EmailAddress::parse(text).expect("an address");
        let (sender, name) = (domain::SenderId(uuid::Uuid::nil()), domain::FullName::default());
        let kind = |owner| Kind::VerifySender { sender, name: name.clone(), address: email("news@example.org"), owner };
        for language in Language::ALL {
            let about = |owner| of(&kind(owner), language).expect("there are words for it").about;
            assert!(about(Some(email("ann@example.com"))).starts_with("ann@example.com "), "{language}");
            let nobody = about(None);
            assert!(nobody.contains("news@example.org") && !nobody.contains("ann@"), "{nobody}");
        }
    }
}
