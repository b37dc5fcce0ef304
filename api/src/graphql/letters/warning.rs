//! What looks like a mistake and may be none.

use crate::failure::Failure;
use crate::graphql::kit::codes::codes_of;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::tables::RevisionKey;
use async_graphql::{Context, Object};
use domain::alignment::NotAligned;
use domain::letter::Advice;
use domain::message::Content;
use domain::{Known, Refusal as _, SenderId, UserId};
use projections::custom_fields;
use projections::messages::{self, Revision};
use std::sync::Arc;
use uuid::Uuid;
use words::Sentence as _;

/// A warning as it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Warning(About);

/// What a warning is about.
#[derive(Clone, Debug)]
enum About {
    Letter(Advice),
    /// The domain that the letter is from.
    Sender(NotAligned),
}

/// Something in a letter that looks like a mistake and may be none. What was asked for was done all the same. The
/// payloads of `messageCreate`, `messageUpdate`, `messageSendTest`, `messagePreview`, `mailingCreate` and
/// `mailingUpdate` have such warnings. Those of an import are of the type `ImportWarning`.
#[Object]
impl Warning {
    /// A sentence in the viewer's language that says what was found, where, and what to write instead.
    async fn message(&self, context: &Context<'_>) -> String {
        match &self.0 {
            About::Letter(advice) => advice.told(context.language()),
            About::Sender(found) => found.told(context.language()),
        }
    }

    /// What of the letter the warning is about: `subject`, `text` or `html`; in a letter that is written in Markdown `subject`
    /// or `markdown`. Of a mailing also `sender`: the domain that its letters are from.
    async fn field(&self) -> &'static str {
        match &self.0 {
            About::Letter(advice) => advice.field,
            About::Sender(_) => "sender",
        }
    }

    /// The line of it, counted from 1; 1 if the warning is about the whole.
    async fn line(&self) -> i32 {
        match &self.0 {
            About::Letter(advice) => i32::try_from(advice.line).unwrap_or(i32::MAX),
            About::Sender(_) => 1,
        }
    }

    /// The code of what was found, for programs to compare.
    async fn code(&self) -> WarningCode {
        match &self.0 {
            About::Letter(advice) => advice.code().into(),
            About::Sender(found) => found.code().into(),
        }
    }
}

codes_of! {
    /// The code of what looks like a mistake in a letter, as `warnings` of payloads have it, for programs to compare.
    /// New codes may be added.
    pub(crate) WarningCode in LetterWarning
}

/// What looks like a mistake in a letter, as it is answered.
pub(crate) fn of(advice: Vec<Advice>) -> Vec<Warning> {
    advice.into_iter().map(About::Letter).map(Warning).collect()
}

/// What looks like a mistake in the current revision of a message that the viewer can read.
pub(crate) async fn of_message(context: &Context<'_>, row: &messages::Message) -> Result<Vec<Warning>, Failure> {
    let revision = context.tables().load_one(RevisionKey(row.id, row.revision)).await?;
    let keys = custom_fields::keys(context.pool(), UserId(row.owner_id)).await?;
    // Looking through a letter takes a moment, in which this thread could do something else.
    let found = tokio::task::spawn_blocking(move || {
        let of = |it: Arc<Revision>| {
            Content::warnings(&it.subject, &it.text, it.html.as_deref(), it.markdown.as_deref(), Known::These(&keys))
        };
        revision.map(of).unwrap_or_default()
    });
    Ok(of(found.await?))
}

/// The same for a message's id.
pub(crate) async fn of_id(context: &Context<'_>, id: Uuid) -> Result<Vec<Warning>, Failure> {
    let readers = context.viewer()?.letters();
    match messages::get(context.pool(), readers, id.into()).await? {
        Some(row) => of_message(context, &row).await,
        None => Ok(Vec::new()),
    }
}

/// What other mail servers would hold against letters from a sender of the viewer's, or from the service itself if none is named.
pub(crate) async fn of_sender(context: &Context<'_>, sender: Option<Uuid>) -> Result<Option<Warning>, Failure> {
    let own = context.viewer()?.own();
    let found = acts::senders::not_aligned(context.services(), own, sender.map(SenderId)).await?;
    Ok(found.map(About::Sender).map(Warning))
}
