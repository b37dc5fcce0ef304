//! Messages.

use crate::failure::Failure;
use crate::graphql::audit::history::{self, AuditEvents};
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::{RevisionKey, UserKey};
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::letters::revision::{self, MessageRevision};
use crate::graphql::letters::warning;
use crate::graphql::who::viewer::User;
use acts::who::rights::MessageWriter;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::{MessageId, StreamKind};
use projections::audit::Stream;
use projections::messages::{self, Filter, Readers, Shelf};
use std::sync::Arc;

/// A message: a letter with merge fields, which mailings send. Its subject, its text and its HTML may have the merge
/// fields `{{full_name}}`, `{{first_name}}`, `{{last_name}}`, `{{email}}` and `{{comment}}`, and the owner's own fields by their
/// keys, such as `{{city}}`; for each client, the client's own value is put there. A merge field may have a fallback for clients without that value, written as
/// `{{first_name|friend}}` or `{{ first_name | default: 'friend' }}`.
///
/// `{{unsubscribe_url}}`, in the text and in the HTML, is the address of the page where the client unsubscribes, which is
/// another one in each letter; it is never percent-encoded, whatever the filter. In mailings of the kind `BULK`, a text or
/// an HTML without it gets a footer with that address. The subject cannot have it.
///
/// A value that stands in an address that can be clicked is percent-encoded. Such addresses are those in attributes of
/// the HTML such as `href`, and what begins with `https://` or its like in the plain text. With the filter `url`, as in
/// `{{email|url}}`, the value is percent-encoded wherever it stands; with the filter `raw`, as in `{{comment|raw}}`, it
/// never is. There are no other filters. In the HTML, values are always escaped, whatever the filter.
#[derive(Description)]
pub(crate) struct Message(pub(crate) messages::Message);

impl Message {
    async fn current(&self, context: &Context<'_>) -> Result<Option<Arc<messages::Revision>>, Failure> {
        context.tables().load_one(RevisionKey(self.0.id, self.0.revision)).await
    }
}

#[Object(use_type_description)]
impl Message {
    /// The id of the message.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The subject of the letter as it was written: plain text in one line, with its merge fields not filled in.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The plain text of the letter as it was written, with its merge fields not filled in. Every message has one. Null
    /// only if it could not be read; then the top-level `errors` say why.
    async fn text(&self, context: &Context<'_>) -> Result<Option<LongText<String>>, Failure> {
        Ok(self.current(context).await?.map(|revision| LongText(revision.text.clone())))
    }

    /// The HTML of the letter as it was written, or as its Markdown became it, with its merge fields not filled in; it
    /// goes beside the plain text. Null if the message has none, or if it could not be read; then the top-level
    /// `errors` say why.
    async fn html(&self, context: &Context<'_>) -> Result<Option<LongText<String>>, Failure> {
        Ok(self.current(context).await?.and_then(|revision| revision.html.clone()).map(LongText))
    }

    /// What the text and the HTML of the letter are made of: Markdown as it was written, with its merge fields. Null if
    /// the letter was written as text and HTML, or if it could not be read; then the top-level `errors` say why.
    async fn markdown(&self, context: &Context<'_>) -> Result<Option<LongText<String>>, Failure> {
        Ok(self.current(context).await?.and_then(|revision| revision.markdown.clone()).map(LongText))
    }

    /// The number of the message's present revision, counted from 1: each edit makes a new one. A run keeps the
    /// revision that was current when it started. Managers and administrators see somebody else's message in its present
    /// revision as long as a mailing may send it, and in the last one that was sent when none may any more: what its owner
    /// writes after that is nobody else's.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// Whether every signed-in user may read the message and use it in a mailing. Only its owner edits it.
    async fn shared(&self) -> bool {
        self.0.shared
    }

    /// The user whose message it is. Viewers who are not that user, and neither managers nor administrators, get null.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        let viewer = context.viewer()?;
        if self.0.owner_id != viewer.user().id && !viewer.may_watch() {
            return Ok(None);
        }
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// The full name of the user whose message it is, as that user is called now; empty if the user gave none. Null
    /// only if it could not be read; then the top-level `errors` say why.
    async fn owner_name(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(|owner| owner.full_name))
    }

    /// The revisions of the message, the newest first. Only the message's owner gets them, because older ones may be
    /// from before the message was shared; for everybody else the field is null.
    async fn revisions(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
    ) -> Result<Option<List<MessageRevision>>, Failure> {
        if self.0.owner_id != context.viewer()?.user().id {
            return Ok(None);
        }
        revision::page(context, MessageId(self.0.id), self.0.revision, Page::new(first, after.as_deref())?).await
    }

    /// The moment when the message was created with `messageCreate`.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The moment when the revision was written that is shown.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// The moment when the message was deleted; null if the message has not been deleted. Mailings still show deleted
    /// messages.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// Everything that happened to the message, oldest first. It is empty for who sees
    /// the message only because its owner shares it. Null only if the list could not be read; then the
    /// top-level `errors` say why.
    async fn history(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
    ) -> Result<Option<AuditEvents>, Failure> {
        // Others may see it, and not what its owner did.
        let viewer = context.viewer()?;
        let is_shown = viewer.may_watch() || viewer.user().id == self.0.owner_id;
        let streams = is_shown.then(|| Stream::new(StreamKind::Message, self.0.id)).into_iter().collect();
        history::of_streams(context, streams, first, after.as_deref()).await
    }

    /// The version of the message, counted from 1. It grows by one whenever the message is changed, shared, no longer
    /// shared, or deleted. Pass it as `expectedVersion` to `messageUpdate`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// Which messages a list shows, by whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Shelf")]
