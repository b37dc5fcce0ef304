//! How a letter will look.

use crate::clients as people;
use crate::graphql::context::Ask;
use crate::graphql::failure::{Failure, problems_or_failure};
use crate::graphql::revision::MessagePart;
use crate::graphql::room::LongText;
use crate::graphql::user_error::UserError;
use crate::input::{self, Problems};
use crate::messages::content;
use crate::refused::{Problem, Refused};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::message::Content;
use domain::{ClientId, MergeFields, MessageId, Template, client, message};
use projections::{clients, messages};

/// A letter, and whom to pretend to write to.
#[derive(InputObject)]
struct MessagePreviewInput {
    /// A message that you can read, in its current revision.
    message_id: Option<ID>,
    /// Instead of the message's; a draft without a message needs a subject and a text.
    subject: Option<String>,
    /// Instead of the message's.
    text: Option<String>,
    /// Instead of the message's; an empty one: no HTML.
    html: Option<String>,
    /// A client that you can see.
    client_id: Option<ID>,
    /// Instead of the client's values, or of Anna Petrova's, who stands in if no client is named.
    sample: Option<SampleClient>,
}

/// Somebody who does not exist. What is left out stays as it is.
#[derive(Default, InputObject)]
struct SampleClient {
    email: Option<String>,
    full_name: Option<String>,
    comment: Option<String>,
}

/// A merge field that the letter uses.
#[derive(SimpleObject)]
struct MergeFieldUse {
    /// As it is written between the braces.
    name: &'static str,
    /// What stands there for this client; empty if nothing is known.
    value: LongText<String>,
    /// The parts of the letter that have nothing to say there: the value is empty, and there is no fallback.
    missing_in: Vec<MessagePart>,
}

