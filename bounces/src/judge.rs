//! What a refusal means: whether it is for good, and whether there is no such mailbox.

use crate::codes::{Codes, precision};
use crate::rules::{self, Meaning};
use domain::feedback::{Bounce, MAX_WORDS, Severity};
use domain::reply::{EnhancedCode, masked, plain};

/// The bounce that codes and words tell of. `said` is what the report says itself of whether it is for good, and `words` is what the mail
/// server that refused the letter said. Whoever goes on trying has not given up, whatever is in the way.
pub(crate) fn bounce(said: Option<Severity>, codes: Codes, words: &str) -> Bounce {
    let compared = compared(words);
    let refusal = rules::refusal(&compared);
    let is_full =
        refusal == Some(Meaning::Full) || codes.enhanced.is_some_and(|code| (code.subject, code.detail) == (2, 2));
    let severity = match said {
        Some(Severity::Delayed) => Severity::Delayed,
        _ if is_full => Severity::Temporary,
        Some(said @ (Severity::Permanent | Severity::Temporary)) => said,
        None => severity(codes, refusal),
    };
    let dead = severity == Severity::Permanent && codes.class() != Some(4) && is_dead(codes, refusal, &compared);
    Bounce { severity, dead, code: codes.shown(), words: kept(words) }
}

/// Whether it is for good, if the report does not say so itself. Words that name a mailbox or a domain that is not there do, too.
fn severity(codes: Codes, refusal: Option<Meaning>) -> Severity {
    match (codes.class(), refusal) {
        (Some(5), _) | (None, Some(Meaning::NoMailbox | Meaning::NoDomain)) => Severity::Permanent,
        _ => Severity::Temporary,
    }
}

/// Whether there is no such mailbox. Words that complain of the letter or of its sender outweigh a code: servers have turned
/// `550 blocked` into 5.1.1, and `5.1.1 mailbox full` is seen, too.
fn is_dead(codes: Codes, refusal: Option<Meaning>, compared: &str) -> bool {
    let by_words = matches!(refusal, Some(Meaning::NoMailbox | Meaning::NoDomain));
    match codes.enhanced {
        // The directory of the recipient's domain does not have them: Exchange Online says nothing else then.
        Some(EnhancedCode { subject: 4, detail: 1, .. })
            if compared.contains("recipient address rejected access denied") =>
        {
            true
        }
        _ if refusal == Some(Meaning::Unwanted) => false,
        Some(code) if code.is_of_no_address() => true,
        // The sender's address, and the sender's account (RFC 3463, RFC 5248).
        Some(EnhancedCode { subject: 1, detail: 7 | 8, .. }) => false,
        // Policy, of which Yandex and some administrators have only the most common code for mailboxes that are not there.
        Some(EnhancedCode { subject: 7, detail, .. }) => detail < 2 && refusal == Some(Meaning::NoMailbox),
        // Content and conversion have nothing to do with the mailbox.
        Some(EnhancedCode { subject: 6, .. }) => false,
        Some(_) | None => by_words,
    }
}

/// Words as they are compared with phrases: without the addresses and the names of hosts in them, whose owners call themselves what they
/// like.
pub(crate) fn compared(words: &str) -> String {
    let without_addresses = masked(words).replace("<address>", " ");
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut kept = String::with_capacity(without_addresses.len());
    for piece in without_addresses.split_inclusive(|c| !in_name(c)) {
        let word = piece.trim_end_matches(|c| !in_name(c));
        kept.push_str(if is_host(word.trim_end_matches('.')) { " " } else { piece });
    }
    plain(&kept)
}

/// Whether a word looks like the name of a host: labels with dots between them, of which the last one has no digits.
fn is_host(word: &str) -> bool {
    let last = word.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| last.len() > 1 && last.chars().all(char::is_alphabetic))
        && !word.split('.').any(str::is_empty)
}

/// The more telling one of the code that a report names and the codes in what the mail server said.
pub(crate) fn more_telling(status: Option<EnhancedCode>, said: Codes) -> Codes {
    let expired = |code: EnhancedCode| (code.subject, code.detail) == (4, 7);
    let enhanced = match (status, said.enhanced) {
        (Some(status), Some(said)) if precision(said) < precision(status) => Some(status),
        (Some(status), Some(said)) if status.class == said.class || expired(status) => Some(said),
        (Some(status), Some(said)) if precision(status) < precision(said) => Some(said),
        (Some(status), _) => Some(status),
        (None, said) => said,
    };
    Codes { enhanced, ..said }
}

