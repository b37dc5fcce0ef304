//! How far the read models are, and filling them anew.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, Long};
use crate::graphql::kit::user_error::{UserError, refusal};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use projections::{Standing, standing};

/// How far a read model is. Read models, also called projections, are the tables that answers are read from; each is
/// filled from the log of events, and may be behind it.
#[derive(Clone, SimpleObject)]
struct ProjectionStatus {
    /// The name of the read model, such as `mailings`.
    name: String,
    /// The position in the log of the last event that the read model shows.
    position: Long,
    /// The position in the log of the last event that there is.
    head: Long,
    /// How many positions of the log the read model is behind; 0 if it shows all.
    lag_events: Long,
    /// How old the first event is that the read model does not show yet, in seconds; 0 if it shows all.
    lag_seconds: f64,
    /// How many events the read model has taken in so far to become what it is.
    folded: Long,
    /// Where in the log the read model has stopped, and why, as an English text; null if it has not stopped. A read
    /// model that has stopped shows nothing newer until the program is mended or the read model is rebuilt.
    error: Option<String>,
    /// The moment when the read model last changed.
    updated_at: DateTime,
    /// How far a rebuild of the read model is; null if there is none, or if it is finished: then the new read model is
    /// the one that is shown.
    rebuild: Option<ProjectionRebuild>,
}

/// A rebuild: a read model is filled anew from the log, beside the old one, which is shown meanwhile. At the end the
/// new one takes the place of the old one.
#[derive(Clone, SimpleObject)]
struct ProjectionRebuild {
    /// Whether the rebuild is going on. If not, it was stopped: `projectionRebuild` makes it go on where it was.
    running: bool,
    /// How many events the new read model has taken in so far.
    folded: Long,
    /// How many events the new read model has to take in altogether, as far as that is known.
    total: Long,
    /// Why the rebuild was stopped, or for whom it waits if it is going on, as an English text; null if neither is so, or if it is not
    /// known. The new read model waits for whoever has been reading the old one for long, such as a backup; everything else goes on.
    error: Option<String>,
    /// The moment when the rebuild last made progress.
    updated_at: DateTime,
}

#[derive(Default)]
pub(crate) struct ProjectionQuery;

#[Object]
impl ProjectionQuery {
    /// How far each read model is. This is for administrators.
    async fn projections(&self, context: &Context<'_>) -> Result<Option<Vec<ProjectionStatus>>, Failure> {
        context.administrator()?;
        Ok(Some(read(context).await?))
    }
}

/// The read models that `projectionRebuild` fills anew.
#[derive(InputObject)]
struct ProjectionRebuildInput {
    /// The name of the read model, as `projections` tells it; null for all of them, which takes little longer than the one
    /// that takes longest.
    name: Option<String>,
}

/// The read models that are being rebuilt, or why they are not.
#[derive(SimpleObject)]
struct ProjectionRebuildPayload {
    /// The read model that was named, with how far its rebuild is; null if there are user errors, or if none was named.
    projection: Option<ProjectionStatus>,
    /// The read models whose rebuilds have begun, with how far they are; empty if there are user errors.
    projections: Vec<ProjectionStatus>,
    /// Why no rebuild was begun; empty if one was begun or goes on. The description of the mutation names the codes.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ProjectionMutation;

#[Object]
impl ProjectionMutation {
    /// Begins to rebuild a read model or all of them, or goes on with rebuilds that were stopped. The answer does not wait for their
    /// end: `projections` tells how far each is, and the `rebuild` there is null again when it is finished. After that a
    /// repeated request begins another one. This is for administrators, and can be done with a session only: an API
    /// token gets the error `FORBIDDEN`. Of the mutations that `sessionCreate` names a request can have one only
    /// (`TOO_COMPLEX`).
    ///
    /// The user errors are `NOT_FOUND`, if there is no read model of this name; `REBUILD_RUNNING`, if a rebuild of it is going on, or of
    /// all of them; `REBUILD_OBSTRUCTED`, if something in the database depends on its tables; and `PROGRAM_OUTDATED`, if a newer
    /// version of the program has migrated the database. Then nothing is changed. Where all are asked for, those are left out that
    /// are being rebuilt or cannot be, as long as there are others.
    async fn projection_rebuild(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The read model to fill anew, or all.")] input: ProjectionRebuildInput,
    ) -> Result<Option<ProjectionRebuildPayload>, Failure> {
        let by = context.in_person(context.administrator()?)?;
        let (services, name) = (context.services(), input.name.as_deref());
        let begun = match acts::system::rebuild(services, &by, name, &context.metadata()?).await {
            Ok(begun) => begun,
            Err(refused) => {
                let user_errors = refusal::<()>(refused)?.user_errors;
                return Ok(Some(ProjectionRebuildPayload { projection: None, projections: Vec::new(), user_errors }));
            }
        };
        let mut all = read(context).await?;
        all.retain(|status| begun.iter().any(|projection| projection.name() == status.name));
        let projection = all.iter().find(|status| name == Some(status.name.as_str())).cloned();
        Ok(Some(ProjectionRebuildPayload { projection, projections: all, user_errors: Vec::new() }))
    }
}

/// The status of every read model.
async fn read(context: &Context<'_>) -> Result<Vec<ProjectionStatus>, Failure> {
    let now = context.services().now();
    let rows = standing(context.pool(), None).await?;
    let status = |row: Standing| ProjectionStatus {
        lag_events: Long((row.head - row.position).max(0)),
        lag_seconds: row.waiting_since.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0)),
        position: Long(row.position),
        head: Long(row.head),
        rebuild: row.rebuild_folded.zip(row.rebuild_updated_at).map(|(folded, updated_at)| ProjectionRebuild {
            running: row.rebuild_running,
            folded: Long(folded),
            // What is shown was folded from all events once, but for those that came last.
            total: Long(row.folded.max(folded)),
            error: row.rebuild_error,
            updated_at: updated_at.into(),
        }),
        name: row.name,
        folded: Long(row.folded),
        error: row.error,
        updated_at: row.updated_at.into(),
    };
    Ok(rows.into_iter().map(status).collect())
}