enum MessageShelf {
    /// The list shows the viewer's own messages, shared or not.
    Own,
    /// The list shows the messages that are shared, whoever's they are.
    Shared,
    /// The list shows all messages that the viewer can use in a mailing: the viewer's own and the shared ones.
    Usable,
}

/// The messages that a list shows: those that meet all conditions that are given.
#[derive(Default, InputObject)]
struct MessageFilter {
    /// Which messages the list is about: the viewer's own, the shared ones, or both; `OWN` if it is null or left out.
    shelf: Option<MessageShelf>,
    /// Only messages whose subject or plain text contains this, in upper or lower case; null, left out or empty for
    /// all.
    search: Option<String>,
}

#[derive(Default)]
pub(crate) struct MessageQuery;

#[Object]
impl MessageQuery {
    /// The message of this id; null if there is none that the viewer may read, or if it is deleted.
    async fn message(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the message.")] id: ID,
    ) -> Result<Option<Message>, Failure> {
        let readers = context.viewer()?.letters();
        read(context, readers, &id).await
    }

    /// Messages in the order in which they were created, the latest first: the viewer's own, unless the filter says
    /// otherwise.
    async fn messages(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
        #[graphql(
            desc = "The conditions that the messages have to meet; without it the list has all messages of the viewer's own."
        )]
        filter: Option<MessageFilter>,
    ) -> Result<Option<List<Message>>, Failure> {
        let access = context.viewer()?.own();
        let page = Page::new(first, after.as_deref())?;
        let MessageFilter { shelf, search } = filter.unwrap_or_default();
        let filter = Filter { shelf: shelf.map(Shelf::from).unwrap_or_default(), search: searchable(search) };
        let pool = context.pool().clone();
        let rows = messages::page(&pool, access, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { messages::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of(rows, messages::Message::cursor, Message, total)))
    }
}

/// The message of this id, as an id is written, unless it is deleted.
pub(crate) async fn read(context: &Context<'_>, readers: Readers, id: &str) -> Result<Option<Message>, Failure> {
    let Ok(id) = id.parse::<MessageId>() else { return Ok(None) };
    let row = messages::get(context.pool(), readers, id).await?;
    Ok(row.filter(|row| row.deleted_at.is_none()).map(Message))
}

/// The message that `messageCreate` writes.
#[derive(InputObject)]
struct MessageCreateInput {
    /// The subject of the letter: plain text in one line of 1 to 255 characters (`SUBJECT_EMPTY`, `SUBJECT_TOO_LONG`,
    /// `SUBJECT_NOT_A_LINE`), which may have merge fields. The characters are counted as they are written, before merge
    /// fields are filled in, and without blanks around them.
    subject: String,
    /// The plain text of the letter, which may have merge fields: not empty (`TEXT_EMPTY`), and up to 1 MiB (1,048,576
    /// bytes in UTF-8; `BODY_TOO_LONG`). Filled in for a client with the longest possible values, it must not become
    /// longer than 1.5 MiB (`LETTER_TOO_LARGE`). Null or left out only if there is Markdown.
    text: Option<String>,
    /// The HTML of the letter, which may have merge fields and goes beside the plain text: up to 1 MiB (1,048,576 bytes
    /// in UTF-8; `BODY_TOO_LONG`); null, left out or empty for none. Filled in for a client with the longest possible
    /// values, it must not become longer than 1.5 MiB (`LETTER_TOO_LARGE`).
    html: Option<String>,
    /// What the text and the HTML are made of, instead of both (`MARKDOWN_NOT_ALONE`): Markdown (CommonMark with tables
    /// and strikethrough), which may have merge fields, up to 1 MiB (1,048,576 bytes in UTF-8; `BODY_TOO_LONG`). The
    /// HTML and the text that it becomes have at most 1 MiB each (`HTML_TOO_LARGE`), with elements nested at most 100
    /// deep (`NESTING_TOO_DEEP`), and, filled in for a client with the longest possible values, at most 1.5 MiB each
    /// (`LETTER_TOO_LARGE`). HTML in it stays as far as it is harmless. It is kept, so that it can be edited again.
    /// Null or left out if the letter is written as text and HTML.
    markdown: Option<String>,
    /// Whether every signed-in user may read the message and use it in a mailing; false if it is null or left out.
    /// Managers write shared messages only: without it they get the error `FORBIDDEN`.
    shared: Option<bool>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the message that was
    /// made first, as it is now. So a request whose answer got lost can be repeated. With another input the user error
    /// has the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its message is deleted: the answer
    /// then has the message with `deletedAt`. Null or left out: every request makes another message.
    idempotency_key: Option<String>,
}

