//! The report log.

use crate::ReportsVisibility;
use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{MailingKey, RunKey};
use crate::graphql::mailings::came_back::Feedback;
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::run::{Run, RunAttempt};
use crate::graphql::who::language::Language;
use async_graphql::{Context, Description, ID, Object, SimpleObject};
use domain::RunId;
use projections::{Access, reports};

/// How many letters of a finished run have which outcome. `planned` is the sum of `accepted`, `rejected`, `deferred`,
/// `unknown`, `suppressed`, `expired` and `pending`; `sameMailbox` is a part of `suppressed`.
#[derive(SimpleObject)]
struct Totals {
    /// How many letters the run had: one for each recipient.
    planned: i32,
    /// How many letters the mail server took.
    accepted: i32,
    /// How many letters the mail server refused for good.
    rejected: i32,
    /// How many letters the mail server refused for the moment. It is always 0, because a finished run has none; it is
    /// here because the sum in `Progress` has it too.
    deferred: i32,
    /// How many letters are in doubt: they were sent, but the service did not get the mail server's reply.
    unknown: i32,
    /// How many letters were never tried, because the mailing was cancelled or deleted, or because another recipient's
    /// address leads to the same mailbox.
    suppressed: i32,
    /// How many of the suppressed letters were not sent because another recipient's address, written differently, leads
    /// to the same mailbox, to which that recipient's letter went.
    same_mailbox: i32,
    /// How many letters were given up, because the mailing's window ended, or because the mailing was cancelled or
    /// deleted after the mail server had refused them for the moment.
    expired: i32,
    /// How many letters were not tried. It is always 0, because a finished run has none; it is here because the sum in
    /// `Progress` has it too.
    pending: i32,
}

impl From<&reports::Report> for Totals {
    fn from(report: &reports::Report) -> Self {
        let totals = &report.totals.0;
        Self {
            planned: int(totals.planned),
            accepted: int(totals.accepted),
            rejected: int(totals.rejected),
            deferred: int(totals.deferred),
            unknown: int(totals.unknown),
            suppressed: int(totals.suppressed),
            same_mailbox: int(report.left_out()),
            expired: int(totals.expired),
            pending: int(totals.pending),
        }
    }
}

/// A report: the summary of a finished run. While letters in doubt of the run are sent again, there is none; then there
/// is a new one.
#[derive(Description)]
pub(crate) struct Report(pub(crate) reports::Report);

#[Object(use_type_description)]
impl Report {
    /// The id of the report.
    pub(crate) async fn id(&self) -> ID {
        ID(format!("report.{}", self.0.run_id))
    }

    /// The run that the report is about; null if the viewer may see the report but not the run.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        Ok(context.tables().load_one(RunKey(self.0.run_id)).await?.transpose()?.map(Run))
    }

    /// The mailing of the run; null if the viewer may see the report but not the mailing.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.0.mailing_id)).await?.transpose()?.map(Mailing))
    }

    /// The moment when the run started.
    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    /// The moment when the last delivery of the run got its outcome.
    async fn finished_at(&self) -> DateTime {
        self.0.finished_at.into()
    }

    /// How long the run took from start to finish, in seconds.
    async fn seconds(&self) -> f64 {
        self.0.seconds()
    }

    /// How many letters per second got their outcome, over the whole run: all that were planned, also those that were
    /// never tried or were given up, divided by `seconds`. If the run took no time, it is their number.
    async fn per_second(&self) -> f64 {
        self.0.per_second()
    }

    /// How many letters of the run have which outcome.
    async fn totals(&self) -> Totals {
        Totals::from(&self.0)
    }

    /// How many letters of the run came back or were complained of after mail servers had taken them, as reported so far:
    /// they may become more when the run is long finished.
    async fn feedback(&self) -> Feedback {
        Feedback::new(&self.0.came_back(), int(self.0.totals.0.accepted))
    }

    /// A short result of the run: when it last tried, whether every letter was taken, and the last reply.
    async fn attempt(&self) -> RunAttempt {
        RunAttempt::from(&self.0)
    }

    /// The whole report in sentences, a line each.
    async fn text(
        &self,
        #[graphql(desc = "The language of the sentences; that of the run's owner if it is null or left out.")]
        language: Option<Language>,
    ) -> String {
        acts::mailings::reports::text(&self.0, language.map_or(self.0.language, Into::into))
    }
}

#[derive(Default)]
pub(crate) struct ReportQuery;

#[Object]
impl ReportQuery {
    /// The report of a run; null if the run is not finished, or if there is none that the viewer may see.
    async fn report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the run.")] run_id: ID,
    ) -> Result<Option<Report>, Failure> {
        read(context, &run_id).await
    }

    /// The reports of the viewer's finished runs, or of everybody's if the scope says so, in the order in which the
    /// runs finished, the latest first. If the service is set to show reports to all who are signed in, everybody may
    /// ask for the scope `ALL`.
    async fn reports(
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
            desc = "Whose reports the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Report>>, Failure> {
        let everybodys = scope == Some(Scope::All) || (scope.is_none() && !context.viewer()?.may_own());
        let readable = readable(context)?;
        let access = if everybodys && readable == Access::All { readable } else { context.scope(scope)? };
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let rows = reports::page(&pool, access, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let pool = pool.clone();
            async move { reports::count(&pool, access).await }
        });
        Ok(Some(page.of_read(context, rows, Report, total)))
    }
}

/// Whose reports the viewer may read. Others' mailings, runs and deliveries stay theirs, whatever the setting.
fn readable(context: &Context<'_>) -> Result<Access, Failure> {
    let viewer = context.viewer()?;
    Ok(match context.data_unchecked() {
        ReportsVisibility::Owner => viewer.reads(),
        ReportsVisibility::SignedIn => Access::All,
    })
}

/// The report of the run of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, id: &str) -> Result<Option<Report>, Failure> {
    let access = readable(context)?;
    let Ok(id) = id.parse::<RunId>() else { return Ok(None) };
    Ok(reports::get(context.pool(), access, id).await?.map(Report))
}
