//! Who writes, and what is no report: automatic replies, challenges, and letters.
//!
//! `Auto-Submitted` by itself decides nothing: Postfix, Exim, Gmail and Office 365 write it on real bounces. What comes neither from a mail
//! system nor in the form of a report is an automatic reply if it has the marks of one, and a letter otherwise.

use crate::mail::address::address;
use crate::mail::{Fields, Mail, Role};
use crate::returned::Returned;
use crate::rules::{AUTO_REPLIES, CHALLENGES, Kind, MARKS, SYSTEMS, UNDELIVERED, says};
use crate::told::{Says, Told};
use domain::reply::plain;

/// How many characters of a text are looked at for what it begins with.
const BEGINNING: usize = 2_000;

/// What a message says that asks for a proof; none if it is none, as far as its header tells.
pub(crate) fn challenge(mail: &Mail<'_>) -> Option<Told> {
    has_mark(&mail.fields, Kind::Challenge).then(|| Told { says: Says::Challenge, ..Told::default() })
}

/// What a message is that is no report.
pub(crate) fn read(mail: &Mail<'_>, returned: &Returned) -> Told {
    let beginning: String = returned.words.chars().take(BEGINNING).collect();
    let asks = says(CHALLENGES, &subject(mail)) || says(CHALLENGES, &plain(&beginning));
    let from = mail.fields.words("from");
    let says = if is_automatic(mail) {
        if asks { Says::Challenge } else { Says::AutoReply }
    } else if is_from_a_mail_system(mail) || has_null_sender(mail) || address(&from).is_none() {
        if asks { Says::Challenge } else { Says::Unclear }
    } else if asks {
        Says::Challenge
    } else {
        Says::Letter
    };
    let receipt = mail.of(Role::Receipt).flat_map(|part| Fields::groups(&part.bytes(), 10));
    let message_ids = receipt.filter_map(|group| group.get("original-message-id").map(str::to_owned)).collect();
    Told { says, message_ids, ..Told::default() }
}

/// Whether a mail system writes, by its name and what stands before the @ of its address.
fn is_from_a_mail_system(mail: &Mail<'_>) -> bool {
    ["from", "sender"].into_iter().any(|name| {
        let written = mail.fields.words(name);
        let before = written.rsplit_once('@').map_or(written.as_str(), |(before, _)| before);
        says(SYSTEMS, &plain(before))
    })
}

/// Who writes, as far as it matters for whether a message may be a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A mail system.
    MailSystem,
    /// Somebody who says in the subject that a letter came back.
    SaysUndelivered,
    /// Nobody: nothing is to come back of it.
    Nobody,
    /// Somebody, or somebody's program, who answers.
    Answers,
    /// Somebody else.
    Somebody,
}

/// Who writes a message.
pub(crate) fn writer(mail: &Mail<'_>) -> Writer {
    let subject = subject(mail);
    let answers = says(AUTO_REPLIES, &subject) || ["re ", "aw "].iter().any(|sign| subject.starts_with(sign));
    if is_from_a_mail_system(mail) {
        Writer::MailSystem
    } else if answers {
        Writer::Answers
    } else if says(UNDELIVERED, &subject) {
        Writer::SaysUndelivered
    } else if has_mark(&mail.fields, Kind::AutoReply) {
        Writer::Answers
    } else if has_null_sender(mail) {
        Writer::Nobody
    } else {
        Writer::Somebody
    }
}

/// Whether a message may be a report, by who writes it.
pub(crate) fn may_be_a_report(mail: &Mail<'_>) -> bool {
    match writer(mail) {
        Writer::MailSystem | Writer::SaysUndelivered | Writer::Nobody => true,
        Writer::Answers | Writer::Somebody => false,
    }
}

/// Whether a header has a mark of this kind.
pub(crate) fn has_mark(fields: &Fields, kind: Kind) -> bool {
    let has = |field: &str, phrase: &str| fields.all(field).any(|value| plain(value).contains(phrase));
    MARKS.iter().filter(|mark| mark.kind == kind).any(|mark| has(mark.field, mark.rule.0))
}

/// Whether a program answers, by the marks of the message or by its subject, or acknowledges that somebody has read.
fn is_automatic(mail: &Mail<'_>) -> bool {
    let receipt = mail.of(Role::Receipt).next().is_some();
    let marked = has_mark(&mail.fields, Kind::AutoReply) || says(AUTO_REPLIES, &subject(mail));
    receipt || marked && !is_from_a_mail_system(mail) && !has_mark(&mail.fields, Kind::Person)
}

/// Whether the message came from nobody, so that nothing comes back of it (RFC 5321, section 4.5.5).
fn has_null_sender(mail: &Mail<'_>) -> bool {
    let path = mail.fields.get("return-path").map(plain);
    path.is_some_and(|path| path.is_empty() || path.starts_with("mailer daemon"))
        || mail.fields.get("from").is_some_and(|from| from.ends_with("<>"))
}

fn subject(mail: &Mail<'_>) -> String {
    plain(&mail.fields.words("subject"))
}
