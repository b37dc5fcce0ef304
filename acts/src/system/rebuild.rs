//! Filling a read model anew, while the service goes on.

use crate::Services;
use crate::refusal::{Problem, Refused};
use crate::who::rights::{Administrator, InPerson};
use domain::Code;
use eventstore::Metadata;
use projections::{Projection, Rebuild};
use words::queries::Problem as Words;

/// Begins to fill the read model of this name anew, or goes on with what was stopped. Does not wait for its end, which the
/// standing of the read models tells.
pub async fn rebuild(
    services: &Services,
    _by: &InPerson<Administrator>,
    name: &str,
    metadata: &Metadata,
) -> Result<Projection, Refused> {
    let Some(projection) = Projection::from_name(name) else {
        let names: Vec<_> = Projection::ALL.iter().map(|projection| projection.name()).collect();
        return Err(Problem::new(Code::NotFound, &["name"], Words::NoProjection { names: names.join(", ") }).into());
    };
    let Some(rebuild) = Rebuild::begin(&services.store, projection, metadata).await? else {
        return Err(Problem::new(Code::RebuildRunning, &["name"], Words::ProjectionBusy).into());
    };
    // It outlives the request; if the process ends first, the next one who asks goes on where it was.
    tokio::spawn(async move {
        let name = projection.name();
        match rebuild.run(|_| {}).await {
            Ok(progress) => tracing::info!(projection = name, events = progress.folded, "rebuilt"),
            Err(error) => tracing::error!(projection = name, %error, "a rebuild was stopped"),
        }
    });
    Ok(projection)
}
