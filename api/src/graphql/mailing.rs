//! Mailings.

use crate::graphql::client::{Client, searchable, texts};
use crate::graphql::connection::{List, Page, Total};
use crate::graphql::context::{Ask, Scope};
use crate::graphql::failure::Failure;
use crate::graphql::group::Group;
use crate::graphql::history::{AuditEvent, AuditEvents};
use crate::graphql::message::Message;
use crate::graphql::run::Run;
use crate::graphql::scalars::{DateTime, Long, TimeZone, int};
use crate::graphql::tables::{ClientKey, MessageKey, UserKey};
use crate::graphql::user_error::{Done, UserError, done, payload};
use crate::graphql::viewer::User;
use crate::mailings::{self as acts, Every, New, Recipients, Replan};
use crate::refused::Refused;
use crate::sessions::Viewer;
use crate::{input, limits};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::Utc;
use domain::mailing::{Action, Error, InDoubt as Policy, Rights, Status};
use domain::{MailingId, RunId, WindowPhase};
use eventstore::Receipt;
use projections::mailings::Standing;
use projections::{Access, groups, history, mailings, runs};

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

/// How often a mailing runs inside its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum PeriodicityKind {
    /// When the window opens, and never again.
    Once,
    /// When the window opens, then every day at the same local time.
    Daily,
    /// When the window opens, then every week on the same weekday at the same local time.
    Weekly,
    /// When the window opens, then every month on the same day, or on the month's last one where it is shorter.
    Monthly,
    /// At the local times that an expression names.
    Cron,
}

/// How often a mailing runs inside its window.
#[derive(SimpleObject)]
struct Periodicity {
    kind: PeriodicityKind,
    /// Minute, hour, day of month, month, day of week; only with the kind `CRON`.
    cron: Option<String>,
}

impl From<&domain::Periodicity> for Periodicity {
    fn from(periodicity: &domain::Periodicity) -> Self {
        let (kind, cron) = match periodicity {
            domain::Periodicity::Once => (PeriodicityKind::Once, None),
            domain::Periodicity::Daily => (PeriodicityKind::Daily, None),
            domain::Periodicity::Weekly => (PeriodicityKind::Weekly, None),
            domain::Periodicity::Monthly => (PeriodicityKind::Monthly, None),
            domain::Periodicity::Cron(expression) => (PeriodicityKind::Cron, Some(expression.to_string())),
        };
        Self { kind, cron }
    }
}

#[derive(InputObject)]
struct PeriodicityInput {
    kind: PeriodicityKind,
    /// Minute, hour, day of month, month, day of week, as in `0 9 * * 1`; with the kind `CRON`.
    cron: Option<String>,
}

impl From<PeriodicityInput> for Every {
    fn from(input: PeriodicityInput) -> Self {
        let plain = match (input.kind, input.cron) {
            (PeriodicityKind::Cron, cron) => return Self::Cron(cron.unwrap_or_default()),
            (_, Some(_)) => return Self::Contradiction,
            (PeriodicityKind::Once, None) => domain::Periodicity::Once,
            (PeriodicityKind::Daily, None) => domain::Periodicity::Daily,
            (PeriodicityKind::Weekly, None) => domain::Periodicity::Weekly,
            (PeriodicityKind::Monthly, None) => domain::Periodicity::Monthly,
        };
        Self::Plain(plain)
    }
}

/// Who gets the letter: single clients and whole groups, each client once.
#[derive(Description)]
struct Audience(MailingId);

#[Object(use_type_description)]
impl Audience {
    /// The single clients.
    #[graphql(complexity = "1 + 20 * child_complexity")]
    async fn clients(&self, context: &Context<'_>) -> Result<Option<Vec<Client>>, Failure> {
        let ids = mailings::audience_clients(context.pool(), self.0).await?;
        let mut rows = context.tables().load_many(ids.iter().copied().map(ClientKey)).await?;
        Ok(Some(ids.iter().filter_map(|id| rows.remove(&ClientKey(*id))).map(Client).collect()))
    }

    /// The groups: everybody who belongs to them when a run starts.
    #[graphql(complexity = "1 + 5 * child_complexity")]
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let access = context.viewer()?.reads();
        let ids = mailings::audience_groups(context.pool(), self.0).await?;
        let mut rows = groups::by_ids(context.pool(), access, &ids).await?;
        rows.sort_by_key(|row| (row.created_at, row.id));
        Ok(Some(rows.into_iter().map(Group).collect()))
    }

    /// How many letters a run would have that started now.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        let access = context.viewer()?.reads();
        let clients = mailings::audience_clients(context.pool(), self.0).await?;
        let groups = mailings::audience_groups(context.pool(), self.0).await?;
        Ok(Some(int(mailings::audience_size(context.pool(), access, &clients, &groups).await?)))
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
        self.0.next_run_at.filter(|_| active).map(DateTime::from)
    }

    /// Its runs, newest first.
    #[graphql(complexity = "limits::list(first, child_complexity)")]
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
    #[graphql(complexity = "limits::list(first, child_complexity)")]
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

