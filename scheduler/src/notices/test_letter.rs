//! A test letter: a message as a client would get it, for whoever wants to see it first.

use crate::context::Context;
use crate::error::EngineError;
use crate::send::leaving;
use crate::send::letters::{Addressed, footings, letter};
use crate::send::texts::{Footing, Texts};
use crate::settings::Settings;
use crate::smtp::{Letter, LetterError, Mailbox};
use chrono::{DateTime, Utc};
use domain::custom_field::Key;
use domain::letter::TemplateError;
use domain::notice::{Request, Sending, TestLetter};
use domain::{Language, MergeFields};
use projections::messages::{self, Revision};
use words::Sentence;

impl Context {
    /// The revision that it shows, which is the one that was current when it was asked for.
    pub(super) async fn revision_of(&self, test: &TestLetter) -> Result<Option<Revision>, EngineError> {
        let Ok(revision) = i32::try_from(test.revision) else { return Ok(None) };
        Ok(messages::revision(self.pool(), test.message, revision).await?)
    }

    /// What the footer of whoever asked for a letter is made of.
    pub(super) async fn footing_of(&self, request: &Request) -> Result<Footing, EngineError> {
        let footing = footings(self.pool(), &[request.user.0]).await?.remove(&request.user.0);
        Ok(Footing { language: request.language, ..footing.unwrap_or_default() })
    }
}

/// About how many bytes its texts have.
pub(super) fn bytes(test: &TestLetter, revision: &Revision, footing: &Footing, settings: &Settings) -> usize {
    let link = leaving::sample(&settings.public_url);
    texts(revision, footing).map_or(0, |texts| {
        let custom = texts.values(&test.fields, footing.language);
        texts.bytes(&fields(test, &link, &custom))
    })
}

/// What clients get of it in mailings that go to many, as nearly all do.
fn texts(revision: &Revision, footing: &Footing) -> Result<Texts, TemplateError> {
    Texts::of(revision, Some(footing))
}

fn fields<'a>(test: &'a TestLetter, link: &'a str, custom: &'a [(Key, String)]) -> MergeFields<'a> {
    MergeFields {
        full_name: test.full_name.as_str(),
        first_name: test.first_name.as_str(),
        last_name: test.last_name.as_str(),
        email: test.email.as_str(),
        comment: &test.comment,
        unsubscribe_url: link,
        custom,
    }
}

/// All as in a mailing, but for a mark before the subject, for the addressee, and for the link to leave, which leads to a page
/// that says that it is none. Mail programs are not offered to leave.
pub(super) fn build(
    sending: &Sending,
    test: &TestLetter,
    revision: &Revision,
    footing: &Footing,
    requested_at: DateTime<Utc>,
    settings: &Settings,
) -> Result<Letter, LetterError> {
    let request = &sending.request;
    let texts = texts(revision, footing);
    let texts = texts.map_err(|error| LetterError::Build { why: error.told(Language::En) })?;
    let custom = texts.values(&test.fields, footing.language);
    letter(
        &texts,
        &fields(test, &leaving::sample(&settings.public_url), &custom),
        Addressed {
            from: &settings.sender,
            reply_to: None,
            to: &Mailbox::new(request.to.as_str(), Some(request.full_name.as_str()))?,
            mark: words::notices::test_mark(request.language),
            message_id: sending.message_id.as_deref().unwrap_or_default(),
            date: requested_at,
            structured: &[],
        },
    )
}
