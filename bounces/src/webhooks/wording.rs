//! What providers say of a bounce in codes and in words.

use domain::feedback::{Bounce, MAX_WORDS, Severity};

/// Among how many words at its beginning three digits are the code of a reply, and not some number.
const FIRST_WORDS: usize = 6;

/// The mailbox is gone: a bad mailbox, system or address, one that has moved or is closed (RFC 3463), a domain without mail (RFC 7505).
const GONE: [(u16, u16); 6] = [(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)];

/// An enhanced status code of a failure (RFC 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code {
    class: u8,
    subject: u16,
    detail: u16,
}

/// What a provider says of a mailbox by the name that it has for the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mailbox {
    /// It is not there, if the code does not say that it is something else.
    Gone,
    /// Nothing, unless the code says that it is not there.
    Unsaid,
    /// Nothing: the provider has not even tried, for what it remembers of an address.
    NotTried,
}

/// A bounce, of the field for its code and of those for its words, with addresses masked.
pub(super) fn bounce(severity: Severity, mailbox: Mailbox, status: Option<&str>, words: Option<&str>) -> Bounce {
    let enhanced = enhanced([status, words]);
    let dead = severity == Severity::Permanent && is_gone(mailbox, enhanced);
    let digits = || [status, words].into_iter().flatten().find_map(three_digits);
    let code = enhanced.map(|Code { class, subject, detail }| format!("{class}.{subject}.{detail}"));
    Bounce { severity, dead, code: code.or_else(digits), words: words.and_then(masked) }
}

/// Whether a code says that it is for good; none if there is no code.
pub(super) fn is_for_good(status: Option<&str>, words: Option<&str>) -> Option<bool> {
    let class = enhanced([status, words]).map(|code| code.class == 5);
    class.or_else(|| [status, words].into_iter().flatten().find_map(three_digits).map(|digits| digits.starts_with('5')))
}

fn is_gone(mailbox: Mailbox, code: Option<Code>) -> bool {
    match (mailbox, code) {
        (Mailbox::NotTried, _) => false,
        (_, Some(Code { class: 5, subject, detail })) if GONE.contains(&(subject, detail)) => true,
        // The code says no more than the three digits do, and some mail servers write 5.5.0 of mailboxes that are not there.
        (Mailbox::Gone, None | Some(Code { class: 5, subject: 0 | 5, detail: _ })) => true,
        (Mailbox::Gone | Mailbox::Unsaid, _) => false,
    }
}

/// The first enhanced code that says something, or else the first one.
fn enhanced(texts: [Option<&str>; 2]) -> Option<Code> {
    let mut first = None;
    for code in texts.into_iter().flatten().flat_map(codes) {
        if (code.subject, code.detail) != (0, 0) {
            return Some(code);
        }
        first = first.or(Some(code));
    }
    first
}

fn codes(text: &str) -> impl Iterator<Item = Code> {
    text.split(|sign: char| !(sign.is_alphanumeric() || sign == '.')).filter_map(|word| {
        let mut parts = word.trim_end_matches('.').split('.').map(number);
        match (parts.next().flatten(), parts.next().flatten(), parts.next().flatten(), parts.next()) {
            (Some(4), Some(subject), Some(detail), None) => Some(Code { class: 4, subject, detail }),
            (Some(5), Some(subject), Some(detail), None) => Some(Code { class: 5, subject, detail }),
            _ => None,
        }
    })
}

fn number(part: &str) -> Option<u16> {
    let good = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    part.parse().ok().filter(|_| good)
}

/// The code of a reply (RFC 5321) that a text begins with, perhaps after the name of a protocol.
fn three_digits(text: &str) -> Option<String> {
    let words = text.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_code =
        |word: &&str| word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|byte| byte.is_ascii_digit());
    words.take(FIRST_WORDS).find(is_code).map(str::to_owned)
}

