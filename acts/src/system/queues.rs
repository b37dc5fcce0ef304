//! What waits in the service.

use crate::Services;
use crate::who::rights::Administrator;
use projections::{notices, runs};

/// What waits, of all owners together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queues {
    /// Letters of the service itself that have no outcome yet.
    pub notices: i64,
    /// Runs that are being planned or sent.
    pub runs: i64,
    /// Batches of recipients that are not through.
    pub batches: i64,
    /// Letters of which nobody knows whether they arrived.
    pub unknown: i64,
}

/// What waits right now.
pub async fn queues(services: &Services, _by: Administrator) -> Result<Queues, sqlx::Error> {
    let pool = services.pool();
    let runs = runs::numbers(pool).await?;
    let (notices, batches) = (notices::waiting(pool).await?, runs::batches_waiting(pool).await?);
    Ok(Queues { notices, runs: runs.open, batches, unknown: runs.unknown })
}
