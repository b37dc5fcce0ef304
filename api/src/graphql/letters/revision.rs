//! What messages said before.

use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::DateTime;
use crate::revisions::{self, PARTS, Piece};
use async_graphql::{Context, Description, Enum, Object};
use domain::{MessageId, Part};
use projections::messages::{self, Revision};
use std::sync::Arc;

/// A part of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum MessagePart {
    /// The part is the subject.
    Subject,
    /// The part is the plain text.
    Text,
    /// The part is the HTML that goes beside the plain text.
    Html,
}

impl From<Part> for MessagePart {
    fn from(part: Part) -> Self {
        match part {
            Part::Subject => Self::Subject,
            Part::Text => Self::Text,
            Part::Html => Self::Html,
        }
    }
}

/// A revision of a message: what it said from one edit to the next.
#[derive(Description)]
pub(crate) struct MessageRevision {
    revision: Arc<Revision>,
    /// The one that it replaced.
    before: Option<Arc<Revision>>,
}

#[Object(use_type_description)]
impl MessageRevision {
    /// The number of the revision, counted from 1.
    async fn number(&self) -> i32 {
        self.revision.revision
    }

    /// The moment when the revision was written.
    async fn at(&self) -> DateTime {
        self.revision.at.into()
    }

    /// The subject of the letter in this revision, with its merge fields.
    async fn subject(&self) -> &str {
        &self.revision.subject
    }

    /// The plain text of the letter in this revision, with its merge fields.
    async fn text(&self) -> LongText<&str> {
        LongText(&self.revision.text)
    }

    /// The HTML of the letter in this revision, with its merge fields; null if it had none.
    async fn html(&self) -> Option<LongText<&str>> {
        self.revision.html.as_deref().map(LongText)
    }

    /// What the text and the HTML of this revision were made of, with its merge fields; null if they were not written in Markdown.
    async fn markdown(&self) -> Option<LongText<&str>> {
        self.revision.markdown.as_deref().map(LongText)
    }

    /// The parts of the letter that this revision made different from the one before; in the first revision, the parts
    /// that say anything.
    async fn changed(&self) -> Vec<MessagePart> {
        let changed = revisions::changed(&PARTS, self.before.as_deref(), &self.revision);
        let part = |piece| match piece {
            Piece::Subject => Some(MessagePart::Subject),
            Piece::Text => Some(MessagePart::Text),
            Piece::Html => Some(MessagePart::Html),
            Piece::Markdown => None,
        };
        changed.into_iter().filter_map(part).collect()
    }

    /// The difference from the revision before, line by line, as a unified diff (POSIX.1, `diff -u`) of the parts that
    /// changed; null for the first revision.
    async fn diff(&self) -> Result<Option<LongText<String>>, Failure> {
        let Some(before) = self.before.clone() else { return Ok(None) };
        let revision = self.revision.clone();
        // Long letters take a while, in which this thread could do something else.
        let compared = tokio::task::spawn_blocking(move || revisions::diff(&PARTS, &before, &revision)).await;
        Ok(Some(LongText(compared?)))
    }
}

/// The revisions of a message, of which `last` is the newest.
pub(crate) async fn page(
    context: &Context<'_>,
    id: MessageId,
    last: i32,
    page: Page<i32>,
) -> Result<Option<List<MessageRevision>>, Failure> {
    // The one more that tells whether there are more is also the one that the oldest one shown replaced.
    let size = messages::revisions_size(context.pool(), id, page.after, page.limit()).await?;
    if !context.tables().loader().letters().take(size).await {
        return Ok(None);
    }
    let rows = messages::revisions(context.pool(), id, page.after, page.limit()).await?;
    let rows: Vec<Arc<Revision>> = rows.into_iter().map(Arc::new).collect();
    let mut befores: Vec<Option<Arc<Revision>>> = rows.iter().skip(1).cloned().map(Some).collect();
    befores.push(None);
    let pairs = rows.into_iter().zip(befores).map(|(revision, before)| MessageRevision { revision, before }).collect();
    let total = Total::new(move || async move { Ok::<_, Failure>(i64::from(last)) });
    Ok(Some(page.of(pairs, |pair: &MessageRevision| pair.revision.revision, |pair| pair, total)))
}
