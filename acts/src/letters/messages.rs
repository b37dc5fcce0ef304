//! What can be done with messages.

use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::Viewer;
use crate::who::rights::{MessageWriter, Owner};
use crate::{Services, quotas, revising};
use domain::MessageId;
use domain::message::{Command, Content, Error, Message};
use eventstore::{Metadata, Receipt};
use words::quotas::Noun;
use words::rights::Lacking;

/// A letter to write.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The subject: one line, with merge fields.
    pub subject: String,
    /// The plain text, with merge fields.
    pub text: String,
    /// The HTML, with merge fields; `None` or empty for a letter without HTML.
    pub html: Option<String>,
    /// Whether everybody may use the message.
    pub shared: bool,
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new subject: one line, with merge fields; `None` if it stays.
    pub subject: Option<String>,
    /// The new plain text, with merge fields; `None` if it stays.
    pub text: Option<String>,
    /// The new HTML, with merge fields, empty for a letter without HTML; `None` if it stays.
    pub html: Option<String>,
}

/// Writes a message for `owner`. The same key is answered by the same message.
pub async fn create(
    services: &Services,
    owner: MessageWriter,
    key: Option<String>,
    new: New,
    metadata: &Metadata,
) -> Result<(MessageId, Receipt), Refused> {
    let owner = owner.id();
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let content = content(&new.subject, &new.text, new.html.as_deref(), &mut problems);
    let (Some(key), Some(content)) = (key, content) else { return Err(problems.into()) };
    let id = input::new_id(owner, "message", key.as_deref());
    if let Some(full) = quotas::full::<Message>(services, owner, Noun::Message, id).await? {
        return Err(full.into());
    }
    let command =
        if new.shared { Command::CreateShared { owner, content } } else { Command::Create { owner, content } };
    let receipt = services.store.create::<Message>(id, command, metadata).await?;
    Ok((id.into(), receipt))
}

/// Makes a new revision of a message.
pub async fn update(
    services: &Services,
    by: MessageWriter,
    id: &str,
    expected: Option<i64>,
    change: Change,
    metadata: &Metadata,
) -> Result<(MessageId, Receipt), Refused> {
    let by = by.id();
    let id: MessageId = input::id(id, &["id"], &Error::NotFound)?;
    let no_more_bytes = quotas::no_more_bytes(services, id).await?;
    let receipt = revising::execute::<Message>(services, id.0, expected, metadata, |message| {
        let (old, revision) = match message {
            Message::Present { owner, content, revision, .. } if *owner == by => (content, *revision),
            _ => return Err(Problem::of(&Error::NotFound).into()),
        };
        let mut problems = Problems::default();
        let subject = change.subject.as_deref().unwrap_or(old.subject());
        let text = change.text.as_deref().unwrap_or(old.text());
        let html = change.html.as_deref().or(old.html());
        let content = content(subject, text, html, &mut problems).ok_or(problems)?;
        let no_more = quotas::no_more_revisions(services, Noun::RevisionOfMessage, revision);
        let no_more = no_more.or_else(|| no_more_bytes.clone());
        match no_more.filter(|_| content != *old) {
            Some(problem) => Err(problem.into()),
            None => Ok(Command::Revise { by, content }),
        }
    });
    Ok((id, receipt.await?))
}

/// Lets every signed-in user read a message and use it in a mailing.
pub async fn share(
    services: &Services,
    by: MessageWriter,
    id: &str,
    metadata: &Metadata,
) -> Result<(MessageId, Receipt), Refused> {
    let by = by.id();
    tell(services, id, Command::Share { by }, metadata).await
}

/// Keeps a message to its owner again; runs that have started keep their revision.
pub async fn unshare(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(MessageId, Receipt), Refused> {
    let by = by.id();
    tell(services, id, Command::Unshare { by }, metadata).await
}

/// Deletes a message; runs that have started keep their revision.
pub async fn delete(
    services: &Services,
    by: MessageWriter,
    id: &str,
    metadata: &Metadata,
) -> Result<(MessageId, Receipt), Refused> {
    let by = by.id();
    tell(services, id, Command::Delete { by }, metadata).await
}

async fn tell(
    services: &Services,
    id: &str,
    command: Command,
    metadata: &Metadata,
) -> Result<(MessageId, Receipt), Refused> {
    let id: MessageId = input::id(id, &["id"], &Error::NotFound)?;
    let receipt = services.store.execute::<Message>(id.0, command, metadata).await?;
    Ok((id, receipt))
}

/// Reads a letter. The domain stops at the first fault, so each part is judged on its own first.
pub fn content(subject: &str, text: &str, html: Option<&str>, problems: &mut Problems) -> Option<Content> {
    let right = problems.nothing_in([
        input::text(text.to_owned(), &["text"]).err(),
        html.and_then(|html| input::text(html.to_owned(), &["html"]).err()),
        Content::parse(subject, "-", None).err().as_ref().map(Problem::of),
        Content::parse("-", text, None).err().as_ref().map(Problem::of),
        Content::parse("-", "-", html).err().as_ref().map(Problem::of),
    ]);
    if !right {
        return None;
    }
    problems.take(Content::parse(subject, text, html).map_err(|error| Problem::of(&error)))
}

/// The viewer as somebody who edits this message, or what they lack: an owner, or a manager who wrote it for everybody. To other managers it is all
/// the same whether it exists.
pub async fn editor(
    services: &Services,
    viewer: &Viewer,
    id: &str,
) -> Result<Result<MessageWriter, Lacking>, sqlx::Error> {
    if !viewer.may_own()
        && let Ok(writer) = viewer.message_writer(true)
        && let Ok(id) = id.parse::<MessageId>()
        && let Some(row) = projections::messages::get(services.pool(), viewer.letters(), id).await?
        && row.owner_id == viewer.user.id
        && row.shared
    {
        return Ok(Ok(writer));
    }
    Ok(viewer.owner().map(MessageWriter::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_with_a_letter_is_told_at_once() {
        let mut problems = Problems::default();
        assert_eq!(content(" ", "Dear {{name}}", Some("<p>\0</p>"), &mut problems), None);

        let Refused::Problems(problems) = problems.into() else { panic!("problems") };
        let told: Vec<_> = problems.iter().map(|problem| (problem.field[0].as_str(), problem.code.as_str())).collect();
        assert_eq!(told, [("html", "TEXT_INVALID"), ("subject", "SUBJECT_EMPTY"), ("text", "MERGE_FIELD_UNKNOWN")]);
    }
}
