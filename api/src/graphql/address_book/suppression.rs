//! Addresses that are not written to any more.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::address_book::group::Group;
use crate::graphql::address_book::suppressed::{SuppressionReason, SuppressionScope};
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::{GroupKey, MailingKey, RunKey, UserKey};
use crate::graphql::kit::user_error::{UserError, done, payload};
use crate::graphql::mailings::delivery::{self, Delivery};
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::run::Run;
use crate::graphql::who::viewer::User;
use acts::refusal::Refused;
use acts::suppressions::{Added, Lifting};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::suppression::{Lifter, Reason, Source};
use domain::{RunId, SuppressionId, UserId};
use eventstore::Receipt;
use projections::Cursor;
use projections::suppressions::{self, Filter, ScopeKind, SourceKind};
use std::collections::HashMap;
use uuid::Uuid;

/// Whence it is known that an address is not to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "SourceKind")]
enum SuppressionSource {
    /// The recipient said so, by the link of a letter of `run`, or by writing to the address that its header names for that.
    Recipient,
    /// A mail server's final answer to a letter of `run` said so.
    MailServer,
    /// Reports said so that came in after a mail server had taken a letter of `run`: that it came back, or that its recipient complained.
    Report,
    /// Somebody who was signed in, or who used the command line, said so.
    Person,
    /// It was a row of a file.
    File,
}

/// As what somebody lifted a suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Lifter")]
enum SuppressionLifter {
    /// The recipient took back that they had left.
    Recipient,
    /// The owner of the list lifted it.
    Owner,
    /// An administrator lifted it.
    Administrator,
}

/// A suppression: an address that is not written to any more, somewhere and for one reason. An address may have several,
/// and is written to again when none of them is in force any more: each is lifted by itself.
#[derive(Description)]
pub(crate) struct Suppression(suppressions::Suppression);

#[Object(use_type_description)]
impl Suppression {
    /// The id of the suppression. Where, which address and why make it: what is lifted and comes again has the same.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The address as it was written. All spellings of it are one mailbox, whatever its upper and lower case, and in
    /// whichever way the domain is written (IDNA 2008, RFC 5890).
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Why the address is not written to.
    async fn reason(&self) -> SuppressionReason {
        self.0.reason.into()
    }

    /// Where the address is not written to.
    async fn scope(&self) -> SuppressionScope {
        self.0.scope.into()
    }

