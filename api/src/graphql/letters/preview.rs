//! How a letter will look.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::user_error::UserError;
use crate::graphql::letters::revision::MessagePart;
use crate::graphql::letters::warning::{self, Warning};
use acts::address_book::clients as people;
use acts::letters::messages::content;
use acts::refusal::input::{self, Problems};
use acts::refusal::{Problem, Refused};
use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use domain::client::check_comment;
use domain::letter::Recipient;
use domain::message::Content;
use domain::{ClientId, MessageId, OverBudget, Part, Template, client, message};
use projections::{clients, messages};
use std::collections::HashMap;

/// The letter that `messagePreview` shows, and the client for whom it is filled in.
#[derive(InputObject)]
struct MessagePreviewInput {
    /// The id of a message that the viewer can read, which is taken in its present revision; null or left out if the
    /// input has a subject and a text of its own.
    message_id: Option<ID>,
    /// The subject to show instead of the message's: plain text in one line of 1 to 255 characters, which may have
    /// merge fields. The characters are counted as they are written, before merge fields are filled in, and without
    /// blanks around them. If it is null or left out, it is the message's; without `messageId` there is none then, and
    /// the user error has the code `SUBJECT_EMPTY`.
    subject: Option<String>,
    /// The plain text to show instead of the message's, which may have merge fields: up to 1 MiB (1,048,576 bytes in
    /// UTF-8). If it is null or left out, it is the message's; without `messageId` there is none then, and the user
    /// error has the code `TEXT_EMPTY`.
    text: Option<String>,
    /// The HTML to show instead of the message's, which may have merge fields: up to 1 MiB (1,048,576 bytes in UTF-8);
    /// an empty text for none. If it is null or left out, it is the message's.
    html: Option<String>,
    /// The id of a client whom the viewer can see, whose values fill the merge fields. If it is null or left out, they
    /// are those of a made-up client: Anna Petrova, `anna.petrova@example.com`.
    client_id: Option<ID>,
    /// Values that fill the merge fields instead of those of the client; null or left out for none.
    sample: Option<SampleClient>,
}

/// Values with which merge fields are filled to see how a letter will look. A value that is null or left out is that of
/// the client whom `clientId` names, or of the made-up client.
#[derive(Default, InputObject)]
struct SampleClient {
    /// The e-mail address that fills `{{email}}`.
    email: Option<String>,
    /// The full name that fills `{{full_name}}`. If it is given, the client's own first and last name are not used.
    full_name: Option<String>,
    /// The first name that fills `{{first_name}}`. If there is none, that is the first word of the full name.
    first_name: Option<String>,
    /// The last name that fills `{{last_name}}`.
    last_name: Option<String>,
    /// The comment that fills `{{comment}}`.
    comment: Option<String>,
}

/// A merge field that a letter uses.
#[derive(SimpleObject)]
struct MergeFieldUse {
    /// The name of the merge field as it is written between the braces, such as `first_name`.
    name: &'static str,
    /// The value that stands there for this client; empty if nothing is known.
    value: LongText<String>,
    /// The parts of the letter in which nothing will stand there: the value is empty, and the merge field has no
    /// fallback.
    missing_in: Vec<MessagePart>,
}

/// The letter as the client would get it, or what is wrong with the input.
#[derive(Default, Description)]
struct MessagePreviewPayload {
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    fields: Vec<MergeFieldUse>,
    warnings: Vec<Warning>,
    user_errors: Vec<UserError>,
}

#[Object(use_type_description)]
impl MessagePreviewPayload {
    /// The subject as the client would get it: plain text in one line, with its merge fields filled in. Line breaks and
    /// other control characters in values have become blanks, and it may be longer than 255 characters, or empty. Null
    /// if there are user errors.
    async fn subject(&self) -> Option<LongText<&str>> {
        self.subject.as_deref().map(LongText)
    }

    /// The plain text as the client would get it, with its merge fields filled in; null if there are user errors.
    async fn text(&self) -> Option<LongText<&str>> {
        self.text.as_deref().map(LongText)
    }

    /// The HTML as the client would get it, with its merge fields filled in; null if the letter has none, or if there
    /// are user errors. Show it in a sandbox only: values are escaped in it, but everything else is as its author wrote
    /// it.
    async fn html(&self) -> Option<LongText<&str>> {
        self.html.as_deref().map(LongText)
    }

    /// The merge fields that the letter uses, each once.
    async fn fields(&self) -> &[MergeFieldUse] {
        &self.fields
    }

