//! The rules that are data: phrases by which it is told what a report means where its codes do not, and marks by which messages are told
//! apart that are no reports.
//!
//! A phrase is compared with words in small letters between which one space stands, whatever else stood there
//! ([`domain::reply::plain`]), and may begin or end within a word. `docs/bounces.md` tells how to add one.

mod table;

use domain::feedback::Severity;
pub use table::{AUTO_REPLIES, CHALLENGES, DIVIDERS, MARKS, PHRASES, SYSTEMS, UNDELIVERED};

/// A phrase, and who writes it or why it is here.
#[derive(Clone, Copy, Debug)]
pub struct Rule(pub &'static str, pub &'static str);

/// What a phrase means that a mail server writes. Of a text that has phrases of several meanings the first meaning counts, in this order:
/// a mailbox that is taken for gone by mistake is written to no more, and one that is taken for there by mistake is merely written to
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// There is no room in the mailbox, or its quota is used up.
    Full,
    /// A text that explains everything that may be the reason, and so says nothing.
    Guess,
    /// The letter, its sender or their server is not wanted, whoever the recipient is.
    Unwanted,
    /// There is no such domain, or no host that takes its mail.
    NoDomain,
    /// There is no such mailbox, or nobody reads it any more.
    NoMailbox,
    /// The server goes on trying.
    StillTrying,
    /// The server has given up.
    GivenUp,
}

/// What a message is that has a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A recipient's program answers.
    AutoReply,
    /// A recipient's program wants a proof.
    Challenge,
    /// A provider hands on a complaint without the form for it.
    Complaint,
    /// A person has wanted it written, whatever else its header says.
    Person,
}

/// A mark in the header of a message.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// What the message is.
    pub kind: Kind,
    /// The field of the header, in small letters.
    pub field: &'static str,
    /// The phrase that the field has, empty if it is enough that there is such a field; and who writes it or why it is here.
    pub rule: Rule,
}

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