    /// The user in whose mailings the address is not written to; null if the scope is `INSTALLATION`. Null, too, if the user
    /// could not be read; then the top-level `errors` say why.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>, Failure> {
        let Some(owner) = self.0.owner_id else { return Ok(None) };
        Ok(context.tables().load_one(UserKey(owner)).await?.transpose()?.map(User))
    }

    /// The only mailing in which the address is not written to, also a deleted one; null unless the scope is `MAILING`. Null,
    /// too, if the mailing could not be read; then the top-level `errors` say why.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        let Some(mailing) = self.0.mailing_id else { return Ok(None) };
        Ok(context.tables().load_one(MailingKey(mailing)).await?.transpose()?.map(Mailing))
    }

    /// The group that is the topic in whose mailings the address is not written to; null unless the scope is `TOPIC`, or if the group
    /// was deleted. Null, too, if the group could not be read; then the top-level `errors` say why.
    async fn topic(&self, context: &Context<'_>) -> Result<Option<Group>, Failure> {
        let Some(group) = self.0.group_id else { return Ok(None) };
        Ok(context.tables().load_one(GroupKey(group)).await?.map(Group))
    }

    /// Whence it is known that the address is not to be written to.
    async fn source(&self) -> SuppressionSource {
        self.0.source_kind.into()
    }

    /// The run of the letter by which it is known; null unless the source is `RECIPIENT`, `MAIL_SERVER` or `REPORT`. Null, too, if the
    /// run could not be read; then the top-level `errors` say why.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        let Some((run, _)) = letter(&self.0.source.0) else { return Ok(None) };
        Ok(context.tables().load_one(RunKey(run.0)).await?.transpose()?.map(Run))
    }

    /// The delivery of the letter by which it is known, with what mail servers said and what was reported of it; null unless the source
    /// is `RECIPIENT`, `MAIL_SERVER` or `REPORT`, or if it is none that the viewer may see. Null, too, if the delivery could not be read;
    /// then the top-level `errors` say why.
    async fn delivery(&self, context: &Context<'_>) -> Result<Option<Delivery>, Failure> {
        let Some((run, ordinal)) = letter(&self.0.source.0) else { return Ok(None) };
        let Ok(ordinal) = i32::try_from(ordinal) else { return Ok(None) };
        delivery::at(context, run.0, ordinal).await
    }

    /// The name of the file that the address was in; null unless the source is `FILE`.
    async fn file(&self) -> Option<&str> {
        match &self.0.source.0 {
            Source::File { file, .. } => Some(file),
            Source::Recipient { .. } | Source::MailServer { .. } | Source::Report { .. } | Source::Person => None,
        }
    }

    /// The row of the file that the address was in, counted from 1 with the first line; null unless the source is `FILE`.
    async fn row(&self) -> Option<i32> {
        match &self.0.source.0 {
            Source::File { row, .. } => Some(int(i64::from(*row))),
            Source::Recipient { .. } | Source::MailServer { .. } | Source::Report { .. } | Source::Person => None,
        }
    }

    /// What somebody had to say about it; null if nobody had.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The moment since which the address is not written to.
    async fn suppressed_at(&self) -> DateTime {
        self.0.suppressed_at.into()
    }

    /// The moment from which the address may be written to again; null if only lifting ends the suppression.
    async fn until(&self) -> Option<DateTime> {
        self.0.until.map(DateTime::from)
    }

    /// Whether the suppression keeps letters from the address now: it was not lifted, and `until` has not come.
    async fn in_force(&self, context: &Context<'_>) -> bool {
        self.0.is_in_force(context.services().now())
    }

    /// The moment when the suppression was lifted; null if it was not.
    async fn lifted_at(&self) -> Option<DateTime> {
        self.0.lifted_at.map(DateTime::from)
    }

    /// As what somebody lifted it; null if nobody has.
    async fn lifted_by(&self) -> Option<SuppressionLifter> {
        self.0.lifted_by.map(SuppressionLifter::from)
    }

    /// The reason for which it was lifted, as `suppressionLift` was given it; null if it was not lifted, or if the recipient
    /// lifted it, who owes no reason.
    async fn lifted_why(&self) -> Option<&str> {
        self.0.lifted_why.as_deref()
    }

    /// The version of the suppression, counted from 1. It grows by one whenever the address is suppressed anew or lifted.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// The letter by which it is known: its run and its place there; none if no letter is behind it.
fn letter(source: &Source) -> Option<(RunId, u32)> {
    match *source {
        Source::Recipient { run, ordinal, .. }
        | Source::MailServer { run, ordinal }
        | Source::Report { run, ordinal, .. } => Some((run, ordinal)),
        Source::Person | Source::File { .. } => None,
    }
}

/// The suppressions that a list shows: those that meet all conditions that are given. A condition that is null or left out
/// does not limit the list.
#[derive(Default, InputObject)]
struct SuppressionFilter {
    /// Only suppressions of addresses that contain this text, in upper or lower case. An empty text does not limit the list.
    search: Option<String>,
    /// Only suppressions for this reason.
    reason: Option<SuppressionReason>,
    /// Only suppressions with this scope. With `INSTALLATION` the list has those of the whole installation, which are
    /// nobody's own: managers and administrators see them, whatever the list's own argument `scope` is, and others find none.
    scope: Option<SuppressionScope>,
    /// True for only those that are in force at this moment, false for only those that are over: that were lifted, or have come to
    /// their end.
    in_force: Option<bool>,
    /// Only suppressions in the mailings of the user of this id. Whoever may not see everybody's finds none but their own.
    owner_id: Option<ID>,
}

impl SuppressionFilter {
    /// Whose alone it lets through. What is no id is nobody's.
    fn owner(&self) -> Option<UserId> {
        self.owner_id.as_ref().map(|id| id.parse().unwrap_or(UserId(Uuid::nil())))
    }
}

