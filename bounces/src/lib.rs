//! Reads what mail servers and mailbox providers report of letters: that they came back, that recipients complained, or only that
//! somebody is on holiday.
//!
//! It computes over bytes and does nothing else: which letter a report is about, and whether the reporter may speak of it, is found out
//! by whoever asks.
//!
//! # How a message is read
//!
//! [`read`] takes a message apart (`mail/`), finds the letter that came back with it wherever that stands (`returned.rs`, `pasted.rs`), and
//! asks one after the other:
//!
//! 1. whether it is a complaint (`complaint.rs`, RFC 5965);
//! 2. whether it has the mark of a service that wants a proof (`answer.rs`);
//! 3. whether it is a delivery status notification (`status.rs`, RFC 3464 and RFC 6533);
//! 4. whether it is a report in words, with `X-Failed-Recipients`, from a mail system, or with a subject that says so (`prose.rs`);
//! 5. what it is else: an automatic reply, a challenge, a letter, or nothing that is understood (`answer.rs`).
//!
//! What codes and words mean is judged in one place for all forms (`judge.rs`). Phrases and marks are data with a reason each ([`rules`]).
//! `docs/bounces.md` has the rules in words, and what they were measured to do.
//!
//! Whatever the bytes are, nothing panics, and the work is bounded: half a megabyte is read, of that so many parts, levels, fields and
//! addresses as reports have.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod answer;
mod codes;
mod complaint;
mod judge;
mod mail;
mod pasted;
mod prose;
mod returned;
pub mod rules;
mod status;
#[cfg(test)]
mod tests;
pub mod webhooks;

use domain::feedback::Bounce;
use mail::Mail;
use returned::Returned;

/// How many bytes of a message are read. What stands behind them is mostly the letter.
const READ_MOST: usize = 512 * 1024;

/// How many characters of a name, of a sender and of a subject are kept.
const LONGEST: usize = 998;

/// A report, or another message that came in, as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What it says.
    pub says: Says,
    /// How the letter that it is about can be found again.
    pub about: About,
    /// What the report is known by, so that it is known when it comes again: its `Message-ID`, or what a provider calls it; none if it
    /// has no such name.
    pub name: Option<String>,
    /// Who reports: the name of a mail server or of a provider, as it calls itself.
    pub by: Option<String>,
    /// Who the message says that it is from; empty if it does not say.
    pub from: String,
    /// The subject; empty if there is none.
    pub subject: String,
}

/// What a message that came in says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// A letter came back, or is late.
    Bounce(Bounce),
    /// A recipient complained of a letter.
    Complaint {
        /// The kind of complaint as the provider calls it, such as `abuse`.
        kind: Option<String>,
    },
    /// A letter arrived, and a program says so, or answers in somebody's place: they are on holiday, or a mail server reports that it has
    /// delivered the letter, or a mail program that somebody has opened it. Also that a letter is not unwanted.
    AutoReply,
    /// Somebody's program wants a proof that a person has written, before it lets a letter through.
    Challenge,
    /// A person or a mail program wrote it: it is no report.
    Letter,
    /// It is a report, or looks like one, and was not understood.
    #[default]
    Unclear,
}

/// How the letter that a report is about can be found again: all that is found of each kind, in the order of how much it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The addresses to which the report was sent, or from which the letter was: one of them may be the letter's own.
    pub addresses: Vec<String>,
    /// The links of the letter's `List-Unsubscribe`, of which one has a token of ours.
    pub links: Vec<String>,
    /// The `Message-ID`s of the letter.
    pub message_ids: Vec<String>,
    /// The same from a message that its recipient has sent back, which a provider hands on with its report: the provider has not looked at
    /// what stands there.
    pub quoted_ids: Vec<String>,
    /// The addresses of the recipients whom the report names, itself or in the header of the letter that came back with it.
    pub recipients: Vec<String>,
    /// Those of them of whom the report itself says that it is about them; none if it says so of nobody.
    pub failed: Vec<String>,
}

/// What one form of report tells.
#[derive(Clone, Debug, Default)]
struct Told {
    says: Says,
    by: Option<String>,
    recipients: Vec<String>,
    /// Whether the recipients stand where they are named, rather than anywhere in a text.
    names: bool,
    senders: Vec<String>,
    message_ids: Vec<String>,
}

/// Reads a message that came in, which may be cut off at its end.
#[must_use]
pub fn read(message: &[u8]) -> Reading {
    let bytes = mail::with_plain_ends(&message[..message.len().min(READ_MOST)]);
    let mail = Mail::read(&bytes);
    let reading = understood(&mail);
    let Some(within) = mail.report_within() else { return reading };
    let report = understood(&Mail::read(&within));
    if !matches!(report.says, Says::Bounce(_) | Says::Complaint { .. }) {
        return reading;
    }
    let about = returned::with_addresses(report.about, &reading.about.addresses);
    Reading { says: report.says, about, by: report.by, ..reading }
}

fn understood(mail: &Mail<'_>) -> Reading {
    let returned = Returned::of(mail);
    let told = complaint::read(mail, &returned)
        .or_else(|| answer::challenge(mail))
        .or_else(|| status::read(mail, &returned))
        .or_else(|| prose::read(mail, &returned))
        .unwrap_or_else(|| answer::read(mail, &returned))
        .cleaned();
    Reading {
        about: returned.about(mail, &told),
        says: told.says,
        name: mail.fields.get("message-id").map(name).filter(|name| !name.is_empty()),
        by: told.by,
        from: cut(&mail.fields.words("from")),
        subject: cut(&mail.fields.words("subject")),
    }
}

impl Told {
    /// The same without what cannot be shown or stored.
    fn cleaned(self) -> Self {
        let says = match self.says {
            Says::Complaint { kind } => Says::Complaint { kind: kind.as_deref().map(cut) },
            says @ (Says::Bounce(_) | Says::AutoReply | Says::Challenge | Says::Letter | Says::Unclear) => says,
        };
        Self { says, by: self.by.as_deref().map(cut).filter(|by| !by.is_empty()), ..self }
    }
}

/// A `Message-ID` without the brackets around it.
fn name(message_id: &str) -> String {
    cut(message_id.trim().trim_start_matches('<').trim_end_matches('>'))
}

/// The first so many characters as are kept, in one line.
fn cut(text: &str) -> String {
    let line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}