/// The letter as the client would get it, or what is wrong.
#[derive(Default, SimpleObject)]
struct MessagePreviewPayload {
    subject: Option<LongText<String>>,
    text: Option<LongText<String>>,
    /// Show it in a sandbox only: it is the author's HTML as it is. Values are escaped in it.
    html: Option<LongText<String>>,
    /// The merge fields that the letter uses, each once.
    fields: Vec<MergeFieldUse>,
    /// What is wrong with the input.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct PreviewQuery;

#[Object]
impl PreviewQuery {
    /// A message, or a draft of one, as a client would get it. Nothing is sent.
    async fn message_preview(
        &self,
        context: &Context<'_>,
        input: MessagePreviewInput,
    ) -> Result<Option<MessagePreviewPayload>, Failure> {
        context.viewer()?;
        Ok(Some(match read(context, input).await {
            Ok((letter, person)) => render(&letter, &person),
            Err(refused) => {
                let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                MessagePreviewPayload { user_errors, ..MessagePreviewPayload::default() }
            }
        }))
    }
}

/// Whom the letter is for.
struct Person {
    email: String,
    full_name: String,
    comment: String,
}

async fn read(context: &Context<'_>, input: MessagePreviewInput) -> Result<(Content, Person), Refused> {
    let mut problems = Problems::default();
    let MessagePreviewInput { message_id, subject, text, html, client_id, sample } = input;
    let old = match message_id {
        Some(id) => problems.take(revision(context, &id).await?),
        None => None,
    };
    let client = if let Some(id) = client_id {
        problems.take(client(context, &id).await?)
    } else {
        let (email, full_name) = ("anna.petrova@example.com".to_owned(), "Anna Petrova".to_owned());
        Some(Person { email, full_name, comment: String::new() })
    };
    let sample = sample.unwrap_or_default();
    let email = problems.take(sample.email.as_deref().map(people::email).transpose().map_err(in_sample));
    let full_name = problems.take(sample.full_name.as_deref().map(people::full_name).transpose().map_err(in_sample));
    let comment = problems.take(sample.comment.map(|text| input::text(text, &["sample", "comment"])).transpose());
    let (old_subject, old_text, old_html) = old.map(|old| (old.subject, old.text, old.html)).unwrap_or_default();
    let (subject, text) = (subject.unwrap_or(old_subject), text.unwrap_or(old_text));
    let html = html.or(old_html);
    // Of a message that is not there nothing more is told.
    let letter = if problems.is_empty() { content(&subject, &text, html.as_deref(), &mut problems) } else { None };
    let (Some(letter), Some(client), Some(email), Some(full_name), Some(comment)) =
        (letter, client, email, full_name, comment)
    else {
        return Err(problems.into());
    };
    let person = Person {
        email: email.map_or(client.email, |email| email.as_str().to_owned()),
        full_name: full_name.map_or(client.full_name, |name| name.as_str().to_owned()),
        comment: comment.unwrap_or(client.comment),
    };
    Ok((letter, person))
}

fn in_sample(problem: Problem) -> Problem {
    let field: Vec<String> = problem.field.clone();
    let path: Vec<&str> = std::iter::once("sample").chain(field.iter().map(String::as_str)).collect();
    problem.at(&path)
}

async fn revision(context: &Context<'_>, id: &str) -> Result<Result<messages::Revision, Problem>, sqlx::Error> {
    let unknown = || Err(Problem::of(&message::Error::NotFound).at(&["messageId"]));
    let (Ok(id), Ok(viewer)) = (id.parse::<MessageId>(), context.viewer()) else { return Ok(unknown()) };
    let row = messages::get(context.pool(), viewer.own(), id).await?;
    let Some(row) = row.filter(|row| row.deleted_at.is_none()) else { return Ok(unknown()) };
    Ok(messages::revision(context.pool(), id, row.revision).await?.map_or_else(unknown, Ok))
}

async fn client(context: &Context<'_>, id: &str) -> Result<Result<Person, Problem>, sqlx::Error> {
    let unknown = || Err(Problem::of(&client::Error::NotFound).at(&["clientId"]));
    let (Ok(id), Ok(viewer)) = (id.parse::<ClientId>(), context.viewer()) else { return Ok(unknown()) };
    let row = clients::get(context.pool(), viewer.reads(), id).await?.filter(|row| row.deleted_at.is_none());
    let person = |row: clients::Client| Person { email: row.email, full_name: row.full_name, comment: row.comment };
    Ok(row.map_or_else(unknown, |row| Ok(person(row))))
}

fn render(letter: &Content, person: &Person) -> MessagePreviewPayload {
    let fields = MergeFields { full_name: &person.full_name, email: &person.email, comment: &person.comment };
    // What was parsed once is a template.
    let template = |text: &str| Template::parse(text).ok();
    let (subject, text) = (template(letter.subject()), template(letter.text()));
    let html = letter.html().and_then(template);
    let parts = [(MessagePart::Subject, &subject), (MessagePart::Text, &text), (MessagePart::Html, &html)];
    let used = fields.values().filter_map(|(name, value)| {
        let uses = |part: &Option<Template>| -> Vec<String> {
            let fields = part.iter().flat_map(Template::fields).filter(|(used, _)| *used == name);
            fields.map(|(_, fallback)| fallback.to_owned()).collect()
        };
        if parts.iter().all(|(_, part)| uses(part).is_empty()) {
            return None;
        }
        let missing = |part: &Option<Template>| value.is_empty() && uses(part).iter().any(String::is_empty);
        let missing_in = parts.iter().filter(|(_, part)| missing(part)).map(|(part, _)| *part).collect();
        Some(MergeFieldUse { name, value: LongText(value.to_owned()), missing_in })
    });
    MessagePreviewPayload {
        fields: used.collect(),
        // As letters have it: see the engine.
        subject: subject.map(|subject| LongText(subject.render_line(&fields))),
        text: text.map(|text| LongText(text.render(&fields))),
        html: html.map(|html| LongText(html.render_html(&fields))),
        user_errors: Vec::new(),
    }
}