/// The filter of a list at this moment.
fn filter_at(now: chrono::DateTime<chrono::Utc>, filter: SuppressionFilter) -> Filter {
    Filter {
        // Who may read whose is decided beside the filter.
        owner: None,
        search: searchable(filter.search),
        reason: filter.reason.map(Reason::from),
        scope: filter.scope.map(ScopeKind::from),
        in_force: filter.in_force.map(|in_force| (in_force, now)),
    }
}

#[derive(Default)]
pub(crate) struct SuppressionQuery;

#[Object]
impl SuppressionQuery {
    /// The suppression of this id, also one that was lifted; null if there is none that the viewer may see.
    async fn suppression(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the suppression.")] id: ID,
    ) -> Result<Option<Suppression>, Failure> {
        let access = context.viewer()?.reads();
        let Ok(id) = id.parse::<SuppressionId>() else { return Ok(None) };
        Ok(suppressions::get(context.pool(), access, id).await?.map(Suppression))
    }

    /// The addresses that are not written to in the viewer's mailings, or in everybody's if the scope says so, also those that
    /// are over, unless the filter says otherwise; the latest first.
    async fn suppressions(
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
            desc = "The conditions that the suppressions have to meet; without it the list has all suppressions."
        )]
        filter: Option<SuppressionFilter>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Suppression>>, Failure> {
        let filter = filter.unwrap_or_default();
        let access = context.scope(scope)?;
        // Those of the installation have no owner, whose they could be.
        let access =
            if filter.scope == Some(SuppressionScope::Installation) { context.viewer()?.reads() } else { access };
        let access = access.of_owner(filter.owner());
        let page: Page<Cursor> = Page::new(first, after.as_deref())?;
        let (pool, filter) = (context.pool().clone(), filter_at(context.services().now(), filter));
        let rows = suppressions::page(&pool, access, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { suppressions::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of_read(context, rows, Suppression, total)))
    }
}

/// The addresses that `suppressionAdd` puts into a list of those that are not written to.
#[derive(InputObject)]
struct SuppressionAddInput {
    /// The addresses: at least one (`EMAIL_MISSING`) and at most 1,000 (`TOO_MANY_EMAILS`), each of at most 254 bytes in UTF-8
    /// (`EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`); blanks around them are dropped, and so is a name before one in angle brackets
    /// (`Anna <anna@example.com>`). They need not be those of clients.
    /// If one of them is none, nothing is suppressed.
    emails: Vec<String>,
    /// What you have to say about it, of at most 500 characters (`NOTE_TOO_LONG`); null or left out for nothing.
    note: Option<String>,
    /// True if nobody in this installation is to write to the addresses, which is for administrators to say; false, null or left
    /// out for the viewer's own mailings.
    installation: Option<bool>,
}

/// The suppression that `suppressionLift` ends, and why.
#[derive(InputObject)]
struct SuppressionLiftInput {
    /// The id of the suppression to lift.
    id: ID,
    /// The reason, which is kept with the suppression: 1 to 500 characters (`REASON_MISSING`, `REASON_TOO_LONG`). If the
    /// suppression is lifted already, the reason that was given first stays.
    reason: String,
}

struct SuppressionAddPayload {
    added: Added,
    user_errors: Vec<UserError>,
    position: Option<i64>,
    behind: bool,
}

/// The suppressions of the addresses, or what is wrong with the input.
#[Object]
impl SuppressionAddPayload {
    /// The suppressions of the addresses, in the order of the input, each mailbox once, also those that there were before. The
    /// list is empty if there are user errors, or if `behind` is true. Null only if it could not be read; then the top-level
    /// `errors` say why.
    async fn suppressions(&self, context: &Context<'_>) -> Result<Option<Vec<Suppression>>, Failure> {
        if self.behind || self.added.ids.is_empty() {
            return Ok(Some(Vec::new()));
        }
        if !context.has_room_for(self.added.ids.len()) {
            return Ok(None);
        }
        let access = context.viewer()?.reads();
        let ids: Vec<Uuid> = self.added.ids.iter().map(|id| id.0).collect();
        let mut rows: HashMap<Uuid, _> =
            suppressions::by_ids(context.pool(), access, &ids).await?.into_iter().collect();
        let read = ids.iter().filter_map(|id| rows.remove(id)).filter_map(|row| context.shown(row));
        Ok(Some(read.map(Suppression).collect()))
    }

