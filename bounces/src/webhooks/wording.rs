//! What providers say of a bounce: the name that they have for it, and what the mail server answered. The answer is judged as it is in all
//! other reports; the name counts where the answer leaves it open.

use crate::codes::Codes;
use crate::judge::{self, more_telling};
use crate::rules;
use domain::feedback::{Bounce, Severity};
use domain::reply::{EnhancedCode, plain};

pub(super) use crate::judge::kept;

/// What a provider says of a mailbox by the name that it has for the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mailbox {
    /// It is not there, unless the answer says that it is something else.
    Gone,
    /// Nothing, unless the answer says that it is not there.
    Unsaid,
    /// Nothing: the provider has not even tried, for what it remembers of an address.
    NotTried,
}

/// A bounce, of the field for its code and of that for its words.
pub(super) fn bounce(severity: Severity, mailbox: Mailbox, status: Option<&str>, words: Option<&str>) -> Bounce {
    let (codes, words) = (codes(status, words), words.unwrap_or_default());
    let judged = judge::bounce(Some(severity), codes, words);
    let dead = match mailbox {
        Mailbox::NotTried => false,
        Mailbox::Unsaid => judged.dead,
        Mailbox::Gone => judged.dead || (judged.severity == Severity::Permanent && leaves_it_open(codes, words)),
    };
    Bounce { dead, ..judged }
}

/// Whether a code says that it is for good; none if there is no code.
pub(super) fn is_for_good(status: Option<&str>, words: Option<&str>) -> Option<bool> {
    codes(status, words).class().map(|class| class == 5)
}

fn codes(status: Option<&str>, words: Option<&str>) -> Codes {
    let (status, said) = (Codes::of(status.unwrap_or_default()), Codes::of(words.unwrap_or_default()));
    more_telling(status.enhanced, Codes { reply: status.reply.or(said.reply), ..said })
}

/// Whether an answer says no more than that it is for good. Some mail servers write 5.5.0 of mailboxes that are not there.
fn leaves_it_open(codes: Codes, words: &str) -> bool {
    let by_code = matches!(codes.enhanced, None | Some(EnhancedCode { class: 5, subject: 0 | 5, detail: _ }));
    by_code && codes.class() != Some(4) && rules::refusal(&plain(words)).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::feedback::MAX_WORDS;
    use proptest::prelude::*;

    fn said(mailbox: Mailbox, status: &str, words: &str) -> (Option<String>, bool) {
        let Bounce { code, dead, .. } = bounce(Severity::Permanent, mailbox, Some(status), Some(words));
        (code, dead)
    }

    #[test]
    fn the_answer_says_whether_the_mailbox_is_gone_or_else_the_providers_name_for_it() {
        for (mailbox, status, words, code, dead) in [
            (Mailbox::Gone, "5.1.1", "", "5.1.1", true),
            (Mailbox::Unsaid, "5.1.1", "", "5.1.1", true),
            (Mailbox::NotTried, "5.1.1", "", "5.1.1", false),
            (Mailbox::Gone, "5.0.0", "550 5.1.10 no", "5.1.10", true),
            (Mailbox::Gone, "", "smtp; 550-5.7.1 no", "5.7.1", false),
            (Mailbox::Gone, "5.2.2", "", "5.2.2", false),
            (Mailbox::Gone, "", "550 5.5.0 no", "5.5.0", true),
            (Mailbox::Unsaid, "", "550 5.5.0 no", "5.5.0", false),
            (Mailbox::Gone, "", "smtp;550 no", "550", true),
            (Mailbox::Gone, "", "550 blocked", "550", false),
            (Mailbox::Unsaid, "", "550 user unknown", "550", true),
            (Mailbox::Gone, "4.4.7", "", "4.4.7", false),
            (Mailbox::Unsaid, "550", "", "550", false),
        ] {
            let expected = (Some(code.to_owned()), dead);
            assert_eq!(said(mailbox, status, words), expected, "{mailbox:?} {status} {words}");
        }
        assert_eq!(said(Mailbox::Gone, "", "no"), (None, true));
        assert_eq!(said(Mailbox::Unsaid, "2.0.0", "250 2.0.0 no"), (None, false));
    }

    #[test]
    fn what_is_temporary_is_never_of_a_mailbox_that_is_gone() {
        let put_off = bounce(Severity::Temporary, Mailbox::Gone, Some("5.1.1"), None);
        assert!(!put_off.dead && put_off.words.is_none(), "{put_off:?}");
        let full = bounce(Severity::Permanent, Mailbox::Gone, None, Some("552 5.2.2 mailbox full"));
        assert_eq!((full.severity, full.dead), (Severity::Temporary, false));
    }

    #[test]
    fn the_class_of_a_code_says_whether_it_is_for_good() {
        for (status, words, expected) in [
            (Some("5.7.1"), None, Some(true)),
            (Some("4.2.2"), Some("552 full"), Some(false)),
            (None, Some("421 come again"), Some(false)),
            (None, Some("554 no"), Some(true)),
            (None, Some("no"), None),
            (None, None, None),
        ] {
            assert_eq!(is_for_good(status, words), expected, "{status:?} {words:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_somebody_writes_is_judged_without_fault(text in ".{0,200}") {
            for mailbox in [Mailbox::Gone, Mailbox::Unsaid, Mailbox::NotTried] {
                let bounce = bounce(Severity::Permanent, mailbox, Some(&text), Some(&text));
                prop_assert!(bounce.words.unwrap_or_default().chars().count() <= MAX_WORDS);
                prop_assert!(bounce.severity == Severity::Permanent || !bounce.dead);
            }
        }
    }
}