/// Words as they are kept: in one line, with addresses masked, and no more than there is room for.
pub(crate) fn kept(words: &str) -> Option<String> {
    let mut line = String::new();
    for word in words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 8 * MAX_WORDS {
            break;
        }
    }
    let kept: String = masked(&line).chars().take(MAX_WORDS).collect();
    Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(said: Option<Severity>, status: &str, words: &str) -> String {
        let bounce = bounce(said, more_telling(status.parse().ok(), Codes::of(words)), words);
        let code = bounce.code.unwrap_or_default();
        format!("{} {code}{}", bounce.severity.name(), if bounce.dead { " dead" } else { "" })
    }

    #[test]
    fn codes_and_words_are_judged_together() {
        const FAILED: Option<Severity> = Some(Severity::Permanent);
        const PUT_OFF: Option<Severity> = Some(Severity::Temporary);
        const DELAYED: Option<Severity> = Some(Severity::Delayed);
        for (said, status, words, expected) in [
            // The code says it.
            (FAILED, "5.1.1", "550 no", "permanent 5.1.1 dead"),
            (FAILED, "5.1.2", "", "permanent 5.1.2 dead"),
            (FAILED, "5.1.10", "", "permanent 5.1.10 dead"),
            (FAILED, "5.7.1", "550 rejected", "permanent 5.7.1"),
            (FAILED, "5.1.8", "user unknown", "permanent 5.1.8"),
            (FAILED, "5.6.0", "does not exist", "permanent 5.6.0"),
            (PUT_OFF, "4.4.1", "connection timed out", "temporary 4.4.1"),
            // Who goes on trying has not given up, also where the mailbox is full or the words say something else.
            (DELAYED, "4.4.1", "connection timed out", "delayed 4.4.1"),
            (DELAYED, "4.2.2", "452 4.2.2 mailbox full", "delayed 4.2.2"),
            (DELAYED, "", "450 user unknown", "delayed 450"),
            (DELAYED, "5.1.1", "user unknown", "delayed 5.1.1"),
            // Words say it where the code says little.
            (FAILED, "5.0.0", "550 user unknown", "permanent 5.0.0 dead"),
            (FAILED, "5.5.0", "550 mailbox unavailable", "permanent 5.5.0 dead"),
            (FAILED, "", "550 no such user", "permanent 550 dead"),
            (FAILED, "", "550 not today", "permanent 550"),
            (FAILED, "5.2.1", "550 account disabled", "permanent 5.2.1 dead"),
            (FAILED, "5.2.1", "550 not now", "permanent 5.2.1"),
            (
                FAILED,
                "5.4.4",
                "Host or domain name not found. Name service error: Host not found",
                "permanent 5.4.4 dead",
            ),
            (FAILED, "5.4.4", "unable to route", "permanent 5.4.4"),
            (FAILED, "5.4.1", "Recipient address rejected: Access denied", "permanent 5.4.1 dead"),
            (FAILED, "5.7.1", "550 5.7.1 No such user!", "permanent 5.7.1 dead"),
            (FAILED, "5.7.13", "525 5.7.13 account disabled", "permanent 5.7.13"),
            // A full mailbox is there, whatever the class says.
            (FAILED, "5.2.2", "", "temporary 5.2.2"),
            (FAILED, "5.1.1", "mailbox is full", "temporary 5.1.1"),
            (FAILED, "5.0.0", "552 quota exceeded", "temporary 5.0.0"),
            // What complains of the letter says nothing of the mailbox.
            (FAILED, "5.1.1", "550 blocked as spam", "permanent 5.1.1"),
            (FAILED, "5.0.0", "550 <no-such-user@example.org>: no", "permanent 5.0.0"),
            (FAILED, "5.1.1", "550 <spam@example.org>: no such user", "permanent 5.1.1 dead"),
            (FAILED, "5.1.1", "host mx.spamfilter.example.org[192.0.2.1] said: 550 no", "permanent 5.1.1 dead"),
            (FAILED, "5.0.0", "550 the user may not exist, or may be full", "permanent 5.0.0"),
            (FAILED, "5.1.1", "550 sender address rejected: user unknown", "permanent 5.1.1"),
            // A server that has given up after 4xx knows nothing of the mailbox.
            (FAILED, "4.4.7", "delivery time expired", "permanent 4.4.7"),
            (FAILED, "4.1.1", "450 user unknown", "permanent 4.1.1"),
            (FAILED, "4.4.7", "452 4.2.2 over quota", "temporary 4.2.2"),
            // Where the report does not say whether it is for good, the class does, and then the words.
            (None, "", "550 5.1.1 no", "permanent 5.1.1 dead"),
            (None, "", "451 later", "temporary 451"),
            (None, "", "user unknown", "permanent  dead"),
            (None, "", "who knows", "temporary "),
        ] {
            assert_eq!(judged(said, status, words), expected, "{status} {words}");
        }
    }

    #[test]
    fn the_code_that_tells_more_is_kept() {
        for (status, said, kept) in [
            ("5.0.0", "550 5.1.1 no", Some("5.1.1")),
            ("4.0.0", "421 4.7.0 later", Some("4.7.0")),
            ("5.1.1", "550 5.7.1 blocked", Some("5.7.1")),
            ("5.1.1", "550 5.0.0 no", Some("5.1.1")),
            ("5.1.1", "450 4.2.0 no", Some("5.1.1")),
            ("5.4.7", "450 4.7.1 greylisted", Some("4.7.1")),
            ("5.1.1", "550 no", Some("5.1.1")),
            ("", "550 no", None),
        ] {
            let codes = more_telling(status.parse().ok(), Codes::of(said));
            assert_eq!(codes.enhanced.map(|code| code.to_string()).as_deref(), kept, "{status} {said}");
        }
    }

    #[test]
    fn words_are_kept_in_one_line_without_addresses() {
        assert_eq!(kept("550 <kim@example.org>:\r\n\tno such  user ").as_deref(), Some("550 <address>: no such user"));
        assert_eq!(kept(" \n "), None);
        assert_eq!(kept(&"ü ".repeat(100_000)).map(|words| words.chars().count()), Some(MAX_WORDS - 1));
    }
}