    /// How many addresses were not in the list before.
    async fn added(&self) -> i32 {
        count(self.added.added)
    }

    /// How many addresses somebody has put into the list before; nothing has changed for them.
    async fn already_there(&self) -> i32 {
        count(self.added.already)
    }

    /// Why the request was refused; empty if it was not. A refused request writes nothing.
    async fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }

    /// The position in the log of the last event that this request wrote; if there was nothing to do, of an earlier event of one of
    /// the suppressions. Administrators can compare it with the `position` of a read model in `projections`; everybody else
    /// needs only `behind`. Null if there are user errors.
    async fn position(&self) -> Option<Long> {
        self.position.map(Long)
    }

    /// True if everything was written, but the tables that answers are read from (the read models) did not show it within 5
    /// seconds. No letter goes to the addresses all the same. `suppressions` is then empty in this answer: ask for the list
    /// after about a second. False if there are user errors.
    async fn behind(&self) -> bool {
        self.behind
    }
}

payload! {
    /// The lifted suppression, or what is wrong with the input.
    SuppressionLiftPayload {
        /// The suppression as it is now; null if there are user errors, or if `behind` is true.
        suppression: Suppression
    }
}

#[derive(Default)]
pub(crate) struct SuppressionMutation;

#[Object]
impl SuppressionMutation {
    /// Puts addresses into the list of those that are not written to in any of the viewer's mailings, or in anybody's. From
    /// the answer on no letter is promised to them; what was promised before still goes. It is safe to repeat: an address that
    /// somebody has put there before stays as it is. With `installation` this is for administrators, without it for users
    /// without roles and for administrators.
    ///
    /// The user errors are `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`, `TOO_MANY_EMAILS`, `NOTE_TOO_LONG` and
    /// `QUOTA_REACHED`.
    async fn suppression_add(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The addresses, and where they are not written to.")] input: SuppressionAddInput,
    ) -> Result<Option<SuppressionAddPayload>, Failure> {
        let (services, metadata) = (context.services(), context.metadata()?);
        let SuppressionAddInput { emails, note, installation } = input;
        let outcome = if installation.unwrap_or_default() {
            let by = context.administrator()?;
            acts::suppressions::add_to_installation(services, by, emails, note, &metadata).await
        } else {
            acts::suppressions::add(services, context.owner()?, emails, note, &metadata).await
        };
        answer(context, outcome).await.map(Some)
    }

    /// Lifts a suppression: as far as it goes, the address is written to again. Other suppressions of the same address stay,
    /// and keep letters from it. Owners lift those in their own mailings, but not complaints; administrators lift complaints
    /// and those of the whole installation. It is safe to repeat.
    ///
    /// The user errors are `SUPPRESSION_NOT_FOUND`, `COMPLAINT_STAYS`, `REASON_MISSING` and `REASON_TOO_LONG`.
    async fn suppression_lift(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The suppression to lift, and why.")] input: SuppressionLiftInput,
    ) -> Result<Option<SuppressionLiftPayload>, Failure> {
        // Administrators are owners, too; whoever is neither has nothing to lift.
        let by = Lifting { owner: Some(context.owner()?), administrator: context.administrator().ok() };
        let outcome =
            acts::suppressions::lift(context.services(), by, &input.id, input.reason, &context.metadata()?).await;
        let access = context.viewer()?.reads();
        let read = async |id| Ok(suppressions::get(context.pool(), access, id).await?.map(Suppression));
        Ok(done(context, outcome, read).await?.map(Into::into))
    }
}

async fn answer(
    context: &Context<'_>,
    outcome: Result<(Added, Receipt), Refused>,
) -> Result<SuppressionAddPayload, Failure> {
    match outcome {
        Ok((added, receipt)) => {
            let behind = !context.services().shown(receipt.position).await;
            Ok(SuppressionAddPayload { added, user_errors: Vec::new(), position: Some(receipt.position), behind })
        }
        Err(refused) => {
            let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
            Ok(SuppressionAddPayload { added: Added::default(), user_errors, position: None, behind: false })
        }
    }
}

fn count(number: u64) -> i32 {
    int(i64::try_from(number).unwrap_or(i64::MAX))
}
