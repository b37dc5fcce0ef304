//! What happened, event by event.

use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::node::{self, Node};
use crate::graphql::kit::room::LongJson;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::UserKey;
use crate::graphql::who::viewer::User;
use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use domain::{Actor as Doer, ClientId, MailingId, StreamKind, UserId};
use eventstore::Metadata;
use projections::audit::{self, Direction, Filter, Stream, Window};
use projections::{Access, history};
use std::borrow::Cow;

/// What kind of actor caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ActorKind {
    /// A signed-in user caused the event.
    User,
    /// A part of the service caused the event by itself.
    System,
    /// Somebody with access to the service's command line caused the event.
    CommandLine,
}

/// Whoever caused an event.
#[derive(Description)]
pub(crate) struct Actor(pub(crate) Doer);

impl Actor {
    async fn account(&self, context: &Context<'_>) -> Result<Option<projections::users::User>, Failure> {
        let Some(id) = self.0.user() else { return Ok(None) };
        Ok(context.tables().load_one(UserKey(id.0)).await?.transpose()?)
    }

    /// What it is called by itself, if there is a name for it that the viewer may know.
    async fn called(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(match &self.0 {
            Doer::User(_) => {
                let user = self.account(context).await?;
                user.map(|user| user.full_name).filter(|name| !name.is_empty())
            }
            Doer::CommandLine(account) => Some(account.clone())
                .filter(|_| context.caller().viewer.as_ref().is_some_and(acts::who::Viewer::may_watch)),
            Doer::System(_) => None,
        })
    }
}

#[Object(use_type_description)]
impl Actor {
    /// What kind of actor this is.
    async fn kind(&self) -> ActorKind {
        match self.0 {
            Doer::User(_) => ActorKind::User,
            Doer::System(_) => ActorKind::System,
            Doer::CommandLine(_) => ActorKind::CommandLine,
        }
    }

    /// The name of the actor, also if the viewer may not see the `user`. A user is called by the full name that the
    /// user has now, or "a user" without one. A part of the service is called by its own name, such as "scheduler".
    /// Somebody who used the service's command line is called "the operator"; managers and administrators get the name
    /// of the operating system's account that ran the command instead. "A user", "the operator" and the names of parts
    /// are in the viewer's language. Null only if it could not be read; then the top-level `errors` say why.
    async fn name(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        let called = self.called(context).await?;
        Ok(Some(words::history::name(context.language(), &self.0, called)))
    }

    /// The user who caused the event; null if it was none, or one whom the viewer may not see.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        let viewer = context.viewer()?;
        let user = self.account(context).await?;
        Ok(user.filter(|user| viewer.may_watch() || user.id == viewer.user().id).map(User))
    }
}

/// What kind of thing an event happened to. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "StreamKind")]
pub(crate) enum AuditObjectKind {
    /// It happened to the account of a user.
    User,
    /// It happened to a client.
    Client,
    /// It happened to a group.
    Group,
    /// It happened to a message.
    Message,
    /// It happened to a mailing.
    Mailing,
    /// It happened to a run.
    Run,
    /// It happened to a batch, a part of a run with up to 500 recipients.
    Batch,
    /// It happened to a letter of the service itself, such as the one that proves an address.
    Notice,
    /// It happened to an article.
    Article,
    /// It happened to a session.
    Session,
    /// It happened to an API token.
    Token,
    /// It happened to a rebuild of a read model.
    Rebuild,
    /// It happened to an address that is not written to.
    Suppression,
    /// It happened to a sender.
    Sender,
    /// It happened to a domain whose letters are signed.
    SenderDomain,
    /// It happened to a field of an owner's own.
    CustomField,
    /// It happened to a segment.
    Segment,
    /// It happened to an import of clients.
    Import,
    /// It happened to somebody's wish to subscribe, with the public form.
    Subscription,
    /// It was reported of letters of a batch, after mail servers had taken them: they came back, or recipients complained.
    Feedback,
}

