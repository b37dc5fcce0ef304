//! What happened, event by event.

use crate::failure::Failure;
use crate::graphql::kit::connection::List;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongJson;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::UserKey;
use crate::graphql::who::viewer::User;
use async_graphql::{Context, Description, Enum, ID, Object};
use domain::{Actor as Doer, MailingId};
use eventstore::Metadata;
use projections::{Access, history};

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

/// A page of a history.
pub(crate) type AuditEvents = List<AuditEvent>;

/// Something that happened, as it was recorded. It never changes.
#[derive(Description)]
pub(crate) struct AuditEvent {
    pub(crate) mailing: MailingId,
    pub(crate) row: history::AuditEvent,
}

impl AuditEvent {
    fn metadata(&self) -> Metadata {
        Metadata::from_json(&self.row.metadata)
    }
}

#[Object(use_type_description)]
impl AuditEvent {
    /// The id of the event.
    pub(crate) async fn id(&self) -> ID {
        ID(format!("event.{}.{}", self.mailing, self.row.position))
    }

    /// The id under which the log keeps the event, to which the `causationId` of other events refers.
    async fn event_id(&self) -> ID {
        self.row.event_id.into()
    }

    /// The place of the event in the log of the whole service, which grows with time and has gaps.
    async fn position(&self) -> Long {
        Long(self.row.position)
    }

    /// What the event happened to: `mailing`, `run` or `batch` (a part of a run), a colon and its id.
    async fn stream(&self) -> String {
        format!("{}:{}", self.row.aggregate_type, self.row.aggregate_id)
    }

    /// The place of the event among those of its stream, counted from 1.
    async fn version(&self) -> i32 {
        int(self.row.sequence)
    }

    /// The name of what happened, such as `Paused`.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.row.event_type
    }

    /// The moment when the event was recorded.
    async fn at(&self) -> DateTime {
        self.row.recorded_at.into()
    }

    /// Whoever caused the event.
    async fn actor(&self) -> Actor {
        Actor(self.metadata().actor)
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

    /// A sentence in the viewer's language that says what happened, with the times of the viewer's time zone. Users are
    /// called by their names; one without a name is "You" to themselves, called by the e-mail address to managers and
    /// administrators, and "A user" to others. Null only if it could not be read; then the top-level `errors` say why.
    async fn summary(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        let who = Actor(self.metadata().actor);
        let (viewer, user) = (context.viewer()?, who.account(context).await?);
        Ok(Some(acts::mailings::history::told(viewer, context.language(), &self.row, &who.0, user.as_ref())))
    }

    /// The event itself as it is stored, as JSON. Its form goes by the event's `type`, and is not described in this
    /// schema.
    async fn data(&self) -> LongJson<'_> {
        LongJson(&self.row.payload)
    }
}

/// The event of this id.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<AuditEvent>, Failure> {
    let place = id.strip_prefix("event.").and_then(|rest| rest.split_once('.'));
    let place = place.and_then(|(mailing, position)| {
        Some((mailing.parse::<MailingId>().ok()?, position.parse::<i64>().ok().filter(|position| *position > 0)?))
    });
    let Some((mailing, position)) = place else { return Ok(None) };
    let rows = history::page(context.pool(), access, mailing, Some(position - 1), 1).await?;
    let row = rows.into_iter().next().filter(|row| row.position == position);
    Ok(row.map(|row| AuditEvent { mailing, row }))
}
