//! What temporary refusals say in words, where the codes do not tell "you are too fast" from "not him, not now".
//!
//! Servers use the same codes for both: `450 4.2.1` and `450 4.7.1` are greylisting here and a rate there, and `454`, `451`
//! and `421` come with either. The phrases are those of Postfix, Sendmail, Exim and Exchange, and of the large services.

use domain::reply::plain;

/// What a refusal complains of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::smtp) enum Complaint {
    /// This recipient cannot take the letter now; others can.
    Recipient,
    /// We have too many connections, or send too much at the same time.
    TooManyAtOnce,
    /// We send too much in a time.
    TooFast,
}

/// The first list that has a phrase of the text decides: "the recipient has exceeded the message rate limit" is about the
/// recipient, and "connection rate limit" about connections.
const PHRASES: [(Complaint, &[&str]); 3] = [
    (
        Complaint::Recipient,
        &[
            "greylist",
            "graylist",
            "grey list",
            "gray list",
            "postgrey",
            "user you are trying to contact",
            "receiving mail too",
            "receiving mail at a rate",
            "receiving messages too",
            "recipient has exceeded",
            "recipient exceeded",
            "recipient is receiving",
            "recipient hourly",
            "mailbox full",
            "mailbox is full",
            "mailbox quota",
            "over quota",
            "серый список",
            "серых списк",
            "грейлист",
        ],
    ),
    (
        Complaint::TooManyAtOnce,
        &[
            "too many connection",
            "too much connection",
            "too many concurrent",
            "too many simultaneous",
            "too many parallel",
            "too many open",
            "too many session",
            "too many smtp session",
            "too many smtp connection",
            "too many tcp connection",
            "concurrent connection",
            "concurrent server connection",
            "concurrent smtp",
            "concurrent session",
            "simultaneous connection",
            "simultaneous session",
            "simultaneous smtp",
            "parallel connection",
            "connection limit",
            "connections limit",
            "connection rate",
            "connection count",
            "concurrency",
            "session limit",
            "sessions limit",
            "thread limit",
            "limit of connections",
            "number of connections",
            "maximum connections",
            "max connections",
            "no more connections",
            "слишком много соединений",
            "слишком много подключений",
            "слишком много одновременных",
        ],
    ),
    (
        Complaint::TooFast,
        &[
            "throttl",
            "rate limit",
            "ratelimit",
            "rate exceeded",
            "rate control",
            "rate policy",
            "sending rate",
            "message rate",
            "mail rate",
            "submission rate",
            "unusual rate",
            "excessive rate",
            "too fast",
            "too quickly",
            "too much mail",
            "too much email",
            "too many mail",
            "too many message",
            "too many email",
            "too many e mail",
            "too many letter",
            "too many recipient",
            "too many request",
            "too many transaction",
            "slow down",
            "per second",
            "per minute",
            "per hour",
            "per day",
            "messages limit",
            "message limit",
            "messaging limit",
            "sending limit",
            "sending quota",
            "message quota",
            "emails quota",
            "email quota",
            "relay limit exceeded",
            "unexpected volume",
            "excessive volume",
            "sending volume",
            "unusual sending",
            "слишком много писем",
            "слишком много сообщений",
            "слишком много получателей",
            "слишком часто",
            "слишком быстро",
            "превышен лимит",
            "превышено ограничение",
        ],
    ),
];

/// Hosting providers refuse for good what only comes too early. Few phrases: a refusal for good mostly is one.
const FOR_GOOD_AND_YET_TOO_FAST: &[&str] = &[
    "emails per hour",
    "messages per hour",
    "mails per hour",
    "emails per day",
    "messages per day",
    "user sending limit",
    "smtp relay limit",
    "sending rate exceeded",
    "sending quota exceeded",
    "hourly limit",
    "daily limit",
];

/// What the text of a temporary refusal complains of, if it says so.
pub(in crate::smtp) fn complaint(text: &str) -> Option<Complaint> {
    let text = plain(text);
    let said = |phrases: &&[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    PHRASES.iter().find(|(_, phrases)| said(phrases)).map(|(complaint, _)| *complaint)
}

/// Whether the text of a permanent refusal says that only the time is wrong.
pub(in crate::smtp) fn only_too_fast(text: &str) -> bool {
    let text = plain(text);
    let about_others = ["recipient", "unsolicited", "spam"].iter().any(|word| text.contains(word));
    !about_others && FOR_GOOD_AND_YET_TOO_FAST.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_is_understood() {
        use Complaint::{Recipient, TooFast, TooManyAtOnce};
        for (complaint_meant, texts) in [
            (
                Recipient,
                &[
                    "Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html",
                    "Grey-listed, please try again later",
                    "<address>: Recipient address rejected: Greylisting in effect, please come back later",
                    "The user you are trying to contact is receiving mail at a rate that prevents additional messages",
                    "The user you are trying to contact is receiving mail too quickly. Please resend your message",
                    "The recipient has exceeded message rate limit. Try again later.",
                    "The email account that you tried to reach is over quota",
                ][..],
            ),
            (
                TooManyAtOnce,
                &[
                    "mx.example.org Error: too many connections from 192.0.2.1",
                    "Too many concurrent SMTP connections; please try again later.",
                    "Too many open connections.",
                    "Connection rate limit exceeded.",
                    "STOREDRV.ClientSubmit; sender thread limit exceeded",
                    "Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
                    "The maximum number of concurrent connections has exceeded a limit, closing transmission channel",
                    "too many sessions opened",
                    "Слишком много соединений с вашего адреса",
                ],
            ),
            (
                TooFast,
                &[
                    "Throttling failure: Maximum sending rate exceeded.",
                    "Throttling failure: Daily message quota exceeded.",
                    "Error: too much mail from 192.0.2.1",
                    "Error: too many recipients from 192.0.2.1",
                    "Message submission rate for this client has exceeded the configured limit",
                    "Our system has detected an unusual rate of unsolicited mail",
                    "Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
                    "You have exceeded your messaging limits",
                    "Rate-limit reached, slow down",
                    "Ratelimit exceeded for mailbox <address>. Try again later",
                    "Peak SMTP relay limit exceeded for customer",
                    "Превышен лимит отправки",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(complaint(text), Some(complaint_meant), "{text}");
            }
        }
    }

    #[test]
    fn what_says_nothing_of_the_kind_is_not_taken_for_it() {
        for text in
            ["", "try again later", "server busy", "local problem", "4.3.2 not today", "accelerate", "corporate mail"]
        {
            assert_eq!(complaint(text), None, "{text}");
        }
    }

    #[test]
    fn only_some_refusals_for_good_ask_for_patience() {
        for (text, patience) in [
            (
                "Domain example.org has exceeded the max emails per hour (150/150 (100%)) allowed. Message discarded.",
                true,
            ),
            ("Daily user sending limit exceeded. For more information on Gmail sending limits go to ...", true),
            ("Daily SMTP relay limit exceeded for customer.", true),
            ("Our system has detected an unusual rate of unsolicited mail, 100 messages per hour", false),
            ("The recipient takes no more than 10 messages per hour", false),
            ("no such user", false),
        ] {
            assert_eq!(only_too_fast(text), patience, "{text}");
        }
    }
}