/// A stretch of time. What is left out is open.
#[derive(Default, InputObject)]
struct Stretch {
    from: Option<DateTime>,
    to: Option<DateTime>,
}

/// Which mailings: those that meet all of these.
#[derive(Default, InputObject)]
struct MailingFilter {
    /// That have any of these statuses now.
    status: Option<Vec<MailingStatus>>,
    /// Whose name contains this, in any case.
    search: Option<String>,
    /// That send this message.
    message_id: Option<ID>,
    /// Whose window is open at any moment of this stretch.
    window: Option<Stretch>,
}

impl MailingFilter {
    fn read(self, now: chrono::DateTime<Utc>) -> Result<mailings::Filter, Failure> {
        let moment = |at: Option<DateTime>| {
            let wrong = |text| Failure::BadRequest(format!("{text:?} is no date and time like 2026-05-01T10:00:00Z"));
            at.map(|at| at.0.map_err(wrong)).transpose()
        };
        let Stretch { from, to } = self.window.unwrap_or_default();
        Ok(mailings::Filter {
            standings: self.status.map(|all| all.into_iter().map(MailingStatus::into).collect()),
            now,
            search: searchable(self.search),
            // What is no id is no message's.
            message: self.message_id.map(|id| id.parse().unwrap_or_default()),
            from: moment(from)?,
            to: moment(to)?,
        })
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
    #[graphql(complexity = "limits::list(first, child_complexity)")]
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
        let rows = mailings::filtered(&pool, access, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { mailings::count_filtered(&pool, access, &filter).await }
        });
        Ok(Some(page.of(rows, mailings::Mailing::cursor, Mailing, total)))
    }
}

/// The mailing of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Mailing>, Failure> {
    let Ok(id) = id.parse::<MailingId>() else { return Ok(None) };
    Ok(mailings::get(context.pool(), access, id).await?.map(Mailing))
}

/// Who gets the letter. Everybody gets one, however often they are named.
#[derive(InputObject)]
struct AudienceInput {
    /// Single clients.
    client_ids: Option<Vec<ID>>,
    /// Whole groups, as they are when a run starts.
    group_ids: Option<Vec<ID>>,
}

impl From<AudienceInput> for Recipients {
    fn from(input: AudienceInput) -> Self {
        Self {
            clients: texts(input.client_ids.unwrap_or_default()),
            groups: texts(input.group_ids.unwrap_or_default()),
        }
    }
}

