//! Mailings.

mod filter;
mod mutation;
mod plan;

pub(crate) use mutation::MailingMutation;

use crate::failure::Failure;
use crate::graphql::audit::history::{AuditEvent, AuditEvents};
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, TimeZone, int};
use crate::graphql::kit::tables::{MessageKey, UserKey};
use crate::graphql::letters::message::Message;
use crate::graphql::mailings::run::Run;
use crate::graphql::who::viewer::User;
use acts::who::Viewer;
use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::Utc;
use domain::mailing::{Action, InDoubt as Policy, Obstacle, Rights, Status};
use domain::{MailingId, Refusal, WindowPhase};
use filter::MailingFilter;
use plan::{Audience, Periodicity};
use projections::mailings::Standing;
use projections::{Access, history, mailings, runs};

/// What a mailing is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Standing")]
enum MailingStatus {
    /// Nothing was sent yet.
    Created,
    /// Active, and sent at least once.
    Running,
    /// The window has ended.
    Completed,
    /// Stopped until its owner resumes it.
    Paused,
    /// Stopped by a manager; only a manager enables it again.
    Disabled,
    /// Given up by its owner, for good.
    Cancelled,
}

/// What to do with a letter of which nobody knows whether the mail server took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Policy")]
pub(crate) enum InDoubt {
    /// Never send it twice by itself: it is unknown until you decide.
    Hold,
    /// Send it again by itself: rather twice than not at all.
    Resend,
}

/// What can be done with a mailing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Action")]
pub(crate) enum MailingAction {
    Update,
    Delete,
    /// Send now.
    Start,
    Pause,
    Resume,
    Cancel,
    Disable,
    Enable,
}

/// What keeps a mailing from starting by itself, for programs. New codes may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum MailingObstacleCode {
    /// The service has no rules for its time zone, and cannot tell when a run is due.
    TimeZoneUnknown,
}

struct MailingObstacle(Obstacle);

/// What keeps a mailing from starting by itself although nobody has stopped it.
#[Object]
impl MailingObstacle {
    /// A sentence that says what it is and what to do about it, in the viewer's language.
    async fn message(&self, context: &Context<'_>) -> String {
        self.0.sentence(context.language())
    }

    /// For programs.
    async fn code(&self) -> MailingObstacleCode {
        match self.0 {
            Obstacle::TimeZoneUnknown { .. } => MailingObstacleCode::TimeZoneUnknown,
        }
    }
}

/// A plan: what is to be sent, to whom and when.
#[derive(Description)]
pub(crate) struct Mailing(pub(crate) mailings::Mailing);

impl Mailing {
    fn key(&self) -> MailingId {
        MailingId(self.0.id)
    }

    fn phase(&self, now: chrono::DateTime<Utc>) -> WindowPhase {
        // Whatever does not read is as good as over.
        self.0.window().map_or(WindowPhase::Ended, |window| window.phase(now))
    }

    fn status_at(&self, now: chrono::DateTime<Utc>) -> Status {
        self.0.status().in_phase(self.phase(now))
    }

    fn actions(&self, viewer: &Viewer, now: chrono::DateTime<Utc>) -> Vec<MailingAction> {
        if self.0.deleted_at.is_some() {
            return Vec::new();
        }
        let owns = viewer.may_own() && viewer.user.id == self.0.owner_id;
        let rights = Rights { owns, watches: viewer.may_watch() };
        self.0.status().allows(self.phase(now), rights).into_iter().map(MailingAction::from).collect()
    }
}

