//! Runs.

use crate::failure::Failure;
use crate::graphql::audit::history::{self, AuditEvents};
use crate::graphql::audit::report::Report;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{FeedbackOf, MailingKey, RevisionKey, RunKey, SenderKey, SuppressedOf};
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::mailings::came_back::Feedback;
use crate::graphql::mailings::delivery::Delivery;
use crate::graphql::mailings::mailing::{Mailing, MailingKind};
use crate::graphql::mailings::outcome::{DeliveryFilter, SuppressionCause};
use crate::graphql::senders::sender::Sender;
use acts::mailings::runs::Decision;
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::Utc;
use domain::{MailingId, RunId};
use eventstore::Receipt;
use projections::deliveries::Suppressed;
use projections::messages::Revision;
use projections::{Access, deliveries, relays, reports, runs};
use std::cmp::Reverse;
use std::sync::Arc;

/// Why a run started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "runs::Trigger")]
enum RunTrigger {
    /// A run was due by the mailing's periodicity. Runs that were missed have this trigger too, and so has a run that
    /// `mailingStart` started because it was due just then.
    Occurrence,
    /// Somebody asked to send the mailing now, with `mailingStart`.
    SendNow,
    /// Somebody asked to send again the letters that failed in another run, with `runResendFailed`.
    ResendFailed,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "runs::Status")]
enum RunStatus {
    /// The run has started, and its recipients are being gathered: `planned` still grows. The letters of those who are gathered
    /// may go out meanwhile.
    Planning,
    /// The run's letters go out, or wait to go out.
    Sending,
    /// Every delivery of the run has its outcome. If letters in doubt are sent again, the status is `SENDING` once
    /// more.
    Finished,
    /// The moment of the run, and perhaps others after it, passed while nothing could start it; nothing was sent.
    Missed,
}

/// How far a run is: how many of its deliveries have which outcome. `planned` is the sum of `accepted`, `rejected`,
/// `deferred`, `unknown`, `suppressed`, `expired` and `pending`; `sameMailbox` is a part of `suppressed`.
#[derive(SimpleObject)]
struct Progress {
    /// How many deliveries the run has: one for each recipient.
    planned: i32,
    /// How many letters the mail server took.
    accepted: i32,
    /// How many letters the mail server refused for good.
    rejected: i32,
    /// How many letters the mail server refused for the moment, so that they will be tried again.
    deferred: i32,
    /// How many letters are in doubt: they were sent, but the service did not get the mail server's reply.
    unknown: i32,
    /// How many letters were not sent, because the mailing was cancelled or deleted, because another recipient's address
    /// leads to the same mailbox, or because the address is not written to any more. The run's `suppressedBy` tells how
    /// many for which of these causes.
    suppressed: i32,
    /// How many of the suppressed letters were not sent because another recipient's address, written differently, leads
    /// to the same mailbox, to which that recipient's letter goes.
    same_mailbox: i32,
    /// How many letters were given up, because the mailing's window ended, or because the mailing was cancelled or
    /// deleted after the mail server had refused them for the moment.
    expired: i32,
    /// How many letters were not tried yet, or are being tried right now.
    pending: i32,
    /// How many deliveries per minute got an outcome other than `PENDING`, on average. Those that are `DEFERRED`,
    /// `SUPPRESSED` or `EXPIRED` count, too. The time is that from the run's start until its finish, or until now, with
    /// pauses included. The number is 0 before the first such delivery.
    per_minute: f64,
    /// The estimated number of seconds until no delivery is pending, at the average rate of the run so far; null if the
    /// run's status is not `SENDING`, or if the rate is 0.
    eta_seconds: Option<i32>,
}

impl Progress {
    fn new(run: &runs::Run, now: chrono::DateTime<Utc>) -> Self {
        let pace = run.pace(now);
        #[expect(clippy::cast_possible_truncation, reason = "a cast of a float to an integer saturates")]
        let eta_seconds = pace.seconds_left.map(|seconds| seconds.ceil() as i32);
        Self {
            planned: int(run.planned),
            accepted: int(run.accepted),
            rejected: int(run.rejected),
            deferred: int(run.deferred),
            unknown: int(run.unknown),
            suppressed: int(run.suppressed),
            same_mailbox: int(run.left_out),
            expired: int(run.expired),
            pending: int(run.pending),
            per_minute: pace.per_second * 60.0,
            eta_seconds,
        }
    }
}

