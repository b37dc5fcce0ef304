//! What messages said before.

use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::DateTime;
use async_graphql::{Context, Description, Enum, Object};
use domain::MessageId;
use projections::messages::{self, Revision};
use similar::TextDiff;
use std::sync::Arc;
use std::time::Duration;

/// How long comparing one part may take. After that the difference is still right, only not the smallest one.
const COMPARING: Duration = Duration::from_millis(50);

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

impl MessagePart {
    const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// What this part says; a letter without HTML says nothing there.
    fn of(self, revision: &Revision) -> &str {
        match self {
            Self::Subject => &revision.subject,
            Self::Text => &revision.text,
            Self::Html => revision.html.as_deref().unwrap_or_default(),
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

    /// The parts of the letter that this revision made different from the one before; in the first revision, the parts
    /// that say anything.
    async fn changed(&self) -> Vec<MessagePart> {
        changed(self.before.as_deref(), &self.revision)
    }

    /// The difference from the revision before, line by line, as a unified diff (POSIX.1, `diff -u`) of the parts that
    /// changed; null for the first revision.
    async fn diff(&self) -> Result<Option<LongText<String>>, Failure> {
        let Some(before) = self.before.clone() else { return Ok(None) };
        let revision = self.revision.clone();
        // Long letters take a while, in which this thread could do something else.
        let compared = tokio::task::spawn_blocking(move || diff(&before, &revision)).await;
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

fn changed(before: Option<&Revision>, revision: &Revision) -> Vec<MessagePart> {
    let differs = |part: &MessagePart| match before {
        Some(before) => part.of(before) != part.of(revision),
        None => !part.of(revision).is_empty(),
    };
    MessagePart::ALL.into_iter().filter(differs).collect()
}

fn diff(before: &Revision, revision: &Revision) -> String {
    let mut diffs = String::new();
    for part in changed(Some(before), revision) {
        let (old, new) = (part.of(before), part.of(revision));
        let compared = TextDiff::configure().timeout(COMPARING).diff_lines(old, new);
        let (old_name, new_name) = (
            format!("{} (revision {})", part.name(), before.revision),
            format!("{} (revision {})", part.name(), revision.revision),
        );
        diffs.push_str(&compared.unified_diff().header(&old_name, &new_name).to_string());
    }
    diffs
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn revision(number: i32, subject: &str, text: &str, html: Option<&str>) -> Revision {
        Revision {
            message_id: Uuid::nil(),
            revision: number,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: html.map(str::to_owned),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_revision_tells_which_parts_are_different_and_how() {
        let first = revision(1, "Hello", "Dear Ann,\n\nhow are you?\n", None);
        let second = revision(2, "Hello", "Dear Ann,\n\nwho are you?\n", Some("<p>?</p>"));
        assert_eq!(changed(None, &first), [MessagePart::Subject, MessagePart::Text]);
        assert_eq!(changed(Some(&first), &second), [MessagePart::Text, MessagePart::Html]);
        assert_eq!(
            diff(&first, &second),
            "--- text (revision 1)\n+++ text (revision 2)\n@@ -1,3 +1,3 @@\n Dear Ann,\n \n-how are you?\n+who are you?\n\
             --- html (revision 1)\n+++ html (revision 2)\n@@ -0,0 +1 @@\n+<p>?</p>\n\\ No newline at end of file\n"
        );
        assert_eq!(changed(Some(&second), &second), []);
        assert_eq!(diff(&second, &second), "");
    }
}
