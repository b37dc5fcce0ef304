//! One letter of a message.

use crate::send::texts::Texts;
use crate::smtp::{Contents, Letter, LetterError, Mailbox, Structured};
use chrono::{DateTime, Utc};
use domain::Language;
use domain::letter::MergeFields;
use words::Sentence;

/// How one letter of a message differs from another, beside its merge fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addressed<'a> {
    pub(crate) from: &'a Mailbox,
    /// Where replies go, if not to the sender.
    pub(crate) reply_to: Option<&'a Mailbox>,
    pub(crate) to: &'a Mailbox,
    /// Stands before the subject.
    pub(crate) mark: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) date: DateTime<Utc>,
    /// The headers by which programs know how to leave.
    pub(crate) structured: &'a [&'a Structured],
}

/// One letter of a message, for a mail server.
pub(crate) fn letter(texts: &Texts, fields: &MergeFields<'_>, addressed: Addressed<'_>) -> Result<Letter, LetterError> {
    let Addressed { from, reply_to, to, mark, message_id, date, structured } = addressed;
    let rendered = texts.render(fields).map_err(|error| LetterError::Build { why: error.told(Language::En) })?;
    Letter::new(Contents {
        from,
        reply_to,
        to,
        subject: &format!("{mark}{}", rendered.subject),
        text: &rendered.text,
        html: rendered.html.as_deref(),
        message_id,
        date,
        headers: &[],
        structured,
    })
}
