//! Mailings.

mod filter;
mod mutation;
mod plan;
mod status;

pub(crate) use mutation::MailingMutation;
pub(crate) use status::MailingKind;

use crate::failure::Failure;
use crate::graphql::audit::history::{AuditEvent, AuditEvents};
use crate::graphql::kit::codes::codes_of;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, TimeZone, int};
use crate::graphql::kit::tables::{FeedbackOfMailing, MessageKey, RunsOf, SenderKey, UserKey};
use crate::graphql::letters::message::Message;
use crate::graphql::mailings::came_back::Feedback;
use crate::graphql::mailings::run::Run;
use crate::graphql::senders::sender::Sender;
use crate::graphql::who::viewer::User;
use acts::who::Viewer;
use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::Utc;
use domain::mailing::{Action, InDoubt as Policy, Obstacle, Rights};
use domain::{MailingId, Refusal as _, UserId};
use filter::MailingFilter;
use plan::{Audience, Periodicity};
use projections::{Access, history, mailings, runs};
use status::MailingStatus;
use words::Sentence as _;

/// What to do with a letter in doubt: it was sent, but the service did not get the mail server's reply, so nobody knows
/// whether the mail server took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Policy")]
pub(crate) enum InDoubt {
    /// The letter is not sent again by itself, so that nobody gets it twice. It has the outcome `UNKNOWN` until its
    /// owner decides.
    Hold,
    /// The letter is sent again by itself, because getting it twice is better than not at all.
    Resend,
}

/// An action that people can take on a mailing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Action")]
pub(crate) enum MailingAction {
    /// The viewer may change the mailing with `mailingUpdate`: it is the viewer's own, and neither cancelled nor
    /// deleted. If its window has ended, the change must have an `endsAt` in the future.
    Update,
    /// The viewer may delete the mailing with `mailingDelete`.
    Delete,
    /// The viewer may send the mailing now with `mailingStart`.
    Start,
    /// The viewer may pause the mailing with `mailingPause`.
    Pause,
    /// The viewer may resume the mailing with `mailingResume`.
    Resume,
    /// The viewer may give the mailing up with `mailingCancel`.
    Cancel,
    /// The viewer may disable the mailing with `mailingDisable`, as a manager or an administrator.
    Disable,
    /// The viewer may enable the mailing again with `mailingEnable`, as a manager or an administrator.
    Enable,
}

codes_of! {
    /// The code of what keeps a mailing from starting by itself, for programs to compare. New codes may be added.
    pub(crate) MailingObstacleCode in Obstacle
}

struct MailingObstacle(Obstacle);

/// What keeps a mailing from starting by itself although nobody has stopped it.
#[Object]
impl MailingObstacle {
    /// A sentence in the viewer's language that says what the obstacle is and what to do about it.
    async fn message(&self, context: &Context<'_>) -> String {
        self.0.told(context.language())
    }

    /// The code of the obstacle, for programs to compare.
    async fn code(&self) -> MailingObstacleCode {
        self.0.code().into()
    }
}

/// A mailing: a plan of what is to be sent, to whom and when.
///
/// The *window* of a mailing is the time from `startsAt` until before `endsAt`; letters go out only in it. The
/// *occurrences* of a mailing are the moments in its window at which it is to run, as its periodicity says. A *run* is
/// one execution of the mailing, for an occurrence or because somebody asked for it.
#[derive(Description)]
pub(crate) struct Mailing(pub(crate) mailings::Mailing);

impl Mailing {
    fn key(&self) -> MailingId {
        MailingId(self.0.id)
    }

    fn actions(&self, viewer: &Viewer, now: chrono::DateTime<Utc>) -> Vec<MailingAction> {
        let owns = viewer.may_own() && viewer.user().id == self.0.owner_id;
        let rights = Rights { owns, watches: viewer.may_watch() };
        self.0.actions(rights, now).into_iter().map(MailingAction::from).collect()
    }
}