/// What `messageUpdate` changes of a message. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct MessageUpdateInput {
    /// The id of the message to change.
    id: ID,
    /// The new subject of the letter: plain text in one line of 1 to 255 characters (`SUBJECT_EMPTY`,
    /// `SUBJECT_TOO_LONG`, `SUBJECT_NOT_A_LINE`), which may have merge fields. The characters are counted as they are
    /// written, before merge fields are filled in, and without blanks around them.
    subject: Option<String>,
    /// The new plain text of the letter, which may have merge fields: not empty (`TEXT_EMPTY`), and up to 1 MiB
    /// (1,048,576 bytes in UTF-8; `BODY_TOO_LONG`). Filled in for a client with the longest possible values, it must
    /// not become longer than 1.5 MiB (`LETTER_TOO_LARGE`).
    text: Option<String>,
    /// The new HTML of the letter, which may have merge fields: up to 1 MiB (1,048,576 bytes in UTF-8;
    /// `BODY_TOO_LONG`); an empty text takes the HTML away. Filled in for a client with the longest possible values, it
    /// must not become longer than 1.5 MiB (`LETTER_TOO_LARGE`).
    html: Option<String>,
    /// What the new text and the new HTML are made of, instead of both (`MARKDOWN_NOT_ALONE`): Markdown (CommonMark
    /// with tables and strikethrough), which may have merge fields, up to 1 MiB (1,048,576 bytes in UTF-8;
    /// `BODY_TOO_LONG`). The HTML and the text that it becomes have at most 1 MiB each (`HTML_TOO_LARGE`), with
    /// elements nested at most 100 deep (`NESTING_TOO_DEEP`), and, filled in for a client with the longest possible
    /// values, at most 1.5 MiB each (`LETTER_TOO_LARGE`). A message in Markdown that is given a text or HTML instead is
    /// in Markdown no more.
    markdown: Option<String>,
    /// The `version` of the message that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the message is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The message that `messageShare` shares.
#[derive(InputObject)]
struct MessageShareInput {
    /// The id of one of your messages.
    id: ID,
}

/// The message that `messageUnshare` shares no longer.
#[derive(InputObject)]
struct MessageUnshareInput {
    /// The id of one of your messages.
    id: ID,
}

/// The message that `messageDelete` deletes.
#[derive(InputObject)]
struct MessageDeleteInput {
    /// The id of the message to delete.
    id: ID,
}

payload! {
    /// The new message, or what is wrong with the input.
    created MessageCreatePayload {
        /// The message as it is now; null if there are user errors, or if `behind` is true.
        message: Message, warnings
    }
}
payload! {
    /// The message after the change, or what is wrong with the input.
    MessageUpdatePayload {
        /// The message as it is now; null if there are user errors, or if `behind` is true.
        message: Message, warnings
    }
}
payload! {
    /// The shared message, or what is wrong with the input.
    MessageSharePayload {
        /// The message as it is now; null if there are user errors, or if `behind` is true.
        message: Message
    }
}
payload! {
    /// The message that is no longer shared, or what is wrong with the input.
    MessageUnsharePayload {
        /// The message as it is now; null if there are user errors, or if `behind` is true.
        message: Message
    }
}
payload! {
    /// The deleted message, or what is wrong with the input.
    deleted MessageDeletePayload {
        /// The message as it was, with `deletedAt`; null if there are user errors, or if `behind` is true.
        message: Message
    }
}

#[derive(Default)]
pub(crate) struct MessageMutation;

