//! Messages.

use crate::failure::Failure;
use crate::graphql::address_book::client::searchable;
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
use domain::MessageId;
use projections::messages::{Filter, Shelf};
use projections::{Access, messages};
use std::sync::Arc;

/// A letter with merge fields: `{{full_name}}`, `{{first_name}}`, `{{last_name}}`, `{{email}}`, `{{comment}}`, each
/// with a fallback if you like, as in `{{first_name|friend}}` or `{{ first_name | default: 'friend' }}`.
///
/// In addresses that can be clicked (attributes of HTML such as `href`, `https://...` in the text) values are percent-encoded by
/// themselves; `{{email|url}}` is percent-encoded anywhere, `{{email|raw}}` nowhere. In HTML values are always escaped.
#[derive(Description)]
pub(crate) struct Message(pub(crate) messages::Message);

impl Message {
    async fn current(&self, context: &Context<'_>) -> Result<Option<Arc<messages::Revision>>, Failure> {
        context.tables().load_one(RevisionKey(self.0.id, self.0.revision)).await
    }
}

#[Object(use_type_description)]
impl Message {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The plain text.
    async fn text(&self, context: &Context<'_>) -> Result<Option<LongText<String>>, Failure> {
        Ok(self.current(context).await?.map(|revision| LongText(revision.text.clone())))
    }

    /// The HTML beside it, if there is any.
    async fn html(&self, context: &Context<'_>) -> Result<Option<LongText<String>>, Failure> {
        Ok(self.current(context).await?.and_then(|revision| revision.html.clone()).map(LongText))
    }

    /// Counts the edits. A run keeps the revision that was current when it started.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// Whether every signed-in user may read it and use it in a mailing. Only its owner edits it.
    async fn shared(&self) -> bool {
        self.0.shared
    }

    /// Whose it is; null for those who only use it.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        let viewer = context.viewer()?;
        if self.0.owner_id != viewer.user.id && !viewer.may_watch() {
            return Ok(None);
        }
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.map(User))
    }

    /// What its owner is called.
    async fn owner_name(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.map(|owner| owner.full_name))
    }

    /// Its revisions, newest first; null unless it is yours, as those before it was shared are nobody else's.
    async fn revisions(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<List<MessageRevision>>, Failure> {
        if self.0.owner_id != context.viewer()?.user.id {
            return Ok(None);
        }
        revision::page(context, MessageId(self.0.id), self.0.revision, Page::new(first, after.as_deref())?).await
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the current revision was written.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When it was deleted, if it was.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// For `expectedVersion`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// Whose messages a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Shelf")]
enum MessageShelf {
    /// Your own, shared or not.
    Own,
    /// Those that are shared, by whomever.
    Shared,
    /// Both: all that you can use in a mailing.
    Usable,
}

/// Which messages.
#[derive(Default, InputObject)]
struct MessageFilter {
    /// Whose; `OWN` if it is left out.
    shelf: Option<MessageShelf>,
    /// Whose subject or text contains this, in any case.
    search: Option<String>,
}

#[derive(Default)]
pub(crate) struct MessageQuery;

#[Object]
impl MessageQuery {
    /// A message; null if there is none of this id that you may see.
    async fn message(&self, context: &Context<'_>, id: ID) -> Result<Option<Message>, Failure> {
        let access = context.viewer()?.own();
        read(context, access, &id).await
    }

    /// Messages, newest first; your own unless the filter says otherwise.
    async fn messages(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
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
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Message>, Failure> {
    let Ok(id) = id.parse::<MessageId>() else { return Ok(None) };
    let row = messages::get(context.pool(), access, id).await?;
    Ok(row.filter(|row| row.deleted_at.is_none()).map(Message))
}

#[derive(InputObject)]
struct MessageCreateInput {
    /// One line.
    subject: String,
    /// The plain text; every letter has one. It has up to 1 MiB (1,048,576 bytes in UTF-8).
    text: String,
    /// HTML to go beside the text, up to 1 MiB.
    html: Option<String>,
    /// Let every signed-in user read it and use it in a mailing. Managers write no other messages.
    shared: Option<bool>,
    /// The same key with the same input is answered by the same message: repeat it when an answer got lost.
    idempotency_key: Option<String>,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct MessageUpdateInput {
    id: ID,
    subject: Option<String>,
    text: Option<String>,
    /// An empty text removes it.
    html: Option<String>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct MessageShareInput {
    id: ID,
}

#[derive(InputObject)]
struct MessageUnshareInput {
    id: ID,
}

#[derive(InputObject)]
struct MessageDeleteInput {
    id: ID,
}

payload! {
    /// The message, or what is wrong.
    MessageCreatePayload { message: Message, warnings }
}
payload! {
    /// The message as it is now, or what is wrong.
    MessageUpdatePayload { message: Message, warnings }
}
payload! {
    /// The message as it is now, or what is wrong.
    MessageSharePayload { message: Message }
}
payload! {
    /// The message as it is now, or what is wrong.
    MessageUnsharePayload { message: Message }
}
payload! {
    /// The message that is gone, or what is wrong.
    MessageDeletePayload {
        /// As it was.
        message: Message
    }
}

#[derive(Default)]
pub(crate) struct MessageMutation;

#[Object]
impl MessageMutation {
    /// Writes a message.
    async fn message_create(
        &self,
        context: &Context<'_>,
        input: MessageCreateInput,
    ) -> Result<Option<MessageCreatePayload>, Failure> {
        let shared = input.shared.unwrap_or(false);
        let owner = context.viewer()?.message_writer(shared).map_err(Failure::Forbidden)?;
        let new = acts::letters::messages::New { subject: input.subject, text: input.text, html: input.html, shared };
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

    /// Makes a new revision of a message. Runs that have started keep theirs.
    async fn message_update(
        &self,
        context: &Context<'_>,
        input: MessageUpdateInput,
    ) -> Result<Option<MessageUpdatePayload>, Failure> {
        let by = editor(context, &input.id).await?;
        let change = acts::letters::messages::Change { subject: input.subject, text: input.text, html: input.html };
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::letters::messages::update(context.services(), by, &input.id, expected, change, &context.metadata()?)
                .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(with_warnings(context, done).await?.map(Into::into))
    }

    /// Lets every signed-in user read a message and use it in a mailing; only you edit it.
    async fn message_share(
        &self,
        context: &Context<'_>,
        input: MessageShareInput,
    ) -> Result<Option<MessageSharePayload>, Failure> {
        let by = editor(context, &input.id).await?;
        let outcome = acts::letters::messages::share(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Keeps a message to yourself again. Others' runs that have started still send it; no other run of theirs starts
    /// with it.
    async fn message_unshare(
        &self,
        context: &Context<'_>,
        input: MessageUnshareInput,
    ) -> Result<Option<MessageUnsharePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::letters::messages::unshare(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes a message. Runs that have started still send it.
    async fn message_delete(
        &self,
        context: &Context<'_>,
        input: MessageDeleteInput,
    ) -> Result<Option<MessageDeletePayload>, Failure> {
        let by = editor(context, &input.id).await?;
        let outcome = acts::letters::messages::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }
}

/// The viewer as somebody who edits a message.
async fn editor(context: &Context<'_>, id: &str) -> Result<MessageWriter, Failure> {
    acts::letters::messages::editor(context.services(), context.viewer()?, id).await?.map_err(Failure::Forbidden)
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
    let access = context.viewer()?.own();
    Ok(messages::get(context.pool(), access, id).await?.map(Message))
}
