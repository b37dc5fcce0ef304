//! Letters as they were sent, for whoever asks afterwards: written once more, in the same way, from what the run has pinned.
//!
//! Message, sender, owner's words and recipient are those of the run's start. What no run pins is as it is now: the service's own sender
//! and its addresses on the web and for mail, where nobody but the settings has ever had them. The signature is not among what is shown: its key may be gone.

use crate::error::EngineError;
use crate::send::letters::Letters;
use crate::settings::Settings;
use domain::batch;
use domain::{ClientId, RunId};
use projections::deliveries;
use sqlx::PgPool;

/// A letter as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentLetter {
    /// The subject, as people read it.
    pub subject: String,
    /// The text without HTML.
    pub text: String,
    /// The HTML, if the message has any.
    pub html: Option<String>,
    /// The names and values of the letter's header fields in their order, each value in one line, as it went over the wire.
    pub headers: Vec<(String, String)>,
}

/// The letter of this place of a run; `None` if nobody has the place. The link and the address to leave are those of a sample: whoever
/// has a recipient's own can leave in their name.
pub async fn sent_letter(
    pool: &PgPool,
    settings: &Settings,
    run: RunId,
    ordinal: i32,
) -> Result<Option<SentLetter>, EngineError> {
    let (number, place) = deliveries::place(ordinal);
    let row = sqlx::query!(
        r#"select clients[$3] as "client?", revisions[$3] as "revision?" from batches where run_id = $1 and number = $2"#,
        run.0,
        i32::try_from(number).unwrap_or(i32::MAX),
        i32::from(place) + 1,
    )
    .fetch_optional(pool)
    .await?;
    let Some((client, revision)) = row.and_then(|row| Some((row.client?, row.revision?))) else { return Ok(None) };
    let recipient = batch::Recipient(ClientId(client), u32::try_from(revision).unwrap_or(1));
    let letters = Letters::new(pool.clone(), settings.clone());
    let letter = letters.of(run).await?;
    let Some(person) = letters.people(&[recipient]).await?.pop().flatten() else { return Ok(None) };
    // A large one takes longer than other work of the runtime may wait.
    let written = tokio::task::spawn_blocking(move || letter.shown(&person, number, place));
    let written = written.await.map_err(|error| EngineError::Inconsistent(error.to_string()))?;
    let (rendered, letter) =
        written.map_err(|error| EngineError::Inconsistent(format!("a letter of run {run}: {error}")))?;
    Ok(Some(SentLetter {
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        headers: headers(letter.bytes()),
    }))
}

/// The header fields of a letter, without the line breaks in their values (RFC 5322, section 2.2.3).
fn headers(letter: &[u8]) -> Vec<(String, String)> {
    let letter = String::from_utf8_lossy(letter);
    let head = letter.split("\r\n\r\n").next().unwrap_or_default();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), fields.last_mut()) {
            value.push_str(line);
        } else {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            fields.push((name.to_owned(), value.trim_start().to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_told_in_one_line_each_and_the_body_is_none_of_them() {
        let letter =
            b"From: Ann <ann@example.org>\r\nSubject: a long\r\n one: with a colon\r\nX-Empty:\r\n\r\nTo: nobody\r\n";
        let fields = headers(letter);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [("From", "Ann <ann@example.org>"), ("Subject", "a long one: with a colon"), ("X-Empty", "")];
        assert_eq!(fields, expected);
    }
}
