//! A page of the log becomes rows: in sets, and one by one where something does not fit.

use crate::checkpoint::Checkpoint;
use crate::reading::{Broken, Page};
use crate::{Event, FoldError, Projection};
use sqlx::{Connection, PgConnection};

/// Projections that are at the same place in the log.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) after: i64,
    /// Where the next ones are, whom they join; or the end of what is settled.
    pub(crate) up_to: i64,
    pub(crate) members: Vec<Checkpoint>,
}

/// Folds a page into the projections of a group. Returns where each is then, with the number of events that brought it
/// there; those that failed at an event stand before it, with the reason.
pub(crate) async fn fold_page(
    connection: &mut PgConnection,
    page: &Page,
    group: &Group,
) -> Result<Vec<(Checkpoint, usize)>, FoldError> {
    let mut moved = Vec::with_capacity(group.members.len());
    for member in &group.members {
        let projection = member.projection;
        let concerning = page.events_for(projection);
        let failed =
            if concerning.is_empty() { None } else { fold_or_find(connection, projection, &concerning).await? };
        let stopped = match (failed, page.broken_for(projection)) {
            (Some((at, error)), _) => {
                let event = page.name_of(at);
                Some((at, format!("position {at}, {event}: {error}")))
            }
            (None, Some(broken)) => {
                let Broken { position, event, error, .. } = broken;
                Some((*position, format!("position {position}, {event}: {error}")))
            }
            (None, None) => None,
        };
        let (position, folded) = match &stopped {
            Some((at, _)) => page.before(*at),
            None => (page.last(), page.len()),
        };
        let error = stopped.map(|(_, error)| error);
        if member.error.is_some() && error.is_none() {
            tracing::info!(
                projection = projection.name(),
                "the projection gets on with the event that it had stopped at"
            );
        }
        moved.push((Checkpoint { projection, position: position.unwrap_or(group.after), error }, folded));
    }
    Ok(moved)
}

/// Folds the events in one go; if that fails, one by one up to the one that fails, whose position and reason
/// are returned.
pub(crate) async fn fold_or_find(
    connection: &mut PgConnection,
    projection: Projection,
    events: &[&Event],
) -> Result<Option<(i64, FoldError)>, FoldError> {
    let mut savepoint = connection.begin().await?;
    match projection.fold(&mut savepoint, events).await {
        Ok(()) => {
            savepoint.commit().await?;
            return Ok(None);
        }
        Err(error) if error.blame().may_pass() => return Err(error),
        Err(_) => savepoint.rollback().await?,
    }
    for event in events {
        let mut savepoint = connection.begin().await?;
        match projection.fold(&mut savepoint, &[event]).await {
            Ok(()) => savepoint.commit().await?,
            Err(error) if error.blame().may_pass() => return Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                return Ok(Some((event.position, error)));
            }
        }
    }
    Ok(None)
}