/// A text as it may be kept and shown: on one line, and with addresses masked; none if nothing is left.
fn masked(text: &str) -> Option<String> {
    let spaced: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_around = |sign: char| sign.is_whitespace() || "<>()[]\"',;".contains(sign);
    let mut shown = String::with_capacity(line.len());
    for piece in line.split_inclusive(is_around) {
        let word = piece.trim_end_matches(is_around);
        if word.contains('@') {
            // A full stop or a colon ends a sentence, and no address.
            let end = word.len() - word.trim_end_matches(['.', ':', '!', '?']).len();
            shown.push_str("<address>");
            shown.push_str(&word[word.len() - end..]);
        } else {
            shown.push_str(word);
        }
        shown.push_str(&piece[word.len()..]);
    }
    let shown: String = shown.replace("<<address>>", "<address>").chars().take(MAX_WORDS).collect();
    Some(shown).filter(|shown| !shown.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(mailbox: Mailbox, status: &str, words: &str) -> (Option<String>, bool) {
        let Bounce { code, dead, .. } = bounce(Severity::Permanent, mailbox, Some(status), Some(words));
        (code, dead)
    }

    #[test]
    fn the_code_that_says_most_counts_and_says_whether_the_mailbox_is_gone() {
        for (mailbox, status, words, code, dead) in [
            (Mailbox::Gone, "5.1.1", "", "5.1.1", true),
            (Mailbox::Unsaid, "5.1.1", "", "5.1.1", true),
            (Mailbox::NotTried, "5.1.1", "", "5.1.1", false),
            (Mailbox::Gone, "5.0.0", "550 5.1.10 no such domain", "5.1.10", true),
            (Mailbox::Gone, "", "smtp; 550-5.7.1 not from here", "5.7.1", false),
            (Mailbox::Gone, "5.2.2", "", "5.2.2", false),
            (Mailbox::Gone, "", "550 5.5.0 mailbox unavailable", "5.5.0", true),
            (Mailbox::Unsaid, "", "550 5.5.0 mailbox unavailable", "5.5.0", false),
            (Mailbox::Gone, "", "smtp;550 no such user", "550", true),
            (Mailbox::Gone, "4.4.7", "", "4.4.7", false),
            (Mailbox::Unsaid, "550", "", "550", false),
        ] {
            let expected = (Some(code.to_owned()), dead);
            assert_eq!(said(mailbox, status, words), expected, "{mailbox:?} {status} {words}");
        }
        assert_eq!(said(Mailbox::Gone, "", "there is nobody"), (None, true));
        assert_eq!(
            said(Mailbox::Gone, "", "at 127.0.2.0, version 5.1, of 550.000, as I am number 12 of the 550"),
            (None, true)
        );
        assert_eq!(said(Mailbox::Unsaid, "2.0.0", "250 2.0.0 it is here"), (None, false));
    }

    #[test]
    fn what_is_temporary_is_never_of_a_mailbox_that_is_gone() {
        let bounce = bounce(Severity::Temporary, Mailbox::Gone, Some("5.1.1"), None);
        assert!(!bounce.dead && bounce.words.is_none(), "{bounce:?}");
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

    #[test]
    fn words_are_kept_without_addresses_and_on_one_line() {
        for (text, shown) in [
            ("550 5.1.1 <ann@example.org>: no such user", "550 5.1.1 <address>: no such user"),
            ("mailbox of ann@example.org.\r\n is full", "mailbox of <address>. is full"),
            ("(ann@example.org)", "(<address>)"),
            ("  a\tb\u{0}c ", "a b c"),
            ("@", "<address>"),
        ] {
            assert_eq!(masked(text).as_deref(), Some(shown), "{text:?}");
        }
        assert_eq!(masked(" \r\n"), None);
        assert_eq!(masked(&"a".repeat(2_000)).map(|shown| shown.len()), Some(MAX_WORDS));
    }

    proptest! {
        #[test]
        fn whatever_somebody_writes_is_kept_without_an_at_sign_between_words(text in ".{0,200}") {
            let bounce = bounce(Severity::Permanent, Mailbox::Gone, Some(&text), Some(&text));
            let words = bounce.words.unwrap_or_default();
            prop_assert!(!words.contains('@') && words.chars().count() <= MAX_WORDS, "{words}");
        }
    }
}
