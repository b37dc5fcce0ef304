//! The rules that are data: phrases by which it is told what a report means where its codes do not, and marks by which messages are told
//! apart that are no reports.
//!
//! A phrase is compared with words in small letters between which one space stands, whatever else stood there
//! ([`domain::reply::plain`]), and may begin or end within a word. `docs/bounces.md` tells how to add one.

mod rule;
mod table;

use domain::feedback::Severity;
pub use rule::{Kind, Mark, Meaning, Rule};
pub use table::{AUTO_REPLIES, CHALLENGES, DIVIDERS, MARKS, PHRASES, SYSTEMS, UNDELIVERED};

/// What a text says of why a letter was refused.
pub(crate) fn refusal(plain: &str) -> Option<Meaning> {
    meant(plain, |means| !matches!(means, Meaning::StillTrying | Meaning::GivenUp))
}

/// What a text says of whether it is for good: whether the server goes on, so that the letter is only late.
pub(crate) fn severity(plain: &str) -> Option<Severity> {
    match meant(plain, |means| matches!(means, Meaning::StillTrying | Meaning::GivenUp))? {
        Meaning::StillTrying => Some(Severity::Delayed),
        Meaning::GivenUp => Some(Severity::Permanent),
        Meaning::Full | Meaning::Guess | Meaning::Unwanted | Meaning::NoDomain | Meaning::NoMailbox => None,
    }
}

/// Whether a text has one of these phrases.
pub(crate) fn says(rules: &[Rule], plain: &str) -> bool {
    rules.iter().any(|rule| plain.contains(rule.0))
}

fn meant(plain: &str, wanted: impl Fn(Meaning) -> bool) -> Option<Meaning> {
    let said = |(means, rules): &&(Meaning, &[Rule])| wanted(*means) && says(rules, plain);
    PHRASES.iter().filter(said).map(|(means, _)| *means).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Meaning::{Full, Guess, NoMailbox, Unwanted};
    use domain::reply::plain;

    /// The lists of which each has phrases that mean the same.
    fn lists() -> Vec<&'static [Rule]> {
        let lists = [AUTO_REPLIES, CHALLENGES, DIVIDERS, SYSTEMS, UNDELIVERED];
        PHRASES.iter().map(|(_, rules)| *rules).chain(lists).collect()
    }

    #[test]
    fn every_rule_is_written_as_it_is_compared_and_says_why() {
        for Rule(phrase, why) in lists().into_iter().flatten().copied().chain(MARKS.iter().map(|mark| mark.rule)) {
            assert_eq!(plain(phrase), phrase);
            assert!(why.ends_with('.') && why.contains(' '), "{phrase}: {why}");
        }
        assert!(lists().into_iter().flatten().all(|rule| !rule.0.is_empty()));
        assert!(MARKS.iter().all(|mark| mark.field.to_ascii_lowercase() == mark.field));
    }

    #[test]
    fn no_rule_is_there_that_another_one_makes_needless() {
        for list in lists() {
            for (at, rule) in list.iter().enumerate() {
                let others = list.iter().enumerate().filter(|(other, _)| *other != at);
                for (_, other) in others {
                    assert!(!rule.0.contains(other.0), "{} is in {}", other.0, rule.0);
                }
            }
        }
    }

    #[test]
    fn the_meaning_that_does_less_harm_counts() {
        for (text, expected) in [
            ("550 User unknown", Some(NoMailbox)),
            ("user unknown, or mailbox full", Some(Full)),
            ("blocked: user unknown", Some(Unwanted)),
            ("user unknown; will be retried", Some(NoMailbox)),
            ("the user does not exist or may not exist", Some(Guess)),
            ("nothing to say", None),
        ] {
            assert_eq!(refusal(&plain(text)), expected, "{text}");
        }
        assert_eq!(severity(&plain("could not be delivered, and will be retried")), Some(Severity::Delayed));
        assert_eq!(severity(&plain("giving up")), Some(Severity::Permanent));
        assert_eq!(severity(&plain("user unknown")), None);
        assert_eq!(refusal(&plain("giving up")), None);
    }
}
