//! What looks like a mistake and may be none.

use crate::failure::Failure;
use crate::graphql::kit::codes::codes_of;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::tables::RevisionKey;
use async_graphql::{Context, Object};
use domain::message::Content;
use domain::{ForeignField, Refusal as _};
use projections::messages;
use uuid::Uuid;
use words::Sentence as _;

/// A warning as it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Warning(ForeignField);

/// Something in a letter that looks like a mistake and may be none. What was asked for was done all the same.
#[Object]
impl Warning {
    /// A sentence in the viewer's language that says what was found, where, and what to write instead.
    async fn message(&self, context: &Context<'_>) -> String {
        self.0.told(context.language())
    }

    /// The part of the letter that the warning is about: `subject`, `text` or `html`.
    async fn field(&self) -> &'static str {
        self.0.part.name()
    }

    /// The line of that part, counted from 1.
    async fn line(&self) -> i32 {
        i32::try_from(self.0.line).unwrap_or(i32::MAX)
    }

    /// The code of what was found, for programs to compare.
    async fn code(&self) -> WarningCode {
        self.0.code().into()
    }
}

codes_of! {
    /// The code of what looks like a mistake in a letter, for programs to compare. New codes may be added.
    pub(crate) WarningCode in LetterWarning
}

/// What looks like a mistake in a letter.
pub(crate) fn of(content: &Content) -> Vec<Warning> {
    let warnings = Content::warnings(content.subject(), content.text(), content.html());
    warnings.into_iter().map(Warning).collect()
}

/// What looks like a mistake in the current revision of a message that the viewer can read.
pub(crate) async fn of_message(context: &Context<'_>, row: &messages::Message) -> Result<Vec<Warning>, Failure> {
    let revision = context.tables().load_one(RevisionKey(row.id, row.revision)).await?;
    // Looking through a letter takes a moment, in which this thread could do something else.
    let found = tokio::task::spawn_blocking(move || {
        revision.map(|it| Content::warnings(&it.subject, &it.text, it.html.as_deref())).unwrap_or_default()
    });
    Ok(found.await?.into_iter().map(Warning).collect())
}

/// The same for a message's id.
pub(crate) async fn of_id(context: &Context<'_>, id: Uuid) -> Result<Vec<Warning>, Failure> {
    let readers = context.viewer()?.letters();
    match messages::get(context.pool(), readers, id.into()).await? {
        Some(row) => of_message(context, &row).await,
        None => Ok(Vec::new()),
    }
}
