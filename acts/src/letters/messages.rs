//! What can be done with messages.

use crate::refusal::input::{self, Problems};
use crate::refusal::{Fault, Problem, Refused};
use crate::who::Viewer;
use crate::who::rights::{MessageWriter, Owner};
use crate::{Services, revising, room};
use domain::custom_field::Key;
use domain::message::{Command, Content, Error, Message};
use domain::{Known, MessageId, UserId};
use eventstore::{Metadata, Receipt};
use projections::custom_fields;
use std::collections::BTreeSet;
use words::quotas::Noun;
use words::rights::Lacking;

/// A letter to write.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The subject: one line, with merge fields.
    pub subject: String,
    /// The plain text, with merge fields; empty for a letter in Markdown.
    pub text: String,
    /// The HTML, with merge fields; `None` or empty for a letter without HTML.
    pub html: Option<String>,
    /// What text and HTML are made of, with merge fields; `None` or empty if they are written by themselves.
    pub markdown: Option<String>,
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
    /// What the new text and the new HTML are made of, with merge fields; `None` if they stay or are given. A letter in Markdown
    /// that is given a text or HTML is none any more.
    pub markdown: Option<String>,
}

/// What a letter says beside its subject, as it is written.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// A plain text, and HTML beside it; none if it is empty.
    Parts {
        /// The plain text, with merge fields.
        text: &'a str,
        /// The HTML, with merge fields.
        html: Option<&'a str>,
    },
    /// What both are made of, with merge fields.
    Markdown(&'a str),
}