/// Occurrences of a mailing's periodicity that passed in a row while nothing could start them.
#[derive(SimpleObject)]
struct MissedOccurrences {
    /// The moment of the first occurrence that was missed.
    first: DateTime,
    /// The moment of the last occurrence that was missed.
    last: DateTime,
    /// How many occurrences were missed, counting the first and the last one.
    count: i32,
}

/// How many deliveries of a run were suppressed for one cause.
#[derive(SimpleObject)]
struct SuppressedCount {
    /// Why the letters were not sent.
    cause: SuppressionCause,
    /// How many letters that were.
    deliveries: i32,
}

/// A short result of a finished run: when it last tried, whether every letter was taken, and the last reply.
#[derive(SimpleObject)]
pub(crate) struct RunAttempt {
    /// The moment when the run's last attempt to send a letter ended; the moment when the run finished, if there was
    /// none.
    at: DateTime,
    /// Whether the mail server took every letter of the run that was to be sent.
    succeeded: bool,
    /// The text of the mail server's last reply in the run, in the mail server's own words, or, if the last attempt got
    /// none, what went wrong, as an English text; null if there is nothing to tell.
    server_reply: Option<String>,
}

impl From<&reports::Report> for RunAttempt {
    fn from(report: &reports::Report) -> Self {
        let server_reply = report.last_reply.clone();
        Self { at: report.attempted_at().into(), succeeded: report.succeeded(), server_reply }
    }
}

/// A run: one execution of a mailing, for one occurrence of its periodicity or for one request to send now.
#[derive(Description)]
pub(crate) struct Run(pub(crate) runs::Run);

impl Run {
    fn key(&self) -> RunId {
        RunId(self.0.id)
    }
}