#[Object]
impl MessageMutation {
    /// Writes a message. This is for users without roles and for administrators. Managers may write messages, too, if
    /// `shared` is true. What looks like a mistake in the letter is told by `warnings`.
    ///
    /// The user errors are `SUBJECT_EMPTY`, `SUBJECT_NOT_A_LINE`, `SUBJECT_TOO_LONG`, `TEXT_EMPTY`, `BODY_TOO_LONG`,
    /// `MARKDOWN_NOT_ALONE`, `HTML_TOO_LARGE`, `NESTING_TOO_DEEP`, `MERGE_FIELD_UNKNOWN`, `MERGE_FIELD_UNCLOSED`,
    /// `MERGE_FIELD_IN_PROGRAM`, `MERGE_FIELD_IN_SUBJECT`, `MERGE_FILTER_UNKNOWN`, `LETTER_TOO_LARGE`, `QUOTA_REACHED`,
    /// `IDEMPOTENCY_KEY_INVALID`, `IDEMPOTENCY_KEY_REUSED`, and, if too much Markdown of the account is being read,
    /// `RATE_LIMITED`.
    async fn message_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message to write.")] input: MessageCreateInput,
    ) -> Result<Option<MessageCreatePayload>, Failure> {
        let shared = input.shared.unwrap_or(false);
        let owner = context.viewer()?.message_writer(shared).map_err(Failure::from)?;
        let new = acts::letters::messages::New {
            subject: input.subject,
            text: input.text.unwrap_or_default(),
            html: input.html,
            markdown: input.markdown,
            shared,
        };
        let outcome = acts::letters::messages::create(
            context.services(),
            owner,
            input.idempotency_key,
            new,
            &context.metadata()?,
        )
        .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(with_warnings(context, done).await?.map(Into::into))
    }

    /// Edits one of the viewer's messages, which gets a new revision if anything changes. Runs that have started keep
    /// the revision that they started with. Managers can edit the shared messages that they have. What looks like a
    /// mistake in the letter is told by `warnings`.
    ///
    /// The user errors are `NOT_FOUND`, `SUBJECT_EMPTY`, `SUBJECT_NOT_A_LINE`, `SUBJECT_TOO_LONG`, `TEXT_EMPTY`,
    /// `BODY_TOO_LONG`, `MARKDOWN_NOT_ALONE`, `HTML_TOO_LARGE`, `NESTING_TOO_DEEP`, `MERGE_FIELD_UNKNOWN`,
    /// `MERGE_FIELD_UNCLOSED`, `MERGE_FIELD_IN_PROGRAM`, `MERGE_FIELD_IN_SUBJECT`, `MERGE_FILTER_UNKNOWN`,
    /// `LETTER_TOO_LARGE`, `STALE_VERSION`, `QUOTA_REACHED` if the message has as many revisions as it may have, and, if too
    /// much Markdown of the account is being read, `RATE_LIMITED`.
    async fn message_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message and the changes.")] input: MessageUpdateInput,
    ) -> Result<Option<MessageUpdatePayload>, Failure> {
        let by = editor(context, &input.id).await?;
        let change = acts::letters::messages::Change {
            subject: input.subject,
            text: input.text,
            html: input.html,
            markdown: input.markdown,
        };
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::letters::messages::update(context.services(), by, &input.id, expected, change, &context.metadata()?)
                .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(with_warnings(context, done).await?.map(Into::into))
    }

    /// Shares one of the viewer's messages: every signed-in user may read it and use it in a mailing. Only the viewer
    /// edits it. It is safe to repeat. The only user error is `NOT_FOUND`.
    async fn message_share(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message to share.")] input: MessageShareInput,
    ) -> Result<Option<MessageSharePayload>, Failure> {
        let by = editor(context, &input.id).await?;
        let outcome = acts::letters::messages::share(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Stops sharing one of the viewer's messages. Runs of others that have started still send it; no other run of
    /// theirs starts with it. It is safe to repeat. The only user error is `NOT_FOUND`.
    async fn message_unshare(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message to share no longer.")] input: MessageUnshareInput,
    ) -> Result<Option<MessageUnsharePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::letters::messages::unshare(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes one of the viewer's messages. Runs that have started still send it; no other run starts with it. It is
    /// safe to repeat. The only user error is `NOT_FOUND`.
    async fn message_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The message to delete.")] input: MessageDeleteInput,
    ) -> Result<Option<MessageDeletePayload>, Failure> {
        let by = editor(context, &input.id).await?;
        let outcome = acts::letters::messages::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }
}

/// The viewer as somebody who edits a message.
async fn editor(context: &Context<'_>, id: &str) -> Result<MessageWriter, Failure> {
    acts::letters::messages::editor(context.services(), context.viewer()?, id).await?.map_err(Failure::from)
}

/// With what looks like a mistake in the letter that was written.
async fn with_warnings(context: &Context<'_>, done: Option<Done<Message>>) -> Result<Option<Done<Message>>, Failure> {
    let Some(mut done) = done else { return Ok(None) };
    if let Some(Message(row)) = &done.noun
        && context.look_ahead().field("warnings").exists()
    {
        done.warnings = warning::of_message(context, row).await?;
    }
    Ok(Some(done))
}

async fn shown(context: &Context<'_>, id: MessageId) -> Result<Option<Message>, Failure> {
    let readers = context.viewer()?.letters();
    Ok(messages::get(context.pool(), readers, id).await?.map(Message))
}