#[derive(InputObject)]
struct MailingCreateInput {
    name: String,
    message_id: ID,
    audience: AudienceInput,
    /// When the window opens. If it is open already, a run starts at once.
    starts_at: DateTime,
    /// When the window ends. Nothing is sent after that.
    ends_at: DateTime,
    periodicity: PeriodicityInput,
    /// In which zone the periodicity counts; yours if it is left out.
    time_zone: Option<TimeZone>,
    /// What to do with letters in doubt; `HOLD` if it is left out.
    in_doubt: Option<InDoubt>,
    /// The relay that its letters go through; any that works if it is left out.
    relay: Option<String>,
    /// The same key with the same input is answered by the same mailing: repeat it when an answer got lost.
    idempotency_key: Option<String>,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct MailingUpdateInput {
    id: ID,
    name: Option<String>,
    message_id: Option<ID>,
    /// The whole new audience.
    audience: Option<AudienceInput>,
    starts_at: Option<DateTime>,
    ends_at: Option<DateTime>,
    periodicity: Option<PeriodicityInput>,
    time_zone: Option<TimeZone>,
    in_doubt: Option<InDoubt>,
    /// An empty name: any that works.
    relay: Option<String>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct MailingDeleteInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingStartInput {
    id: ID,
    /// The same key is the same press: it is answered by the run that it started first. Without a key a run that is
    /// under way is the answer, else a fresh one.
    idempotency_key: Option<String>,
}

#[derive(InputObject)]
struct MailingPauseInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingResumeInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingCancelInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingDisableInput {
    id: ID,
    /// For the owner to read; at most 500 characters.
    reason: String,
}

#[derive(InputObject)]
struct MailingEnableInput {
    id: ID,
    /// For the owner to read; at most 500 characters.
    reason: String,
}

payload! {
    /// The mailing, or what is wrong.
    MailingCreatePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingUpdatePayload { mailing: Mailing }
}
payload! {
    /// The mailing that is gone from the lists, or what is wrong.
    MailingDeletePayload {
        /// As it was.
        mailing: Mailing
    }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingPausePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingResumePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingCancelPayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingDisablePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingEnablePayload { mailing: Mailing }
}

/// The run that was started, now or by the same request before, or what is wrong.
#[derive(SimpleObject)]
struct MailingStartPayload {
    run: Option<Run>,
    mailing: Option<Mailing>,
    /// What is wrong with the input; then nothing was written.
    user_errors: Vec<UserError>,
    /// Of the last event written; a read model that has reached it shows them all.
    position: Option<Long>,
    /// It was written, but the read models are late and cannot show it yet: ask again for what `position` stands for.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct MailingMutation;

#[Object]
impl MailingMutation {
    /// Plans a mailing. It starts by itself when its window opens; if that is open, at once.
    async fn mailing_create(
        &self,
        context: &Context<'_>,
        input: MailingCreateInput,
    ) -> Result<Option<MailingCreatePayload>, Failure> {
        let owner = context.owner()?;
        let new = New {
            name: input.name,
            message: input.message_id.0,
            recipients: input.audience.into(),
            starts_at: input.starts_at.0,
            ends_at: input.ends_at.0,
            every: input.periodicity.into(),
            time_zone: input.time_zone.map(|zone| zone.0),
            in_doubt: input.in_doubt.map(Policy::from).unwrap_or_default(),
            relay: input.relay,
        };
        let outcome = acts::create(context.services(), owner, input.idempotency_key, new, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Plans a mailing otherwise. Runs that have started keep what they started with.
    async fn mailing_update(
        &self,
        context: &Context<'_>,
        input: MailingUpdateInput,
    ) -> Result<Option<MailingUpdatePayload>, Failure> {
        let by = context.owner()?;
        let replan = Replan {
            name: input.name,
            message: input.message_id.map(|id| id.0),
            recipients: input.audience.map(Recipients::from),
            starts_at: input.starts_at.map(|at| at.0),
            ends_at: input.ends_at.map(|at| at.0),
            every: input.periodicity.map(Every::from),
            time_zone: input.time_zone.map(|zone| zone.0),
            in_doubt: input.in_doubt.map(Policy::from),
            relay: input.relay,
        };
        let expected = input.expected_version.map(|version| version.0);
        let outcome = acts::update(context.services(), by, &input.id, expected, replan, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Removes a mailing from the lists and stops it. Its history stays.
    async fn mailing_delete(
        &self,
        context: &Context<'_>,
        input: MailingDeleteInput,
    ) -> Result<Option<MailingDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::delete(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Sends now. Safe to repeat: see `idempotencyKey`.
    async fn mailing_start(
        &self,
        context: &Context<'_>,
        input: MailingStartInput,
    ) -> Result<Option<MailingStartPayload>, Failure> {
        let by = context.owner()?;
        let metadata = context.metadata()?;
        let outcome = match input::id::<MailingId>(&input.id, &["id"], &Error::NotFound) {
            Ok(id) => acts::send_now(context.services(), by, id, input.idempotency_key, &metadata).await,
            Err(problem) => Err(problem.into()),
        };
        let read = async |run: RunId| {
            let access = Access::Owner(by);
            let Some(run) = runs::get(context.pool(), access, run).await? else { return Ok(None) };
            let mailing = mailings::get(context.pool(), access, MailingId(run.mailing_id)).await?;
            Ok(Some((run, mailing)))
        };
        let Some(Done { noun, user_errors, position, behind }) = done(context, outcome, read).await? else {
            return Ok(None);
        };
        let (run, mailing) = noun.unzip();
        let mailing = mailing.flatten().map(Mailing);
        Ok(Some(MailingStartPayload { run: run.map(Run), mailing, user_errors, position, behind }))
    }

    /// Stops sending until it is resumed. What is in flight is still recorded.
    async fn mailing_pause(
        &self,
        context: &Context<'_>,
        input: MailingPauseInput,
    ) -> Result<Option<MailingPausePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::pause(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Goes on with a paused mailing.
    async fn mailing_resume(
        &self,
        context: &Context<'_>,
        input: MailingResumeInput,
    ) -> Result<Option<MailingResumePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::resume(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Gives a mailing up, for good.
    async fn mailing_cancel(
        &self,
        context: &Context<'_>,
        input: MailingCancelInput,
    ) -> Result<Option<MailingCancelPayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::cancel(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Stops anybody's mailing: for managers and administrators.
    async fn mailing_disable(
        &self,
        context: &Context<'_>,
        input: MailingDisableInput,
    ) -> Result<Option<MailingDisablePayload>, Failure> {
        context.watcher()?;
        let outcome = acts::disable(context.services(), &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Allows a disabled mailing again: for managers and administrators.
    async fn mailing_enable(
        &self,
        context: &Context<'_>,
        input: MailingEnableInput,
    ) -> Result<Option<MailingEnablePayload>, Failure> {
        context.watcher()?;
        let outcome = acts::enable(context.services(), &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }
}

/// The payload with the mailing as it is now.
async fn answer<P: From<Done<Mailing>>>(
    context: &Context<'_>,
    outcome: Result<(MailingId, Receipt), Refused>,
) -> Result<Option<P>, Failure> {
    let access = context.viewer()?.reads();
    let read = async |id| Ok(mailings::get(context.pool(), access, id).await?.map(Mailing));
    Ok(done(context, outcome, read).await?.map(P::from))
}
