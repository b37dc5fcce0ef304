//! The groups that mailings named when their runs started.

use crate::error::EngineError;
use domain::GroupId;
use domain::mailing::{self, Mailing};
use domain::run::Run;
use eventstore::EventStore;
use projections::runs;
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// What tells what a mailing is.
const OF_PLAN: [&str; 2] = ["Created", "Changed"];

/// The groups that the mailings of these runs named when these started, by the runs' ids, as the log has them: their recipients were
/// invited by these, whatever is planned since.
pub(super) async fn of_runs(pool: &PgPool, runs: &[runs::Run]) -> Result<HashMap<Uuid, Vec<GroupId>>, EngineError> {
    let pairs: Vec<(Uuid, Uuid)> = runs.iter().map(|run| (run.mailing_id, run.id)).collect();
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let told = EventStore::events_before::<Mailing, Run>(pool, &pairs, &OF_PLAN).await?;
    Ok(pairs.into_iter().zip(told).map(|((_, run), events)| (run, named(events))).collect())
}

/// The groups that a mailing named at last which was told this.
fn named(events: Vec<mailing::Event>) -> Vec<GroupId> {
    let last = events.into_iter().rev().find_map(|event| match event {
        mailing::Event::Created { plan, .. } | mailing::Event::Changed { plan, .. } => Some(plan.audience.groups),
        _ => None,
    });
    last.unwrap_or_default().into_iter().collect()
}