#[Object(use_type_description)]
impl Run {
    /// The id of the run.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The mailing that the run executes, also a deleted one. Null only if it could not be read; then the top-level
    /// `errors` say why.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.0.mailing_id)).await?.transpose()?.map(Mailing))
    }

    /// Why the run started.
    async fn trigger(&self) -> RunTrigger {
        self.0.trigger.into()
    }

    /// The run whose failed letters this run sends again; null for all other runs.
    async fn resend_of(&self, context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let Some(id) = self.0.resend_of else { return Ok(None) };
        Ok(context.tables().load_one(RunKey(id)).await?.transpose()?.map(Self))
    }

    /// The scheduled moment that the run is for, or the first one if several were missed; null if somebody asked for
    /// the run.
    async fn occurrence(&self) -> Option<DateTime> {
        self.0.occurrence.map(DateTime::from)
    }

    /// The occurrences that passed while nothing could start them, all in this one run however many there were; null
    /// unless the status is `MISSED`.
    async fn missed(&self) -> Option<MissedOccurrences> {
        self.0.missed().map(|missed| MissedOccurrences {
            first: missed.first.into(),
            last: missed.last.into(),
            count: int(i64::try_from(missed.count).unwrap_or(i64::MAX)),
        })
    }

    /// How far the run is.
    async fn status(&self) -> RunStatus {
        self.0.status.into()
    }

    /// The number of the message's revision that the run sends; null for a missed run, which sends none.
    async fn message_revision(&self) -> Option<i32> {
        self.0.message_revision
    }

    /// The letter as this run sends it: what its message said when the run started, with its merge fields. Whoever sees the
    /// run sees its letter, also if the message was changed or deleted since. Null if the run was missed, or if the
    /// letter could not be read; then the top-level `errors` say why.
    async fn letter(&self, context: &Context<'_>) -> Result<Option<RunLetter>, Failure> {
        let (Some(message), Some(revision)) = (self.0.message_id, self.0.message_revision) else { return Ok(None) };
        Ok(context.tables().load_one(RevisionKey(message, revision)).await?.map(RunLetter))
    }

    /// The moment when the run started, or should have if it was missed; if it stands for several missed runs, the last
    /// one's.
    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    /// The moment when the last delivery of the run got its outcome; null if the run is not finished, was missed, or
    /// goes on because letters in doubt are sent again.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime::from)
    }

    /// How many deliveries of the run have which outcome.
    async fn progress(&self, context: &Context<'_>) -> Progress {
        Progress::new(&self.0, context.services().now())
    }

    /// How many letters of the run came back or were complained of after mail servers had taken them, as reported so far.
    /// Null only if it could not be read; then the top-level `errors` say why.
    async fn feedback(&self, context: &Context<'_>) -> Result<Option<Feedback>, Failure> {
        let counts = context.tables().load_one(FeedbackOf(self.0.id)).await?.unwrap_or_default();
        Ok(Some(Feedback::new(&counts, int(self.0.accepted))))
    }

    /// What the run's letters are to those who get them: what the mailing's `kind` was when the run started.
    async fn kind(&self) -> MailingKind {
        self.0.kind.into()
    }

    /// Who the run's letters are from, as the sender is now, also a deleted one; null for the service itself. Null, too, if it could
    /// not be read; then the top-level `errors` say why.
    async fn sender(&self, context: &Context<'_>) -> Result<Option<Sender>, Failure> {
        let Some(sender) = self.0.sender_id else { return Ok(None) };
        Ok(context.tables().load_one(SenderKey(sender)).await?.map(Sender))
    }

    /// The revision of the sender that the run's letters are from: the one that the sender had when the run started. Null if they are
    /// from the service itself.
    async fn sender_revision(&self) -> Option<i32> {
        self.0.sender_revision
    }

    /// How many deliveries of the run were suppressed for which cause, without causes that there were none for, the most
    /// frequent first. Their sum is `suppressed` of `progress`. Null only if it could not be read; then the top-level
    /// `errors` say why.
    async fn suppressed_by(&self, context: &Context<'_>) -> Result<Option<Vec<SuppressedCount>>, Failure> {
        if self.0.suppressed == 0 {
            return Ok(Some(Vec::new()));
        }
        let mut counts = context.tables().load_one(SuppressedOf(self.0.id)).await?.unwrap_or_default();
        counts.sort_by_key(|(_, deliveries)| Reverse(*deliveries));
        let counts = counts
            .into_iter()
            .map(|(cause, deliveries)| SuppressedCount { cause: cause.into(), deliveries: int(deliveries) });
        Ok(Some(counts.collect()))
    }

    /// Why none of the run's letters can be sent right now although its mailing may send, such as a mail server that
    /// cannot be reached: an English text without a full stop. Null if nothing keeps the letters, if the mailing may
    /// not send, or if the run's status is not `SENDING`.
    async fn waiting(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        if self.0.status != runs::Status::Sending {
            return Ok(None);
        }
        let detailed = context.viewer()?.may_watch();
        let now = context.services().now();
        let named = relays::named_by(context.pool(), MailingId(self.0.mailing_id), now).await?;
        let Some(named) = named else { return Ok(None) };
        Ok(relays::waiting(&relays::all(context.pool()).await?, named.as_deref(), detailed)?)
    }

    /// A short result of the run: when it last tried, whether every letter was taken, and the last reply; null if the
    /// run is not finished. Null, too, if it could not be read; then the top-level `errors` say why.
    async fn attempt(&self, context: &Context<'_>) -> Result<Option<RunAttempt>, Failure> {
        let Some(finished_at) = self.0.finished_at else { return Ok(None) };
        // Only a mailing that was stopped for good keeps letters from being sent that were to be.
        let counts =
            if self.0.suppressed == 0 { None } else { context.tables().load_one(SuppressedOf(self.0.id)).await? };
        let not_to_be_sent = counts.into_iter().flatten().filter(|(cause, _)| *cause != Suppressed::Cancelled);
        let not_to_be_sent: i64 = not_to_be_sent.map(|(_, deliveries)| deliveries).sum();
        Ok(Some(RunAttempt {
            at: self.0.last_attempt_at.unwrap_or(finished_at).into(),
            succeeded: self.0.accepted + not_to_be_sent == self.0.planned,
            server_reply: self.0.last_reply.clone(),
        }))
    }

    /// The deliveries of the run, in the order in which letters are sent. Null only if the list could not be read; then
    /// the top-level `errors` say why.
    async fn deliveries(
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
        #[graphql(desc = "The conditions that the deliveries have to meet; without it the list has all deliveries.")]
        filter: Option<DeliveryFilter>,
    ) -> Result<Option<List<Delivery>>, Failure> {
        let access = context.viewer()?.reads();
        let page = Page::new(first, after.as_deref())?;
        let filter = filter.map(deliveries::Filter::from).unwrap_or_default();
        let (pool, id) = (context.pool().clone(), self.key());
        let rows = deliveries::page(&pool, access, id, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { deliveries::count(&pool, access, id, &filter).await }
        });
        let node = |row| Delivery::new(row, self.0.message_id_domain.as_deref());
        Ok(Some(page.of_read(context, rows, node, total)))
    }

    /// The report of the run; null if the run is not finished, was missed, or goes on because letters in doubt are sent
    /// again.
    async fn report(&self, context: &Context<'_>) -> Result<Option<Report>, Failure> {
        let access = context.viewer()?.reads();
        Ok(reports::get(context.pool(), access, self.key()).await?.map(Report))
    }

    /// Everything that happened to the run and to its parts, oldest first. Null only if the list could not be read; then the
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
        history::of_streams(context, acts::audit::log::streams_of_run(&self.0), first, after.as_deref()).await
    }

    /// The version of the run, which grows by one with each of its own events, not with those of its deliveries.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

