//! Changes of a part of something: what is not named stays as it is.

use crate::Services;
use crate::refusal::Refused;
use domain::Decide;
use eventstore::{ExecuteError, Metadata, Receipt};
use uuid::Uuid;

/// How often to merge again when somebody else changed the same.
const ATTEMPTS: u32 = 6;

/// Runs the command that `merge` makes of what is there now; again, when that has changed meanwhile and nobody asked for a
/// certain version.
pub(crate) async fn execute<A>(
    services: &Services,
    id: Uuid,
    expected: Option<i64>,
    metadata: &Metadata,
    merge: impl Fn(&A) -> Result<A::Command, Refused>,
) -> Result<Receipt, Refused>
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: words::Told + Send + 'static,
{
    for _ in 0..ATTEMPTS {
        let loaded = services.store.load::<A>(id).await?;
        let command = merge(&loaded.state)?;
        let seen = expected.unwrap_or(loaded.version);
        match services.store.execute_expecting::<A>(id, Some(seen), command, metadata).await {
            Err(ExecuteError::StaleVersion { .. }) if expected.is_none() => {}
            done => return Ok(done?),
        }
    }
    Err(ExecuteError::<A::Error>::Conflict.into())
}