#[Object(use_type_description)]
impl Mailing {
    /// The id of the mailing.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The user whose mailing it is, in whose name it is sent. Null only if the user could not be read; then the
    /// top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        Ok(context.tables().load_one(UserKey(self.0.owner_id)).await?.transpose()?.map(User))
    }

    /// The name of the mailing, for people; recipients do not see it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The message that the mailing sends, also a deleted one; managers read it, too. For the owner it is null if the
    /// message belongs to somebody else who no longer shares it; `mailingUpdate` can name another one. It is null, too,
    /// if it could not be read; then the top-level `errors` say why.
    async fn message(&self, context: &Context<'_>) -> Result<Option<Message>, Failure> {
        Ok(context.tables().load_one(MessageKey(self.0.message_id)).await?.map(Message))
    }

    /// The moment when the mailing's window opens. Nothing is sent before.
    async fn starts_at(&self) -> DateTime {
        self.0.starts_at.into()
    }

    /// The moment when the mailing's window ends. Nothing is sent after that.
    async fn ends_at(&self) -> DateTime {
        self.0.ends_at.into()
    }

    /// How often the mailing runs inside its window.
    async fn periodicity(&self) -> Periodicity {
        Periodicity::from(&self.0.periodicity.0)
    }

    /// The time zone by whose days and hours the periodicity goes. The window does not depend on it.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.time_zone.clone())
    }

    /// What happens to a letter of which nobody knows whether the mail server took it.
    async fn in_doubt(&self) -> InDoubt {
        self.0.in_doubt.into()
    }

    /// The name of the relay that the mailing's letters go through; null for any that works.
    async fn relay(&self) -> Option<&str> {
        self.0.relay.as_deref()
    }

    /// What the mailing's letters are to those who get them. A run keeps the kind that its mailing had when it started.
    async fn kind(&self) -> MailingKind {
        self.0.kind.into()
    }

    /// Who the mailing's letters are from, also a deleted sender; null for the service itself. Null, too, if it could not be read;
    /// then the top-level `errors` say why. Before a run starts it is asked whether letters can be from the sender: if they cannot, the
    /// mailing is paused, and its `reason` says so.
    async fn sender(&self, context: &Context<'_>) -> Result<Option<Sender>, Failure> {
        let Some(sender) = self.0.sender_id else { return Ok(None) };
        Ok(context.tables().load_one(SenderKey(sender)).await?.map(Sender))
    }

    /// What the mailing is doing now. It becomes `COMPLETED` at the moment when the window ends, also if the mailing is
    /// paused or disabled; a cancelled mailing stays `CANCELLED`. As long as the owner's account is blocked, nothing of
    /// the mailing is sent, and instead of `CREATED` or `RUNNING` it is `PAUSED`.
    async fn status(&self, context: &Context<'_>) -> MailingStatus {
        self.0.standing(context.services().now()).into()
    }

    /// Why the mailing is stopped. If it is disabled, these are the words of whoever disabled it. If the service paused
    /// it, because every letter of it would be refused for the same reason, or because too many of its letters came back or
    /// were complained of, these are the words of the service. If it is the owner's blocked account that stops it, this says so. When the window ends, the reason stays. Null if the owner
    /// paused the mailing, or if it is not stopped.
    async fn reason(&self, context: &Context<'_>) -> Option<String> {
        if self.0.stopped_by_block(context.services().now()) {
            return Some(words::mailings::Stopped::OwnerBlocked.told(context.language()));
        }
        self.0.reason.as_deref().map(|reason| words::mailings::Halt::shown(reason, context.language()))
    }

    /// What the viewer may do with the mailing right now.
    async fn allowed_actions(&self, context: &Context<'_>) -> Vec<MailingAction> {
        let viewer = context.caller().viewer.as_ref();
        viewer.map_or_else(Vec::new, |viewer| self.actions(viewer, context.services().now()))
    }

    /// The clients, groups and segments who get the mailing's letters, less those who are left out.
    async fn audience(&self) -> Audience {
        Audience { mailing: self.key(), owner: UserId(self.0.owner_id) }
    }

    /// The moment when the next run will start by itself; one that has passed stands for a run that is about to start.
    /// Null if none will start unless something is changed: the last occurrence is over, there is an `obstacle`, the
    /// mailing is deleted, or its status is `PAUSED`, `DISABLED`, `COMPLETED` or `CANCELLED`.
    async fn next_run_at(&self, context: &Context<'_>) -> Option<DateTime> {
        self.0.upcoming(context.services().now()).map(DateTime::from)
    }

    /// What keeps the mailing from starting by itself although nobody has stopped it; null if nothing does, or if the
    /// mailing is over.
    async fn obstacle(&self, context: &Context<'_>) -> Option<MailingObstacle> {
        self.0.obstacle_at(context.services().now()).map(MailingObstacle)
    }

    /// The runs of the mailing, also those that were missed, in the order in which they started or were found to be
    /// missed, the latest first. Null only if the list could not be read; then the top-level `errors` say why.
    async fn runs(
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
    ) -> Result<Option<List<Run>>, Failure> {
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let (pool, id) = (context.pool().clone(), self.key());
        let rows = match page.after {
            // Mailings of a list begin at the same place, and are read together.
            None => context.tables().load_one(RunsOf(id.0, page.limit())).await?.unwrap_or_default(),
            after => runs::page(&pool, access, id, after, page.limit()).await?,
        };
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { runs::count(&pool, access, id).await }
        });
        Ok(Some(page.of_read(context, rows, Run, total)))
    }

    /// How many letters of all runs of the mailing came back or were complained of after mail servers had taken them, as
    /// reported so far. Null only if it could not be read; then the top-level `errors` say why.
    async fn feedback(&self, context: &Context<'_>) -> Result<Option<Feedback>, Failure> {
        let (counts, accepted) = context.tables().load_one(FeedbackOfMailing(self.0.id)).await?.unwrap_or_default();
        Ok(Some(Feedback::new(&counts, int(accepted))))
    }

    /// Everything that happened to the mailing and to its runs, oldest first. Null only if the list could not be read;
    /// then the top-level `errors` say why.
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
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let (pool, id) = (context.pool().clone(), self.key());
        let rows = history::page(&pool, access, id, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { history::count(&pool, access, id).await }
        });
        Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
    }

    /// The moment when the mailing was created with `mailingCreate`.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The moment when the mailing was deleted; null if it was not. Its history stays.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// The version of the mailing, counted from 1. It grows by one whenever something happens to the mailing itself,
    /// such as a change or a pause, not with its runs. Pass it as `expectedVersion` to `mailingUpdate`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct MailingQuery;

#[Object]
impl MailingQuery {
    /// The mailing of this id, also a deleted one; null if there is none that the viewer may see.
    async fn mailing(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the mailing.")] id: ID,
    ) -> Result<Option<Mailing>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// The viewer's mailings, or everybody's if the scope says so, without the deleted ones, in the order in which they
    /// were created, the latest first.
    async fn mailings(
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
        #[graphql(desc = "The conditions that the mailings have to meet; without it the list has all mailings.")]
        filter: Option<MailingFilter>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Mailing>>, Failure> {
        let filter = filter.unwrap_or_default();
        let access = context.scope(scope)?.of_owner(filter.owner());
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let filter = filter.read(context.services().now())?;
        let rows = mailings::page(&pool, access, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { mailings::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of_read(context, rows, Mailing, total)))
    }
}

/// The mailing of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Mailing>, Failure> {
    let Ok(id) = id.parse::<MailingId>() else { return Ok(None) };
    Ok(mailings::get(context.pool(), access, id).await?.map(Mailing))
}