struct RunLetter(Arc<Revision>);

/// A letter as a run sends it, with its merge fields, which each client's own words replace.
#[Object]
impl RunLetter {
    /// The number of the message's revision that the run sends, counted from 1.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// The subject of the letter.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The plain text of the letter.
    async fn text(&self) -> LongText<&str> {
        LongText(&self.0.text)
    }

    /// The HTML of the letter; null if it has none.
    async fn html(&self) -> Option<LongText<&str>> {
        self.0.html.as_deref().map(LongText)
    }
}

#[derive(Default)]
pub(crate) struct RunQuery;

#[Object]
impl RunQuery {
    /// The run of this id; null if there is none that the viewer may see.
    async fn run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the run.")] id: ID,
    ) -> Result<Option<Run>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }
}

/// The run whose letters in doubt `runResendUnknown` sends again.
#[derive(InputObject)]
struct RunResendUnknownInput {
    /// The id of one of your runs, finished or not. The letters that are in doubt when the request is answered and
    /// about which nobody has decided (`doubt` is `OPEN`) are sent again; letters that come into doubt later are not.
    /// If there are none, nothing changes, and there is no user error, provided that the mailing may send: a mailing
    /// that is paused, for example, gets its user error all the same. A run that was missed gets `NOT_FOUND`.
    id: ID,
}

/// The run whose letters in doubt `runAcceptUnknown` leaves as they are.
#[derive(InputObject)]
struct RunAcceptUnknownInput {
    /// The id of one of your runs, finished or not. The decision is about the letters that are in doubt when the
    /// request is answered and about which nobody has decided (`doubt` is `OPEN`). Letters that wait to be sent again
    /// (`AGAIN`) and letters that come into doubt later stay as they are. If there are none to decide about, nothing
    /// changes, and there is no user error. A run that was missed gets `NOT_FOUND`.
    id: ID,
}

/// The run whose failed letters `runResendFailed` sends again.
#[derive(InputObject)]
struct RunResendFailedInput {
    /// The id of one of your runs that are finished. Another one gets `RUN_NOT_FINISHED`, or `NOT_FOUND` if it was
    /// missed.
    id: ID,
}

payload! {
    /// The run, which goes on, or what is wrong with the input.
    RunResendUnknownPayload {
        /// The run as it is now; null if there are user errors, or if `behind` is true.
        run: Run
    }
}
payload! {
    /// The run after the decision, or what is wrong with the input.
    RunAcceptUnknownPayload {
        /// The run as it is now; null if there are user errors, or if `behind` is true.
        run: Run
    }
}
payload! {
    /// The new run that sends the failed letters again, or what is wrong with the input.
    RunResendFailedPayload {
        /// The new run as it is now; null if there are user errors, or if `behind` is true.
        run: Run
    }
    position {
        /// The position in the log of the last event of the new run. Administrators can compare it with the `position` of a read
        /// model in `projections`; everybody else needs only `behind`. Null if there are user errors.
    }
    behind {
        /// True if the new run was started, but the tables that answers are read from (the read models) did not show it within 5
        /// seconds. `run` is then null in this answer: repeat the request after about a second, and it is answered by the same
        /// new run. Also true if the run cannot be read, of which the top-level error `ROW_UNREADABLE` tells; asking again does
        /// not help then. False if there are user errors.
    }
}

#[derive(Default)]
pub(crate) struct RunMutation;