    /// What looks like a mistake in the letter and may be none.
    async fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Why there is no letter to show; empty if there is one.
    async fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }
}

#[derive(Default)]
pub(crate) struct PreviewQuery;

#[Object]
impl PreviewQuery {
    /// A message, or a draft of one, as a client would get it. Nothing is sent and nothing is written.
    ///
    /// One account can have a few previews made at the same time; for any more the user error has the code
    /// `RATE_LIMITED` and `retryAfter`.
    async fn message_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The letter, and the client for whom it is filled in.")] input: MessagePreviewInput,
    ) -> Result<Option<MessagePreviewPayload>, Failure> {
        let viewer = context.viewer()?.id();
        let asked = Part::ALL.map(|part| context.look_ahead().field(part.name()).exists());
        let turn = context.services().quotas.rendering().take(viewer).await;
        let rendered = match turn.map_err(Refused::from) {
            Ok(turn) => match read(context, input).await {
                Ok((letter, person)) => {
                    // The turn goes with the work, which goes on when the request is given up.
                    let work = move || (render(&letter, &person, asked), turn).0;
                    let rendered = tokio::task::spawn_blocking(work).await?;
                    rendered.map_err(|error| Problem::of(&error).into())
                }
                Err(refused) => Err(refused),
            },
            Err(refused) => Err(refused),
        };
        Ok(Some(match rendered {
            Ok(payload) => payload,
            Err(refused) => {
                let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                MessagePreviewPayload { user_errors, ..MessagePreviewPayload::default() }
            }
        }))
    }
}

async fn read(context: &Context<'_>, input: MessagePreviewInput) -> Result<(Content, Recipient), Refused> {
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
        Some(Recipient { email, full_name, last_name: "Petrova".to_owned(), ..Recipient::default() })
    };
    let sample = sample.unwrap_or_default();
    let email = problems.take(sample.email.as_deref().map(people::email).transpose().map_err(in_sample));
    let full_name = problems.take(sample.full_name.as_deref().map(people::full_name).transpose().map_err(in_sample));
    let name = |name: Option<String>, field| {
        name.as_deref().map(|name| people::name(name, field)).transpose().map_err(in_sample)
    };
    let first_name = problems.take(name(sample.first_name, "firstName"));
    let last_name = problems.take(name(sample.last_name, "lastName"));
    let comment = problems.take(sample.comment.map(comment).transpose().map_err(in_sample));
    let (old_subject, old_text, old_html) = old.map(|old| (old.subject, old.text, old.html)).unwrap_or_default();
    let (subject, text) = (subject.unwrap_or(old_subject), text.unwrap_or(old_text));
    let html = html.or(old_html);
    // Of a message that is not there nothing more is told.
    let letter = if problems.is_empty() { content(&subject, &text, html.as_deref(), &mut problems) } else { None };
    let names = (full_name, first_name, last_name);
    let (Some(letter), Some(client), Some(email), Some(comment)) = (letter, client, email, comment) else {
        return Err(problems.into());
    };
    let (Some(full_name), Some(first_name), Some(last_name)) = names else { return Err(problems.into()) };
    // A name of the sample's own has nothing to do with the other one's parts.
    let (own_first, own_last) =
        if full_name.is_some() { Default::default() } else { (client.first_name, client.last_name) };
    let person = Recipient {
        email: email.map_or(client.email, |email| email.as_str().to_owned()),
        full_name: full_name.map_or(client.full_name, |name| name.as_str().to_owned()),
        first_name: first_name.map_or(own_first, |name| name.as_str().to_owned()),
        last_name: last_name.map_or(own_last, |name| name.as_str().to_owned()),
        comment: comment.unwrap_or(client.comment),
    };
    Ok((letter, person))
}

fn comment(text: String) -> Result<String, Problem> {
    check_comment(&text).map_err(|error| Problem::of(&error))?;
    input::text(text, &["comment"])
}

fn in_sample(problem: Problem) -> Problem {
    let field: Vec<String> = problem.field.clone();
    let path: Vec<&str> = std::iter::once("sample").chain(field.iter().map(String::as_str)).collect();
    problem.at(&path)
}

async fn revision(context: &Context<'_>, id: &str) -> Result<Result<messages::Revision, Problem>, sqlx::Error> {
    let unknown = || Err(Problem::of(&message::Error::NotFound).at(&["messageId"]));
    let (Ok(id), Ok(viewer)) = (id.parse::<MessageId>(), context.viewer()) else { return Ok(unknown()) };
    let row = messages::get(context.pool(), viewer.letters(), id).await?;
    let Some(row) = row.filter(|row| row.deleted_at.is_none()) else { return Ok(unknown()) };
    Ok(messages::revision(context.pool(), id, row.revision).await?.map_or_else(unknown, Ok))
}

