//! How a letter will look.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::int;
use crate::graphql::kit::user_error::{UserError, done_or_told};
use crate::graphql::letters::revision::MessagePart;
use crate::graphql::letters::warning::{self, Warning};
use acts::letters::preview::{self, Asked, FieldUse, Preview, Sample, Wanted};
use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use domain::Part;
use url::Url;

/// The letter that `messagePreview` shows, and the client for whom it is filled in.
#[derive(InputObject)]
struct MessagePreviewInput {
    /// The id of a message that the viewer can read (`NOT_FOUND`), which is taken in its present revision; null or left
    /// out if the input has a subject and a text of its own.
    message_id: Option<ID>,
    /// The subject to show instead of the message's: plain text in one line of 1 to 255 characters (`SUBJECT_EMPTY`,
    /// `SUBJECT_TOO_LONG`, `SUBJECT_NOT_A_LINE`), which may have merge fields. The characters are counted as they are
    /// written, before merge fields are filled in, and without blanks around them. If it is null or left out, it is the
    /// message's; without `messageId` there is none then (`SUBJECT_EMPTY`).
    subject: Option<String>,
    /// The plain text to show instead of the message's, which may have merge fields: up to 1 MiB (1,048,576 bytes in
    /// UTF-8; `BODY_TOO_LONG`). If it is null or left out, it is the message's; without `messageId` there is none then
    /// (`TEXT_EMPTY`), unless there is Markdown.
    text: Option<String>,
    /// The HTML to show instead of the message's, which may have merge fields: up to 1 MiB (1,048,576 bytes in UTF-8;
    /// `BODY_TOO_LONG`); an empty text for none. If it is null or left out, it is the message's.
    html: Option<String>,
    /// What the text and the HTML to show are made of, without a text or HTML beside it (`MARKDOWN_NOT_ALONE`):
    /// Markdown, which may have merge fields, up to 1 MiB (1,048,576 bytes in UTF-8; `BODY_TOO_LONG`). The HTML and the
    /// text that it becomes have at most 1 MiB each (`HTML_TOO_LARGE`), with elements nested at most 100 deep
    /// (`NESTING_TOO_DEEP`), and, filled in for a client with the longest possible values, at most 1.5 MiB each
    /// (`LETTER_TOO_LARGE`). Null or left out if there is none, or if it is the message's.
    markdown: Option<String>,
    /// The id of a client whom the viewer can see (`NOT_FOUND`), whose values fill the merge fields. If it is null or
    /// left out, they are those of a made-up client: Anna Petrova, `anna.petrova@example.com`, whose name is written in
    /// the language of your account.
    client_id: Option<ID>,
    /// Values that fill the merge fields instead of those of the client; null or left out for none.
    sample: Option<SampleClient>,
}

/// Values with which merge fields are filled to see how a letter will look. A value that is null or left out is that of
/// the client whom `clientId` names, or of the made-up client.
#[derive(Default, InputObject)]
struct SampleClient {
    /// The e-mail address that fills `{{email}}` (`EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`).
    email: Option<String>,
    /// The full name that fills `{{full_name}}`: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`,
    /// `FULL_NAME_TOO_LONG`). If it is given, the client's own first and last name are not used.
    full_name: Option<String>,
    /// The first name that fills `{{first_name}}`. If there is none, that is the first word of the full name.
    first_name: Option<String>,
    /// The last name that fills `{{last_name}}`.
    last_name: Option<String>,
    /// The comment that fills `{{comment}}`, of at most 2,000 characters (`COMMENT_TOO_LONG`).
    comment: Option<String>,
}

/// A merge field that a letter uses.
#[derive(SimpleObject)]
struct MergeFieldUse {
    /// The name of the merge field as it is written between the braces, such as `first_name`, or the key of one
    /// of the owner's own fields. What a footer adds is none
    /// of the letter's own.
    name: String,
    /// The value that stands there for this client; empty if nothing is known.
    value: LongText<String>,
    /// The parts of the letter in which nothing will stand there: the value is empty, and the merge field has no
    /// fallback.
    missing_in: Vec<MessagePart>,
    /// For how many of the viewer's own clients, without the deleted ones, the value is empty; of more than 20,000 clients, the
    /// first 20,000 are looked at. Null if the viewer has no address book, as managers have none.
    empty_for: Option<i32>,
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

    /// Why there is no letter to show; empty if there is one. The description of the query names the codes.
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
    /// It is shown as a mailing of the kind `BULK` sends it: a part without `{{unsubscribe_url}}` has a footer with that link, in
    /// the language of your account. The link leads to a page that says that this was no letter of anybody.
    ///
    /// The user errors are `NOT_FOUND`, for the message or for the client, `SUBJECT_EMPTY`, `SUBJECT_NOT_A_LINE`,
    /// `SUBJECT_TOO_LONG`, `TEXT_EMPTY`, `BODY_TOO_LONG`, `MARKDOWN_NOT_ALONE`, `HTML_TOO_LARGE`, `NESTING_TOO_DEEP`,
    /// `MERGE_FIELD_UNKNOWN`, `MERGE_FIELD_UNCLOSED`, `MERGE_FIELD_IN_PROGRAM`, `MERGE_FIELD_IN_SUBJECT`,
    /// `MERGE_FILTER_UNKNOWN`, `LETTER_TOO_LARGE`, `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`,
    /// `FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG` and `COMMENT_TOO_LONG` for the sample, `TEXT_INVALID` for a NUL character, and
    /// `RATE_LIMITED`: one account can have as many previews made at the same time as whoever runs the service has set,
    /// two unless they did.
    async fn message_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The letter, and the client for whom it is filled in.")] input: MessagePreviewInput,
    ) -> Result<Option<MessagePreviewPayload>, Failure> {
        let ahead = context.look_ahead();
        let counts = ahead.field("warnings").exists() || ahead.field("fields").field("emptyFor").exists();
        let asked = Asked { parts: Part::ALL.map(|part| ahead.field(part.name()).exists()), counts };
        let MessagePreviewInput { message_id, subject, text, html, markdown, client_id, sample } = input;
        let SampleClient { email, full_name, first_name, last_name, comment } = sample.unwrap_or_default();
        let wanted = Wanted {
            message: message_id.map(|id| id.0),
            subject,
            text,
            html,
            markdown,
            client: client_id.map(|id| id.0),
            sample: Sample { email, full_name, first_name, last_name, comment },
        };
        let home: &Url = context.data_unchecked();
        let seen = preview::preview(context.services(), context.viewer()?, wanted, asked, home.as_str()).await;
        let (payload, user_errors) = done_or_told(seen.map(MessagePreviewPayload::from))?;
        Ok(Some(MessagePreviewPayload { user_errors, ..payload }))
    }
}

impl From<Preview> for MessagePreviewPayload {
    fn from(seen: Preview) -> Self {
        Self {
            subject: seen.subject,
            text: seen.text,
            html: seen.html,
            fields: seen.fields.into_iter().map(MergeFieldUse::from).collect(),
            warnings: warning::of(seen.warnings),
            user_errors: Vec::new(),
        }
    }
}

impl From<FieldUse> for MergeFieldUse {
    fn from(field: FieldUse) -> Self {
        let FieldUse { name, value, missing_in, empty_for } = field;
        let missing_in = missing_in.into_iter().map(MessagePart::from).collect();
        Self { name, value: LongText(value), missing_in, empty_for: empty_for.map(int) }
    }
}