impl<'a> Body<'a> {
    /// What a letter says of which this was given; something is wrong if both ways were. What is blank was not given, unless nothing
    /// was.
    pub fn given(
        text: Option<&'a str>,
        html: Option<&'a str>,
        markdown: Option<&'a str>,
    ) -> Result<Option<Self>, Problem> {
        let said = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
        match markdown {
            Some(_) if said(text) || said(html) => Err(Problem::of(&Error::MarkdownNotAlone)),
            Some(source) if said(markdown) || text.is_none() && html.is_none() => Ok(Some(Self::Markdown(source))),
            _ if text.is_none() && html.is_none() => Ok(None),
            _ => Ok(Some(Self::Parts { text: text.unwrap_or_default(), html })),
        }
    }
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
    let text = Some(new.text.as_str()).filter(|text| !text.is_empty());
    let body = problems.take(Body::given(text, new.html.as_deref(), new.markdown.as_deref()));
    let content = match body {
        Some(body) => {
            let body = body.unwrap_or(Body::Parts { text: "", html: None });
            let keys = custom_fields::keys(services.pool(), owner).await?;
            let written = written(services, owner, &new.subject, body, &keys).await?;
            written.map_err(|wrong| problems.join(wrong)).ok()
        }
        None => None,
    };
    let (Some(key), Some(content)) = (key, content) else { return Err(problems.into()) };
    let id = input::new_id(owner, "message", key.as_deref());
    if let Some(full) = room::full::<Message>(services, owner, Noun::Message, id).await? {
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
    let no_more_bytes = room::no_more_bytes(services, id).await?;
    let given = Body::given(change.text.as_deref(), change.html.as_deref(), change.markdown.as_deref())?;
    let keys = custom_fields::keys(services.pool(), by).await?;
    let known = Known::These(&keys);
    // Made once, whatever is there: see below for what stays.
    let made = match given {
        Some(Body::Markdown(source)) => {
            Some(written(services, by, "-", Body::Markdown(source), &keys).await?.map_err(Refused::from)?)
        }
        _ => None,
    };
    let receipt = revising::execute::<Message>(services, id.0, expected, metadata, |message| {
        let (old, revision) = match message {
            Message::Present { owner, content, revision, .. } if *owner == by => (content, *revision),
            _ => return Err(Problem::of(&Error::NotFound).into()),
        };
        let subject = change.subject.as_deref().unwrap_or(old.subject());
        let content = match (given, &made) {
            (_, Some(made)) => made.with_subject(subject, known).map_err(|error| Problem::of(&error))?,
            (None, None) if old.markdown().is_some() => {
                old.with_subject(subject, known).map_err(|error| Problem::of(&error))?
            }
            (_, None) => {
                let text = change.text.as_deref().unwrap_or(old.text());
                let html = change.html.as_deref().or(old.html());
                let mut problems = Problems::default();
                content(subject, text, html, known, &mut problems).ok_or(problems)?
            }
        };
        let no_more = room::no_more_revisions(services, Noun::RevisionOfMessage, revision);
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

/// Reads a letter, on a thread where that keeps nobody waiting if it has to be made of Markdown: one at a time of each writer.
async fn written(
    services: &Services,
    by: UserId,
    subject: &str,
    body: Body<'_>,
    keys: &BTreeSet<Key>,
) -> Result<Result<Content, Problems>, Refused> {
    let Body::Markdown(source) = body else { return Ok(read(subject, body, Known::These(keys))) };
    let turn = services.quotas.rendering().take(by).await?;
    let (subject, source, keys) = (subject.to_owned(), source.to_owned(), keys.clone());
    let work = move || (read(&subject, Body::Markdown(&source), Known::These(&keys)), turn).0;
    let reading = tokio::task::spawn_blocking(work);
    Ok(reading.await.map_err(Fault::from)?)
}

/// Reads a letter that may name these fields of its owner's own. The domain stops at the first fault, so each part is judged on its own
/// first. Markdown of the longest takes a core for a tenth of a second.
pub(crate) fn read(subject: &str, body: Body<'_>, known: Known<'_>) -> Result<Content, Problems> {
    let mut problems = Problems::default();
    let content = match body {
        Body::Parts { text, html } => content(subject, text, html, known, &mut problems),
        Body::Markdown(source) => of_markdown(subject, source, known, &mut problems),
    };
    content.ok_or(problems)
}

fn content(
    subject: &str,
    text: &str,
    html: Option<&str>,
    known: Known<'_>,
    problems: &mut Problems,
) -> Option<Content> {
    let right = problems.nothing_in([
        input::text(text.to_owned(), &["text"]).err(),
        html.and_then(|html| input::text(html.to_owned(), &["html"]).err()),
        Content::parse_with(subject, "-", None, known).err().as_ref().map(Problem::of),
        Content::parse_with("-", text, None, known).err().as_ref().map(Problem::of),
        Content::parse_with("-", "-", html, known).err().as_ref().map(Problem::of),
    ]);
    if !right {
        return None;
    }
    problems.take(Content::parse_with(subject, text, html, known).map_err(|error| Problem::of(&error)))
}

fn of_markdown(subject: &str, source: &str, known: Known<'_>, problems: &mut Problems) -> Option<Content> {
    // Whatever is wrong with what was made of the source is to be mended there.
    let at_source = |error: &Error| Problem::of(error).at(&["markdown"]);
    let made = input::text(source.to_owned(), &["markdown"])
        .and_then(|source| Content::of_markdown_with("-", &source, known).map_err(|error| at_source(&error)));
    let subject_is_wrong = Content::parse_with(subject, "-", None, known).err();
    problems.nothing_in([subject_is_wrong.as_ref().map(Problem::of)]);
    let made = problems.take(made)?;
    // If the subject is wrong, that has been told.
    made.with_subject(subject, known).ok()
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

    fn told(body: Body<'_>) -> Vec<(String, &'static str)> {
        let problems = read(" ", body, Known::None).expect_err("something is wrong");
        let Refused::Problems(problems) = problems.into() else { panic!("problems") };
        problems.iter().map(|problem| (problem.field[0].clone(), problem.code.as_str())).collect()
    }

    #[test]
    fn everything_that_is_wrong_with_a_letter_is_told_at_once() {
        let of = |field: &str, code| (field.to_owned(), code);
        assert_eq!(
            told(Body::Parts { text: "Dear {{name}}", html: Some("<p>\0</p>") }),
            [of("html", "TEXT_INVALID"), of("subject", "SUBJECT_EMPTY"), of("text", "MERGE_FIELD_UNKNOWN")]
        );
        assert_eq!(
            told(Body::Markdown("Dear {{name}}")),
            [of("subject", "SUBJECT_EMPTY"), of("markdown", "MERGE_FIELD_UNKNOWN")]
        );
        assert_eq!(
            told(Body::Markdown(&"{{comment}}".repeat(6_000))),
            [of("subject", "SUBJECT_EMPTY"), of("markdown", "LETTER_TOO_LARGE")]
        );
    }

    #[test]
    fn a_letter_is_given_in_one_way() {
        for (text, html, markdown, given) in [
            (None, None, None, "nothing"),
            (Some("a"), None, None, "parts"),
            (None, Some(""), None, "parts"),
            (None, None, Some("a"), "markdown"),
            (Some(" "), Some(""), Some("a"), "markdown"),
            (None, None, Some(""), "markdown"),
            (Some("a"), None, Some(""), "refused"),
            (Some("a"), None, Some("b"), "refused"),
            (Some(""), None, Some(""), "parts"),
        ] {
            let found = match Body::given(text, html, markdown) {
                Ok(None) => "nothing",
                Ok(Some(Body::Parts { .. })) => "parts",
                Ok(Some(Body::Markdown(_))) => "markdown",
                Err(_) => "refused",
            };
            assert_eq!(found, given, "{text:?} {html:?} {markdown:?}");
        }
    }
}