#[Object(use_type_description)]
impl Mailing {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Whose it is.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.map(User))
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The letter. Null for managers, unless it is shared: letters are private. Null also if it is somebody else's who
    /// shares it no longer; then choose another one.
    async fn message(&self, context: &Context<'_>) -> Result<Option<Message>, Failure> {
        Ok(context.tables().load_one(MessageKey(self.0.message_id)).await?.map(Message))
    }

    /// When the window opens.
    async fn starts_at(&self) -> DateTime {
        self.0.starts_at.into()
    }

    /// When the window ends. Nothing is sent after that.
    async fn ends_at(&self) -> DateTime {
        self.0.ends_at.into()
    }

    async fn periodicity(&self) -> Periodicity {
        Periodicity::from(&self.0.periodicity.0)
    }

    /// In which zone the periodicity counts.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.time_zone.clone())
    }

    /// What happens to letters of which nobody knows whether the mail server took them.
    async fn in_doubt(&self) -> InDoubt {
        Policy::from_name(&self.0.in_doubt).unwrap_or_default().into()
    }

    /// The relay that its letters go through; null: any that works.
    async fn relay(&self) -> Option<&str> {
        self.0.relay.as_deref()
    }

    async fn status(&self, context: &Context<'_>) -> MailingStatus {
        match self.status_at(context.services().now()) {
            Status::Active if self.0.sent => MailingStatus::Running,
            Status::Active => MailingStatus::Created,
            Status::Paused => MailingStatus::Paused,
            Status::Disabled { .. } => MailingStatus::Disabled,
            Status::Completed { .. } => MailingStatus::Completed,
            Status::Cancelled => MailingStatus::Cancelled,
        }
    }

    /// Why it is paused or disabled, if that was not its owner's doing.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What you may do with it right now.
    async fn allowed_actions(&self, context: &Context<'_>) -> Vec<MailingAction> {
        let viewer = context.caller().viewer.as_ref();
        viewer.map_or_else(Vec::new, |viewer| self.actions(viewer, context.services().now()))
    }

    async fn audience(&self) -> Audience {
        Audience(self.key())
    }

    /// When a run will start by itself; null if none will as things are.
    async fn next_run_at(&self, context: &Context<'_>) -> Option<DateTime> {
        let active = self.status_at(context.services().now()) == Status::Active && self.0.deleted_at.is_none();
        self.0.next_run_at.filter(|_| active && self.0.obstacle().is_none()).map(DateTime::from)
    }

    /// What keeps it from starting by itself although nobody has stopped it, and what to do about it; null if nothing does, or if
    /// it is over.
    async fn obstacle(&self, context: &Context<'_>) -> Option<MailingObstacle> {
        let status = self.status_at(context.services().now());
        let over = matches!(status, Status::Completed { .. } | Status::Cancelled) || self.0.deleted_at.is_some();
        self.0.obstacle().filter(|_| !over).map(MailingObstacle)
    }

    /// Its runs, newest first.
    async fn runs(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<List<Run>>, Failure> {
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let (pool, id) = (context.pool().clone(), self.key());
        let rows = runs::page(&pool, access, id, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { runs::count(&pool, access, id).await }
        });
        Ok(Some(page.of(rows, runs::Run::cursor, Run, total)))
    }

    /// Everything that happened to it and to its runs, oldest first.
    async fn history(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<AuditEvents>, Failure> {
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let (pool, id) = (context.pool().clone(), self.key());
        let rows = history::page(&pool, access, id, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { history::count(&pool, access, id).await }
        });
        Ok(Some(page.of(rows, |row| row.position, |row| AuditEvent { mailing: id, row }, total)))
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was deleted, if it was; its history stays.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// For `expectedVersion`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct MailingQuery;

#[Object]
impl MailingQuery {
    /// A mailing, also a deleted one; null if there is none of this id that you may see.
    async fn mailing(&self, context: &Context<'_>, id: ID) -> Result<Option<Mailing>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// Mailings, newest first.
    async fn mailings(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        filter: Option<MailingFilter>,
        scope: Option<Scope>,
    ) -> Result<Option<List<Mailing>>, Failure> {
        let access = context.scope(scope)?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let filter = filter.unwrap_or_default().read(context.services().now())?;
        let rows = mailings::page(&pool, access, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { mailings::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of(rows, mailings::Mailing::cursor, Mailing, total)))
    }
}

/// The mailing of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Mailing>, Failure> {
    let Ok(id) = id.parse::<MailingId>() else { return Ok(None) };
    Ok(mailings::get(context.pool(), access, id).await?.map(Mailing))
}
