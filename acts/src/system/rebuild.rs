//! Filling read models anew, while the service goes on.

use crate::Services;
use crate::refusal::{Problem, Refused};
use crate::who::rights::{Administrator, InPerson};
use domain::Code;
use eventstore::Metadata;
use projections::{NotBegun, Projection, Rebuild};
use words::queries::Problem as Words;

/// Begins to fill the read model of this name anew, or goes on with what was stopped; without a name all of them, with one reading
/// of the log, but for those that are being filled already or cannot be. Does not wait for its end, which the standing of the read models
/// tells. Returns those that it has begun with.
pub async fn rebuild(
    services: &Services,
    _by: &InPerson<Administrator>,
    name: Option<&str>,
    metadata: &Metadata,
) -> Result<Vec<Projection>, Refused> {
    let projections = match name.map(Projection::from_name) {
        None => Projection::ALL.to_vec(),
        Some(Some(projection)) => vec![projection],
        Some(None) => {
            let names: Vec<_> = Projection::ALL.iter().map(|projection| projection.name()).collect();
            return Err(Problem::new(Code::NotFound, &["name"], Words::NoProjection { names: names.join(", ") }).into());
        }
    };
    let (rebuild, left) = Rebuild::begin_together(&services.store, &projections, metadata).await?;
    let is_left = |projection: &Projection| left.iter().any(|(it, _)| it == projection);
    let begun: Vec<Projection> = projections.into_iter().filter(|it| !is_left(it)).collect();
    if begun.is_empty() {
        return Err(refused(left));
    }
    for (projection, why) in left {
        tracing::warn!(projection = projection.name(), %why, "a rebuild was not begun");
    }
    // It outlives the request; if the process ends first, the next one who asks goes on where it was.
    tokio::spawn(async move {
        for (projection, ended) in rebuild.run_each(|_, _| {}).await {
            let name = projection.name();
            match ended {
                Ok(progress) => tracing::info!(projection = name, events = progress.folded, "rebuilt"),
                Err(error) => tracing::error!(projection = name, %error, "a rebuild was stopped"),
            }
        }
    });
    Ok(begun)
}

/// Why none was begun. What somebody has to mend says more than that another rebuild is at it.
fn refused(left: Vec<(Projection, NotBegun)>) -> Refused {
    let why = left.into_iter().map(|(_, why)| why).find(|why| !matches!(why, NotBegun::Busy));
    match why.unwrap_or(NotBegun::Busy) {
        NotBegun::Busy => Problem::new(Code::RebuildRunning, &["name"], Words::ProjectionBusy).into(),
        NotBegun::Outdated { migration } => {
            Problem::new(Code::ProgramOutdated, &["name"], Words::ProgramOutdated { migration }).into()
        }
        NotBegun::Obstructed { what } => {
            Problem::new(Code::RebuildObstructed, &["name"], Words::ProjectionObstructed { what }).into()
        }
        NotBegun::Failed(error) => error.into(),
    }
}
