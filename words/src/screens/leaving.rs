//! The page behind the link in a letter, where its recipient says that they want no more, and which topics they want.

use super::screen;

screen! {
    /// The words of the page on which recipients leave, and choose topics.
    Leaving in leaving {
        texts {
            title, asks, means, letter, from, to, leave_owner, leave_mailing, leave_this_topic,
            left_owner_title, left_owner, left_mailing_title, left_mailing, left_topic_title, left_topic, left_closed_topic,
            undo, undo_means, undone,
            topics, topics_help, closed_topic, topics_later, not_there, agree_unnamed, save,
            chosen_title, chosen, chosen_unseen, not_joined_left, not_joined_changed,
            unknown_title, unknown, sample_title, sample, one_click,
            nothing_chosen, not_stored_title, not_stored, not_read_title, not_read, too_long_title, too_long,
            too_slow_title, too_slow,
        }
        filled { leave_topic, left_topic_named, agree }
    }
}

impl Leaving {
    /// What somebody agrees to who ticks a topic and saves, below the list of an owner's topics. Owners may have no name.
    #[must_use]
    pub fn agreement(&self, owner: &str) -> String {
        if owner.trim().is_empty() { self.agree_unnamed.to_owned() } else { self.agree.with(apart(owner)) }
    }

    /// The words by which somebody agrees to get the letters of one topic: its title, beside the box, and what stands below the list.
    #[must_use]
    pub fn wording(&self, title: &str, owner: &str) -> String {
        format!("{}: {}", apart(title), self.agreement(owner))
    }
}

/// A name in the middle of a sentence, which it cannot turn around, whichever way it runs itself (Unicode Standard Annex 9,
/// section 2.4): the controls of directions that are in it are left out.
#[must_use]
pub fn apart(name: &str) -> String {
    let turns = |sign: char| matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let straight: String = name.chars().filter(|sign| !turns(*sign)).collect();
    format!("\u{2068}{straight}\u{2069}")
}

#[cfg(test)]
mod agreeing {
    use super::*;
    use domain::Language;

    #[test]
    fn the_words_of_a_consent_are_those_of_the_page_and_name_the_topic_and_the_owner() {
        for language in Language::ALL {
            let words = Leaving::of(language);
            let agreement = words.agreement("Ann Lee");
            assert!(agreement.contains("Ann Lee"), "{agreement}");
            let wording = words.wording("News", "Ann Lee");
            assert!(wording.contains("News") && wording.ends_with(&agreement), "{wording}");
            assert_eq!(words.agreement("  "), words.agree_unnamed);
        }
        let said = Language::ALL.map(|language| Leaving::of(language).wording("News", ""));
        assert_ne!(said[0], said[1]);
    }

    #[test]
    fn the_longest_title_and_name_are_a_wording_that_a_consent_can_have() {
        let (title, owner) = ("Ж".repeat(domain::group::MAX_NAME), "Ж".repeat(domain::FullName::MAX_CHARS));
        for language in Language::ALL {
            let wording = Leaving::of(language).wording(&title, &owner);
            assert!(wording.chars().count() <= domain::client::MAX_WORDING, "{wording}");
        }
    }

    #[test]
    fn a_name_does_not_turn_the_rest_of_a_sentence_around() {
        assert_eq!(apart("Ann"), "\u{2068}Ann\u{2069}");
        assert_eq!(apart("\u{202e}nn\u{2069}A\u{202c}"), "\u{2068}nnA\u{2069}");
        assert_eq!(apart("مرحبا"), "\u{2068}مرحبا\u{2069}");
    }
}