/// What an event happened to.
#[derive(SimpleObject)]
struct AuditObject {
    /// The kind of the object; null for one that this program does not know.
    kind: Option<AuditObjectKind>,
    /// The id of the object, as filters take it.
    id: ID,
}

/// A page of a history.
pub(crate) type AuditEvents = List<AuditEvent>;

/// Something that happened, as it was recorded. It never changes.
#[derive(Description)]
pub(crate) struct AuditEvent(pub(crate) history::AuditEvent);

impl AuditEvent {
    fn metadata(&self) -> Metadata {
        self.0.told()
    }
}

#[Object(use_type_description)]
impl AuditEvent {
    /// The id of the event.
    pub(crate) async fn id(&self) -> ID {
        ID(format!("event.{}", self.0.position))
    }

    /// The id under which the log keeps the event, to which the `causationId` of other events refers.
    async fn event_id(&self) -> ID {
        self.0.event_id.into()
    }

    /// The place of the event in the log of the whole service, which grows with time and has gaps.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }

    /// What the event happened to: its kind in small letters, such as `mailing`, `run` or `batch` (a part of a run), a colon and its id.
    async fn stream(&self) -> String {
        format!("{}:{}", self.0.aggregate_type, self.0.aggregate_id)
    }

    /// What the event happened to.
    async fn object(&self) -> AuditObject {
        let kind = StreamKind::from_name(&self.0.aggregate_type).map(AuditObjectKind::from);
        AuditObject { kind, id: ID(self.0.aggregate_id.clone()) }
    }

    /// What the event happened to, as it is now; null if it is nothing that can be asked for by its id, or was deleted, or if the viewer
    /// may not see it. Null, too, if it could not be read; then the top-level `errors` say why.
    async fn node(&self, context: &Context<'_>) -> Result<Option<Node>, Failure> {
        node::find(context, &ID(self.0.aggregate_id.clone())).await
    }

    /// The place of the event among those of its stream, counted from 1.
    async fn version(&self) -> i32 {
        int(self.0.sequence)
    }

    /// The name of what happened, such as `Paused`.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.event_type
    }

    /// The moment when the event was recorded.
    async fn at(&self) -> DateTime {
        self.0.recorded_at.into()
    }

    /// Whoever caused the event.
    async fn actor(&self) -> Actor {
        Actor(self.metadata().actor)
    }

    /// The network address from which the event was caused. Managers and administrators get it, and everybody gets that of their own
    /// actions. Null for others, if it is not known, and for what the service does by itself. Null, too, if it could not be read; then
    /// the top-level `errors` say why.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn address(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        let address = acts::audit::log::address(context.viewer()?, &self.metadata());
        Ok(address.map(|address| address.to_string()))
    }

    /// The id of the request that made the event happen, which is the `X-Request-Id` of its answer. What the service
    /// does by itself has an id of its own for each step.
    async fn request_id(&self) -> ID {
        self.metadata().request_id.into()
    }

    /// An id that all events share that are about one course of things. A mailing, its runs and all attempts to send
    /// their letters have that of the request that created the mailing, also what later requests and the service itself
    /// do to them; `requestId` tells these apart.
    async fn correlation_id(&self) -> ID {
        self.metadata().correlation_id.into()
    }

    /// The `eventId` of the event from which this one followed, which may be an event of something else. Null for the
    /// first event of something that a request began, and for events from before causes were recorded.
    async fn causation_id(&self) -> Option<ID> {
        self.metadata().causation_id.map(ID::from)
    }

    /// The event from which this one followed. Null if there is none, if it is none that the viewer may see, or if it is not among the
    /// 50,000 events of the same course of things before this one. Null, too, if it could not be read; then the top-level `errors` say
    /// why.
    async fn cause(&self, context: &Context<'_>) -> Result<Option<AuditEvent>, Failure> {
        let access = context.viewer()?.reads();
        Ok(audit::cause(context.pool(), access, &self.0).await?.map(AuditEvent))
    }

    /// The events that followed from this one and that the viewer may see, oldest first, among the next 50,000 events of the same
    /// course of things. Null only if the list could not be read; then the top-level `errors` say why.
    async fn effects(
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
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let (pool, event) = (context.pool().clone(), self.0.clone());
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let rows = audit::effects(&pool, access, &event, page.after, limit).await?;
        let total = Total::new(move || {
            let (pool, event) = (pool.clone(), event.clone());
            async move { audit::count_effects(&pool, access, &event).await }
        });
        Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
    }

    /// A sentence in the viewer's language that says what happened, with the times of the viewer's time zone. Users are
    /// called by their names; one without a name is "You" to themselves, called by the e-mail address to managers and
    /// administrators, and "A user" to others. Null only if it could not be read; then the top-level `errors` say why.
    async fn summary(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        let who = Actor(self.metadata().actor);
        let (viewer, user) = (context.viewer()?, who.account(context).await?);
        Ok(Some(acts::mailings::history::told(viewer, context.language(), &self.0, &who.0, user.as_ref())))
    }

    /// The event itself as it is stored, as JSON; no event has secrets in it. Managers and administrators get it without the words of
    /// others' letters, and those who write no articles without the words of articles, as drafts are their writers' own. Its form goes
    /// by the event's `type`, and is not described in this schema.
    async fn data(&self, context: &Context<'_>) -> LongJson<'_> {
        let viewer = context.caller().viewer.as_ref();
        LongJson(viewer.map_or(Cow::Owned(serde_json::Value::Null), |viewer| acts::audit::log::data(viewer, &self.0)))
    }
}

