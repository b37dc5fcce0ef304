//! The report log.

use crate::ReportsVisibility;
use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{MailingKey, RunKey};
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::run::{Run, RunAttempt};
use crate::graphql::who::viewer::Language;
use async_graphql::{Context, Description, ID, Object, SimpleObject};
use domain::RunId;
use projections::{Access, reports};
use sqlx::PgPool;

/// How many letters had which outcome in the end. `planned` is the sum of all the others; `sameMailbox` is a part of
/// `suppressed`.
#[derive(SimpleObject)]
struct Totals {
    /// All recipients.
    planned: i32,
    /// Taken by the mail server.
    accepted: i32,
    /// Refused for good.
    rejected: i32,
    /// Put off, to be tried again.
    deferred: i32,
    /// In doubt.
    unknown: i32,
    /// Never tried, because the mailing was cancelled or another recipient has the same mailbox.
    suppressed: i32,
    /// How many of the suppressed ones have the same mailbox as another recipient.
    same_mailbox: i32,
    /// Given up at the window's end.
    expired: i32,
    /// Not decided.
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

/// The summary of a finished run.
#[derive(Description)]
pub(crate) struct Report(pub(crate) reports::Report);

#[Object(use_type_description)]
impl Report {
    pub(crate) async fn id(&self) -> ID {
        ID(format!("report.{}", self.0.run_id))
    }

    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        Ok(context.tables().load_one(RunKey(self.0.run_id)).await?.map(Run))
    }

    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.0.mailing_id)).await?.map(Mailing))
    }

    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    async fn finished_at(&self) -> DateTime {
        self.0.finished_at.into()
    }

    /// From start to finish.
    async fn seconds(&self) -> f64 {
        self.0.seconds()
    }

    /// Letters per second.
    async fn per_second(&self) -> f64 {
        self.0.per_second()
    }

    async fn totals(&self) -> Totals {
        Totals::from(&self.0)
    }

    /// The run in one line.
    async fn attempt(&self) -> RunAttempt {
        RunAttempt::from(&self.0)
    }

    /// The same in sentences, a line each: in its owner's language, if no other is asked for.
    async fn text(&self, language: Option<Language>) -> String {
        self.0.text(language.map_or_else(|| self.0.language(), Into::into))
    }
}

#[derive(Default)]
pub(crate) struct ReportQuery;

#[Object]
impl ReportQuery {
    /// The report of a run; null if it is not finished, or if there is none that you may see.
    async fn report(&self, context: &Context<'_>, run_id: ID) -> Result<Option<Report>, Failure> {
        read(context, &run_id).await
    }

    /// The reports of finished runs, newest first. `ALL` is for everybody where reports are visible to all who are signed in.
    async fn reports(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
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
            async move { count(&pool, access).await }
        });
        Ok(Some(page.of(rows, reports::Report::cursor, Report, total)))
    }
}

async fn count(pool: &PgPool, access: Access) -> Result<i64, sqlx::Error> {
    let owner = match access {
        Access::Owner(owner) => Some(owner.0),
        Access::All => None,
    };
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from reports
            where finished_at is not null and ($1::uuid is null or owner_id = $1)"#,
        owner,
    )
    .fetch_one(pool)
    .await
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
