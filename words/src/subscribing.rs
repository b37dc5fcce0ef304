//! Subscribing: the words that somebody agrees to who wants letters.

use crate::{en, ru};
use domain::Language;

/// What somebody says who asks for letters: whose, and about which topics. It stands beside the button, and is kept as it was said.
/// Without topics it is about those that are chosen where it stands: what is kept names them.
#[must_use]
pub fn wording(owner: &str, topics: &[&str], language: Language) -> String {
    match language {
        Language::En => en::subscribing::wording(owner, topics),
        Language::Ru => ru::subscribing::wording(owner, topics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FullName;
    use domain::client::MAX_WORDING;
    use domain::group::MAX_NAME;
    use domain::subscription::MAX_TOPICS;

    #[test]
    fn it_names_the_owner_and_the_topics_in_every_language() {
        for language in Language::ALL {
            let said = wording("Ann", &["News", "Concerts"], language);
            for part in ["Ann", "News", "Concerts"] {
                assert_eq!(said.matches(part).count(), 1, "{said}");
            }
            assert!(said.ends_with('.') && !said.contains("  "), "{said}");
            let nameless = wording("", &["News"], language);
            assert!(nameless.contains("News") && !nameless.contains("  ") && !nameless.contains(" ."), "{nameless}");
        }
        let some = Language::ALL.map(|language| wording("Ann", &["News", "Concerts"], language)).join("\n");
        let chosen = Language::ALL.map(|language| wording("Ann", &[], language)).join("\n");
        insta::assert_snapshot!("wording", format!("{some}\n{chosen}"));
    }

    #[test]
    fn the_longest_fits_into_a_consent() {
        let (owner, title) = ("ш".repeat(FullName::MAX_CHARS), "ы".repeat(MAX_NAME));
        for language in Language::ALL {
            let length = wording(&owner, &[title.as_str(); MAX_TOPICS], language).chars().count();
            assert!(length <= MAX_WORDING, "{language}: {length}");
        }
    }
}
