//! Reads a message that came in.

use crate::mail::Mail;
use crate::returned::Returned;
use crate::told::{About, Says, cut};
use crate::{answer, complaint, mail, prose, returned, status};

/// How many bytes of a message are read. What stands behind them is mostly the letter.
pub(crate) const READ_MOST: usize = 512 * 1024;

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

/// A `Message-ID` without the brackets around it.
fn name(message_id: &str) -> String {
    cut(message_id.trim().trim_start_matches('<').trim_end_matches('>'))
}
