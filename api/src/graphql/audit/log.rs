//! The audit log: every event of everything.

use crate::failure::Failure;
use crate::graphql::audit::history::{AuditEvent, AuditEvents, AuditObjectKind};
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{EitherPage, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::{StreamKind, UserId};
use projections::audit::{self, By, Direction, Filter, Unread, Window};
use uuid::Uuid;
use words::queries::Problem;

/// What kind of actor is looked for that is no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum AuditActor {
    /// A part of the service caused the event by itself, or a visitor who was not signed in.
    System,
    /// Somebody with access to the service's command line caused the event.
    CommandLine,
}

/// The events that the audit log shows: those that meet all conditions that are given.
#[derive(Default, InputObject)]
struct AuditFilter {
    /// Only events of what is this user's; null or left out for everything that the viewer may see. Others than managers and
    /// administrators see only their own.
    owner_id: Option<ID>,
    /// Only events that this user caused; null or left out for whoever caused them.
    actor_id: Option<ID>,
    /// Only events that no user caused, but this; null or left out for whoever caused them. It goes before `actorId`.
    actor: Option<AuditActor>,
    /// Only events of the object of this id; null or left out for all.
    object_id: Option<ID>,
    /// Only events of objects of this kind; null or left out for all.
    kind: Option<AuditObjectKind>,
    /// Only events of this name, such as `Paused`; null or left out for all.
    #[graphql(name = "type")]
    event_type: Option<String>,
    /// Only events that were recorded at this moment or later; null or left out for all.
    from: Option<DateTime>,
    /// Only events that were recorded before this moment; null or left out for all.
    to: Option<DateTime>,
    /// Only events of this course of things, as their `correlationId` tells it; null or left out for all.
    correlation_id: Option<ID>,
    /// Only events whose data, as far as the viewer may read them, have this text in them, in upper or lower case; null, left out or empty
    /// for all.
    search: Option<String>,
}

impl AuditFilter {
    /// The filter; none if an id in it can be none, which nothing has.
    fn read(self) -> Result<Option<Filter>, Failure> {
        let id = |id: Option<ID>| id.map(|id| id.parse::<Uuid>()).transpose();
        let (Ok(owner), Ok(actor), Ok(object), Ok(correlation)) =
            (id(self.owner_id), id(self.actor_id), id(self.object_id), id(self.correlation_id))
        else {
            return Ok(None);
        };
        let by = self.actor.map(|actor| match actor {
            AuditActor::System => By::System,
            AuditActor::CommandLine => By::CommandLine,
        });
        let (since, until) = (moment(self.from, "from")?, moment(self.to, "to")?);
        if since.zip(until).is_some_and(|(since, until)| until <= since) {
            return Err(Failure::BadRequest(Problem::ToNotAfterFrom.into()));
        }
        Ok(Some(Filter {
            owner: owner.map(UserId),
            actor: by.or_else(|| actor.map(|user| By::User(UserId(user)))),
            object,
            kind: self.kind.map(StreamKind::from),
            event_type: self.event_type,
            since,
            until,
            correlation,
            text: searchable(self.search),
            unread: Unread::default(),
        }))
    }
}

fn moment(at: Option<DateTime>, name: &str) -> Result<Option<chrono::DateTime<chrono::Utc>>, Failure> {
    let bad = |text| Failure::BadRequest(Problem::NotAMoment { name: name.to_owned(), text }.into());
    at.map(|at| at.0.map_err(bad)).transpose()
}

#[derive(Default)]
pub(crate) struct LogQuery;

#[Object]
impl LogQuery {
    /// Everything that happened, event by event, oldest first. Managers and administrators see all events; everybody else sees those of
    /// what is theirs: their clients, groups, messages, mailings, runs, segments, imports, fields, senders and addresses that are not
    /// written to, and their account with its sessions and API tokens, but for that it was blocked and unblocked.
    ///
    /// The log is paged through from both ends: with `first` and `after` from the oldest event on, with `last` and `before` from the
    /// newest one back. Without any of them the page has the newest events. An event is shown as soon as nothing can be recorded before
    /// it any more, so no page leaves out an event that comes later. What `search` asks is looked for among 50,000 of the events that
    /// meet the other conditions, from where the page begins; and with `search`, `from` or `to` no more than the 50,000 newest of them are
    /// counted. Null only if the list could not be read; then the top-level `errors` say why.
    async fn audit_log(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which events the list shows; null for all that the viewer may see.")] filter: Option<
            AuditFilter,
        >,
        #[graphql(
            desc = "How many items the page has at most, from the oldest on: 1 to 100. Any other number, and one beside `last`, gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "How many items the page has at most, from the newest back: 1 to 100, by default 20. Any other number, and one beside `first`, gets the error `BAD_REQUEST`."
        )]
        last: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for no such bound. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
        #[graphql(
            desc = "The cursor before which the page ends, a `startCursor` of this list; null for no such bound. A text that can be none gets the error `BAD_REQUEST`."
        )]
        before: Option<String>,
    ) -> Result<Option<AuditEvents>, Failure> {
        let access = context.viewer()?.reads();
        let page = EitherPage::<i64>::new(first, last, after.as_deref(), before.as_deref())?;
        let Some(filter) = filter.unwrap_or_default().read()? else {
            let nothing = Total::new(|| async { Ok::<i64, Failure>(0) });
            return Ok(Some(page.of(
                Vec::new(),
                |row: &projections::history::AuditEvent| row.position,
                AuditEvent,
                nothing,
            )));
        };
        let filter = Filter { unread: acts::audit::log::unread(context.viewer()?), ..filter };
        let direction = if page.from_end { Direction::Backwards } else { Direction::Forwards };
        let window = Window { after: page.after, before: page.before, direction, limit: page.limit() };
        let pool = context.pool().clone();
        let rows = audit::page(&pool, access, &filter, window).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { audit::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
    }
}
