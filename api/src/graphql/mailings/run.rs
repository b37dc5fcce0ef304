//! Runs.

use crate::failure::Failure;
use crate::graphql::audit::report::Report;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{MailingKey, RunKey};
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::mailings::delivery::{Delivery, DeliveryFilter};
use crate::graphql::mailings::mailing::Mailing;
use acts::mailings::runs::Decision;
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::Utc;
use domain::{MailingId, RunId};
use eventstore::Receipt;
use projections::{Access, deliveries, relays, reports, runs};

/// Why a run started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum RunTrigger {
    /// Its moment came.
    Occurrence,
    /// Somebody pressed "send now".
    SendNow,
    /// Somebody wanted to try again those whose letters failed in another run.
    ResendFailed,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum RunStatus {
    /// Its audience is being frozen.
    Planning,
    /// Letters go out, or wait.
    Sending,
    /// Every delivery has its outcome.
    Finished,
    /// Its moment, and perhaps others after it, passed while nothing could start it; nothing was sent.
    Missed,
}

/// How many deliveries have which outcome. `planned` is the sum of all the others; `sameMailbox` is a part of `suppressed`.
#[derive(SimpleObject)]
struct Progress {
    /// All recipients.
    planned: i32,
    /// Taken by the mail server.
    accepted: i32,
    /// Refused for good.
    rejected: i32,
    /// Put off, to be tried again.
    deferred: i32,
    /// In doubt: a crash or a lost connection fell between the send and the answer.
    unknown: i32,
    /// Never tried, because the mailing was cancelled or another recipient has the same mailbox.
    suppressed: i32,
    /// How many of the suppressed ones have the same mailbox as another recipient.
    same_mailbox: i32,
    /// Given up at the window's end.
    expired: i32,
    /// Not decided yet.
    pending: i32,
    /// Deliveries decided per minute, over the whole run so far.
    per_minute: f64,
    /// When the pending ones will be decided at this rate, in seconds; null if that cannot be told.
    eta_seconds: Option<i32>,
}

impl Progress {
    fn new(run: &runs::Run, now: chrono::DateTime<Utc>) -> Self {
        let until = run.finished_at.unwrap_or(now);
        let seconds = (until - run.started_at).as_seconds_f64().max(0.001);
        let decided = f64::from(int(run.planned - run.pending));
        let per_second = decided / seconds;
        let eta = (run.status == "sending" && per_second > 0.0).then(|| f64::from(int(run.pending)) / per_second);
        #[expect(clippy::cast_possible_truncation, reason = "a cast of a float to an integer saturates")]
        let eta_seconds = eta.map(|seconds| seconds.ceil() as i32);
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
            per_minute: per_second * 60.0,
            eta_seconds,
        }
    }
}

/// Occurrences that passed in a row while nothing could start them.
#[derive(SimpleObject)]
struct MissedOccurrences {
    /// The moment of the first one.
    first: DateTime,
    /// The moment of the last one.
    last: DateTime,
    /// How many there were, with these two.
    count: i32,
}

/// A run in one line.
#[derive(SimpleObject)]
pub(crate) struct RunAttempt {
    /// When its last letter was decided.
    at: DateTime,
    /// Whether the mail server took every single letter that was to be sent.
    succeeded: bool,
    /// What the mail server said last.
    server_reply: Option<String>,
}

impl From<&reports::Report> for RunAttempt {
    fn from(report: &reports::Report) -> Self {
        let server_reply = report.last_reply.clone();
        Self { at: report.attempted_at().into(), succeeded: report.succeeded(), server_reply }
    }
}

/// One execution of a mailing: one occurrence of its periodicity, or one press of "send now".
#[derive(Description)]
pub(crate) struct Run(pub(crate) runs::Run);

impl Run {
    fn key(&self) -> RunId {
        RunId(self.0.id)
    }
}