/// The events of these streams, of something that the viewer may see, as a history shows them.
pub(crate) async fn of_streams(
    context: &Context<'_>,
    streams: Vec<Stream>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Option<AuditEvents>, Failure> {
    let page = Page::new(first, after)?;
    let pool = context.pool().clone();
    let rows = audit::of_streams(&pool, &streams, page.after, page.limit()).await?;
    let total = Total::new(move || {
        let (pool, streams) = (pool.clone(), streams.clone());
        async move { audit::count_of_streams(&pool, &streams).await }
    });
    Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
}

/// What happened to the viewer's own account, as far as its holder is told of it.
pub(crate) async fn of_own_account(
    context: &Context<'_>,
    user: UserId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Option<AuditEvents>, Failure> {
    let page = Page::<i64>::new(first, after)?;
    let (pool, access) = (context.pool().clone(), Access::Owner(user));
    let filter = Filter { object: Some(user.0), kind: Some(StreamKind::User), ..Filter::default() };
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let window = Window { after: page.after, before: None, direction: Direction::Forwards, limit };
    let rows = audit::page(&pool, access, &filter, window).await?;
    let total = Total::new(move || {
        let (pool, filter) = (pool.clone(), filter.clone());
        async move { audit::count(&pool, access, &filter).await }
    });
    Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
}

/// The events that concern a client whom the viewer may see, as a history shows them.
pub(crate) async fn of_client(
    context: &Context<'_>,
    client: ClientId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Option<AuditEvents>, Failure> {
    let page = Page::new(first, after)?;
    let pool = context.pool().clone();
    let rows = audit::of_client(&pool, client, page.after, page.limit()).await?;
    let total = Total::new(move || {
        let pool = pool.clone();
        async move { audit::count_of_client(&pool, client).await }
    });
    Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
}

/// The event of this id: of its position, and of ids of before also with its mailing.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<AuditEvent>, Failure> {
    let Some(rest) = id.strip_prefix("event.") else { return Ok(None) };
    let position = |text: &str| text.parse::<i64>().ok().filter(|position| *position > 0);
    let Some((mailing, place)) = rest.split_once('.') else {
        let Some(position) = position(rest) else { return Ok(None) };
        return Ok(audit::get(context.pool(), access, position).await?.map(AuditEvent));
    };
    let (Ok(mailing), Some(position)) = (mailing.parse::<MailingId>(), position(place)) else { return Ok(None) };
    let rows = history::page(context.pool(), access, mailing, Some(position - 1), 1).await?;
    Ok(rows.into_iter().next().filter(|row| row.position == position).map(AuditEvent))
}