async fn client(context: &Context<'_>, id: &str) -> Result<Result<Recipient, Problem>, sqlx::Error> {
    let unknown = || Err(Problem::of(&client::Error::NotFound).at(&["clientId"]));
    let (Ok(id), Ok(viewer)) = (id.parse::<ClientId>(), context.viewer()) else { return Ok(unknown()) };
    let row = clients::get(context.pool(), viewer.reads(), id).await?.filter(|row| row.deleted_at.is_none());
    let person = |row: clients::Client| Recipient {
        email: row.email,
        full_name: row.full_name,
        first_name: row.first_name.unwrap_or_default(),
        last_name: row.last_name.unwrap_or_default(),
        comment: row.comment,
    };
    Ok(row.map_or_else(unknown, |row| Ok(person(row))))
}

/// The letter, in the parts that somebody asked for, and what all its parts use.
fn render(
    letter: &Content,
    person: &Recipient,
    [subject_asked, text_asked, html_asked]: [bool; 3],
) -> Result<MessagePreviewPayload, OverBudget> {
    let fields = person.fields();
    // What was parsed once is a template.
    let template = |part, text: &str| Template::parse(part, text).ok();
    let (subject, text) = (template(Part::Subject, letter.subject()), template(Part::Text, letter.text()));
    let html = letter.html().and_then(|html| template(Part::Html, html));
    let parts = [(MessagePart::Subject, &subject), (MessagePart::Text, &text), (MessagePart::Html, &html)];
    // For each merge field, the parts that use it, and whether one of the uses in the part has no fallback.
    let mut parts_of: HashMap<&str, Vec<(MessagePart, bool)>> = HashMap::new();
    for (part, template) in parts {
        for (name, fallback) in template.iter().flat_map(Template::fields) {
            let places = parts_of.entry(name).or_default();
            match places.last_mut().filter(|(last, _)| *last == part) {
                Some((_, bare)) => *bare |= fallback.is_empty(),
                None => places.push((part, fallback.is_empty())),
            }
        }
    }
    let used = fields.values().filter_map(|(name, value)| {
        let missing = |(part, bare): &(MessagePart, bool)| (*bare && value.is_empty()).then_some(*part);
        let missing_in = parts_of.get(name)?.iter().filter_map(missing).collect();
        Some(MergeFieldUse { name, value: LongText(value.to_owned()), missing_in })
    });
    let (subject, text) = (subject.filter(|_| subject_asked), text.filter(|_| text_asked));
    let html = html.filter(|_| html_asked);
    Ok(MessagePreviewPayload {
        fields: used.collect(),
        // As letters have it: see the engine.
        subject: subject.map(|subject| subject.render(&fields)).transpose()?,
        text: text.map(|text| text.render(&fields)).transpose()?,
        html: html.map(|html| html.render(&fields)).transpose()?,
        warnings: warning::of(letter),
        user_errors: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_rendered_and_all_of_the_letter_is_looked_at() {
        let letter = Content::parse("{{first_name}}", "{{comment}} {{comment|-}}", Some("{{comment}}")).expect("right");
        let person = |comment: &str| {
            let (email, full_name) = ("anna@example.com".to_owned(), "Anna Petrova".to_owned());
            Recipient { email, full_name, comment: comment.to_owned(), ..Recipient::default() }
        };
        for asked in [[false, false, false], [true, false, true], [false, true, false]] {
            let seen = render(&letter, &person(""), asked).expect("it fits");
            assert_eq!([seen.subject.is_some(), seen.text.is_some(), seen.html.is_some()], asked);
            let fields: Vec<_> = seen.fields.iter().map(|field| (field.name, field.missing_in.clone())).collect();
            let missing = vec![MessagePart::Text, MessagePart::Html];
            assert_eq!(fields, [("first_name", vec![]), ("comment", missing)]);
        }
    }

    #[test]
    fn a_value_that_no_client_could_have_does_not_get_beyond_the_budget() {
        let letter = Content::parse("s", &"{{comment}}".repeat(100), None).expect("right");
        let comment = "c".repeat(100_000);
        let person = Recipient { comment, ..Recipient::default() };
        assert_eq!(render(&letter, &person, [true; 3]).err(), Some(OverBudget { part: Part::Text }));
        assert!(render(&letter, &person, [true, false, true]).is_ok());
    }
}
