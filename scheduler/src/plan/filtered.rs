//! The audience of a run whose mailing has segments, or leaves somebody out, is resolved in one statement, hence in one snapshot.
//!
//! What makes it is the plan of the run's start, with the filters that its segments had then. Who meets them is told by the read models
//! alone, so these have to show the start first. What comes of it is staged, see `staged.rs`: whoever plans goes on from there, also a
//! program of before, which by itself would know nothing of segments and would write to those who are to be left out. Migration 0059
//! refuses what it plans before that.

use super::staging::staging;
use crate::context::Context;
use crate::error::EngineError;
use domain::run::Run;
use domain::{MailingId, UserId};
use projections::mailings::Whom;
use projections::runs;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

impl Context {
    /// Whether the audience of the run is to be resolved like this: its mailing has, or once had, more than clients and groups. A run
    /// that was begun with in pages was so when it had nothing else.
    pub(super) async fn is_by_filter(&self, run: &runs::Run) -> Result<bool, EngineError> {
        let is = sqlx::query_scalar!(
            r#"select exists (select from mailings_by_filter where mailing_id = $1)
                      and not exists (select from runs_in_pages where run_id = $2) as "is!""#,
            run.mailing_id,
            run.id,
        );
        Ok(is.fetch_one(self.pool()).await?)
    }

    /// What makes the audience of such a run; `None` as long as the read models do not show what it depends on.
    pub(super) async fn whom(&self, run: &runs::Run) -> Result<Option<Whom>, EngineError> {
        let started = self.store.first_position::<Run>(run.id).await?;
        let mailing = (MailingId(run.mailing_id), UserId(run.owner_id));
        let whom = Whom::at_position(&self.store, mailing, started, run.started_at).await?;
        if whom.is_shown(self.pool(), run, started).await? {
            return Ok(Some(whom));
        }
        tracing::debug!(run = %run.id, "who belongs to what when the run started is not shown yet");
        Ok(None)
    }
}

/// What a statement that is put together ends with.
macro_rules! text {
    ($end:literal) => {
        $end
    };
}

/// Writes down whom the audience comes to, unless another planner has done that, or has frozen the run.
pub(super) async fn stage(transaction: &mut PgConnection, run: Uuid, whom: &Whom) -> Result<(), sqlx::Error> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new("with asked as (select ");
    query.push_bind(run).push("::uuid as run_id), found as materialized (select c.id, c.revision, c.email, c.mailbox ");
    whom.push(&mut query);
    query.push("), ").push(staging!(text));
    query.build().persistent(false).execute(transaction).await?;
    Ok(())
}
