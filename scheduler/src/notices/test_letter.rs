//! A test letter: a message as a client would get it, for whoever wants to see it first.

use crate::context::Context;
use crate::error::EngineError;
use crate::send::letters::{Addressed, letter, templates};
use crate::settings::Settings;
use crate::smtp::{Letter, LetterError, Mailbox};
use chrono::{DateTime, Utc};
use domain::notice::{Sending, TestLetter};
use domain::{Language, MergeFields};
use projections::messages::{self, Revision};
use words::Sentence;

impl Context {
    /// The revision that it shows, which is the one that was current when it was asked for.
    pub(super) async fn revision_of(&self, test: &TestLetter) -> Result<Option<Revision>, EngineError> {
        let Ok(revision) = i32::try_from(test.revision) else { return Ok(None) };
        Ok(messages::revision(self.pool(), test.message, revision).await?)
    }
}

/// About how many bytes its texts have.
pub(super) fn bytes(test: &TestLetter, revision: &Revision) -> usize {
    templates(revision).map_or(0, |templates| templates.bytes(&fields(test)))
}

fn fields(test: &TestLetter) -> MergeFields<'_> {
    MergeFields {
        full_name: test.full_name.as_str(),
        first_name: test.first_name.as_str(),
        last_name: test.last_name.as_str(),
        email: test.email.as_str(),
        comment: &test.comment,
        unsubscribe_url: "",
    }
}

/// All as in a mailing, but for a mark before the subject, and for the addressee.
pub(super) fn build(
    sending: &Sending,
    test: &TestLetter,
    revision: &Revision,
    requested_at: DateTime<Utc>,
    settings: &Settings,
) -> Result<Letter, LetterError> {
    let request = &sending.request;
    let templates = templates(revision).map_err(|error| LetterError::Build { why: error.told(Language::En) })?;
    letter(
        &templates,
        &fields(test),
        Addressed {
            from: &settings.sender,
            to: &Mailbox::new(request.to.as_str(), Some(request.full_name.as_str()))?,
            mark: words::notices::test_mark(request.language),
            message_id: sending.message_id.as_deref().unwrap_or_default(),
            date: requested_at,
        },
    )
}