#[Object]
impl RunMutation {
    /// Sends again every letter of one of the viewer's runs that is in doubt and about which nobody has decided. Some
    /// may then arrive twice; their `Message-ID` stays the same. The mailing's window must be open, and the mailing
    /// neither paused, disabled nor cancelled. A finished run goes on: its status is `SENDING` again, and it has no
    /// `finishedAt` and no report until it is finished once more. It is safe to repeat.
    ///
    /// The user errors are `NOT_FOUND`, `MAILING_PAUSED`, `MAILING_DISABLED`, `MAILING_CANCELLED`, `WINDOW_NOT_OPEN`
    /// and `WINDOW_ENDED`. With `CONFLICT` some of the letters may be decided about already: repeat the request.
    async fn run_resend_unknown(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The run whose letters in doubt are sent again.")] input: RunResendUnknownInput,
    ) -> Result<Option<RunResendUnknownPayload>, Failure> {
        let outcome = decide(context, &input.id, Decision::Resend).await?;
        answer(context, outcome).await
    }

    /// Records that the owner has decided not to send again any letter in doubt of one of the viewer's runs, although
    /// nobody knows whether it arrived. The letters' outcome stays `UNKNOWN`. `deliveryResend` changes the decision
    /// about one letter. It is safe to repeat.
    ///
    /// The only user error is `NOT_FOUND`. With `CONFLICT` some of the letters may be decided about already: repeat the
    /// request.
    async fn run_accept_unknown(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The run whose letters in doubt are left as they are.")] input: RunAcceptUnknownInput,
    ) -> Result<Option<RunAcceptUnknownPayload>, Failure> {
        let outcome = decide(context, &input.id, Decision::Accept).await?;
        answer(context, outcome).await
    }

    /// Starts a new run for the clients whose letters were rejected or given up in one of the viewer's runs. They get
    /// the mailing's message as it is now, at the addresses that they have now. The mailing's window must be open, and
    /// the mailing neither paused, disabled nor cancelled. It is safe to repeat: a run is sent again only once, and a
    /// repeated request is answered by the same new run. What fails in the new run is sent again from there.
    ///
    /// The user errors are `NOT_FOUND`, `RUN_NOT_FINISHED`, `NOTHING_FAILED`, `MESSAGE_DELETED`, `MAILING_PAUSED`,
    /// `MAILING_DISABLED`, `MAILING_CANCELLED`, `WINDOW_NOT_OPEN`, `WINDOW_ENDED`, `SENDER_NOT_FOUND`, `SENDER_NOT_VERIFIED`,
    /// `SENDER_REVOKED` and `SENDER_NOT_ALIGNED`, and, if the message is older than a rule that it breaks, `LETTER_TOO_LARGE`, `MERGE_FIELD_UNKNOWN`,
    /// `MERGE_FIELD_UNCLOSED`, `MERGE_FIELD_IN_PROGRAM` and `MERGE_FILTER_UNKNOWN`.
    async fn run_resend_failed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The run whose failed letters are sent again.")] input: RunResendFailedInput,
    ) -> Result<Option<RunResendFailedPayload>, Failure> {
        let by = context.owner()?;
        let outcome = match acts::mailings::runs::run_id(&input.id) {
            Ok(id) => acts::mailings::runs::resend_failed(context.services(), by, id, &context.metadata()?).await,
            Err(problem) => Err(problem.into()),
        };
        answer(context, outcome).await
    }
}

async fn decide(
    context: &Context<'_>,
    id: &str,
    decision: Decision,
) -> Result<Result<(RunId, Receipt), Refused>, Failure> {
    let by = context.owner()?;
    let metadata = context.metadata()?;
    Ok(match acts::mailings::runs::run_id(id) {
        Ok(id) => acts::mailings::runs::decide(context.services(), by, id, None, decision, &metadata).await,
        Err(problem) => Err(problem.into()),
    })
}

/// The payload with the run as it is now.
async fn answer<P: From<Done<Run>>>(
    context: &Context<'_>,
    outcome: Result<(RunId, Receipt), Refused>,
) -> Result<Option<P>, Failure> {
    let access = context.viewer()?.reads();
    let read = async |id| Ok(runs::get(context.pool(), access, id).await?.map(Run));
    Ok(done(context, outcome, read).await?.map(P::from))
}

/// The run of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Run>, Failure> {
    let Ok(id) = id.parse::<RunId>() else { return Ok(None) };
    Ok(runs::get(context.pool(), access, id).await?.map(Run))
}