#[Object(use_type_description)]
impl Run {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.0.mailing_id)).await?.map(Mailing))
    }

    async fn trigger(&self) -> RunTrigger {
        match self.0.trigger.as_str() {
            "send_now" => RunTrigger::SendNow,
            "resend_failed" => RunTrigger::ResendFailed,
            _ => RunTrigger::Occurrence,
        }
    }

    /// The run whose failed letters it tries again.
    async fn resend_of(&self, context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let Some(id) = self.0.resend_of else { return Ok(None) };
        Ok(context.tables().load_one(RunKey(id)).await?.map(Self))
    }

    /// The moment that it was planned for, the first one of several that were missed; null for "send now".
    async fn occurrence(&self) -> Option<DateTime> {
        self.0.occurrence.map(DateTime::from)
    }

    /// The occurrences that passed while nothing could start them, if that is what it stands for: one line for all of them,
    /// however many there were. Null for a run that has started.
    async fn missed(&self) -> Option<MissedOccurrences> {
        self.0.missed().map(|missed| MissedOccurrences {
            first: missed.first.into(),
            last: missed.last.into(),
            count: int(i64::try_from(missed.count).unwrap_or(i64::MAX)),
        })
    }

    async fn status(&self) -> RunStatus {
        match self.0.status.as_str() {
            "planning" => RunStatus::Planning,
            "sending" => RunStatus::Sending,
            "missed" => RunStatus::Missed,
            _ => RunStatus::Finished,
        }
    }

    /// The revision of the mailing's message that it sends; a missed run has none.
    async fn message_revision(&self) -> Option<i32> {
        self.0.message_revision
    }

    /// When it started, or was found to be missed.
    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    /// When its last delivery had its outcome.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime::from)
    }

    async fn progress(&self, context: &Context<'_>) -> Progress {
        Progress::new(&self.0, context.services().now())
    }

    /// Why it cannot go on although it could send: its mail server is away, or unknown; null if it can.
    async fn waiting(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        if self.0.status != "sending" {
            return Ok(None);
        }
        let detailed = context.viewer()?.may_watch();
        let now = context.services().now();
        let named = relays::named_by(context.pool(), MailingId(self.0.mailing_id), now).await?;
        let Some(named) = named else { return Ok(None) };
        Ok(relays::waiting(&relays::all(context.pool()).await?, named.as_deref(), detailed))
    }

    /// The run's one summary, once it is finished.
    async fn attempt(&self) -> Option<RunAttempt> {
        let finished_at = self.0.finished_at?;
        Some(RunAttempt {
            at: self.0.last_attempt_at.unwrap_or(finished_at).into(),
            succeeded: self.0.accepted + self.0.left_out == self.0.planned,
            server_reply: self.0.last_reply.clone(),
        })
    }

    /// Its deliveries, in the order of sending.
    async fn deliveries(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
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
        Ok(Some(page.of(rows, |row| row.ordinal, node, total)))
    }

    /// Its report, once it is finished.
    async fn report(&self, context: &Context<'_>) -> Result<Option<Report>, Failure> {
        let access = context.viewer()?.reads();
        Ok(reports::get(context.pool(), access, self.key()).await?.map(Report))
    }

    /// Counts its own events, not those of its deliveries.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct RunQuery;

#[Object]
impl RunQuery {
    /// A run; null if there is none of this id that you may see.
    async fn run(&self, context: &Context<'_>, id: ID) -> Result<Option<Run>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }
}

#[derive(InputObject)]
struct RunResendUnknownInput {
    id: ID,
}

#[derive(InputObject)]
struct RunAcceptUnknownInput {
    id: ID,
}

#[derive(InputObject)]
struct RunResendFailedInput {
    id: ID,
}

payload! {
    /// The run, which goes on, or what is wrong.
    RunResendUnknownPayload { run: Run }
}
payload! {
    /// The run as it is now, or what is wrong.
    RunAcceptUnknownPayload { run: Run }
}
payload! {
    /// The run that tries again, or what is wrong.
    RunResendFailedPayload { run: Run }
}

#[derive(Default)]
pub(crate) struct RunMutation;

#[Object]
impl RunMutation {
    /// Sends again every letter of a run that is in doubt and about which nobody has decided. Some may then arrive twice;
    /// the `Message-ID` stays the same. Safe to repeat.
    async fn run_resend_unknown(
        &self,
        context: &Context<'_>,
        input: RunResendUnknownInput,
    ) -> Result<Option<RunResendUnknownPayload>, Failure> {
        let outcome = decide(context, &input.id, Decision::Resend).await?;
        answer(context, outcome).await
    }

    /// Leaves every letter of a run that is in doubt as it is: seen, and not sent again.
    async fn run_accept_unknown(
        &self,
        context: &Context<'_>,
        input: RunAcceptUnknownInput,
    ) -> Result<Option<RunAcceptUnknownPayload>, Failure> {
        let outcome = decide(context, &input.id, Decision::Accept).await?;
        answer(context, outcome).await
    }

    /// Starts a run for those whose letters were rejected or given up in this one. Safe to repeat: a run is tried again
    /// once, and what fails there is tried again from there.
    async fn run_resend_failed(
        &self,
        context: &Context<'_>,
        input: RunResendFailedInput,
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
