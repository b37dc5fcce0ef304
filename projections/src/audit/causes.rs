//! What events followed from, and what followed from them.

use super::exact::Exact;
use super::filter::Filter;
use super::places::Places;
use super::range::{Direction, Range};
use super::search::{LOOKED_THROUGH, Search};
use crate::Access;
use crate::history::AuditEvent;
use sqlx::PgPool;

/// The event that another one followed from; `None` if it followed from none, or from one that may not be read. It is looked for among the
/// latest before it of the same course of things, to which causes belong.
pub async fn cause(pool: &PgPool, access: Access, event: &AuditEvent) -> Result<Option<AuditEvent>, sqlx::Error> {
    let Some(cause) = event.caused_by() else { return Ok(None) };
    let filter = Filter { correlation: event.correlation(), ..Filter::default() };
    let exact = Exact { event_id: Some(cause), ..Exact::default() };
    let range = Range::shown(pool, &filter).await?.beyond(event.position, Direction::Backwards);
    let search =
        Search { places: Places { pool, facets: filter.facets(access), object: None }, exact, most: LOOKED_THROUGH };
    Ok(search.gather(range, Direction::Backwards, 1).await?.pop())
}

/// The events that followed from one, oldest first, after a position: those of the same course of things, of which the next are looked at.
pub async fn effects(
    pool: &PgPool,
    access: Access,
    event: &AuditEvent,
    after: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let filter = Filter { correlation: event.correlation(), ..Filter::default() };
    let exact = Exact { caused_by: Some(event.event_id), ..Exact::default() };
    let after = after.map_or(event.position, |after| after.max(event.position));
    let range = Range::shown(pool, &filter).await?.beyond(after, Direction::Forwards);
    let search =
        Search { places: Places { pool, facets: filter.facets(access), object: None }, exact, most: LOOKED_THROUGH };
    search.gather(range, Direction::Forwards, limit).await
}

/// How many events followed from one, among those that are looked at for it.
pub async fn count_effects(pool: &PgPool, access: Access, event: &AuditEvent) -> Result<i64, sqlx::Error> {
    let filter = Filter { correlation: event.correlation(), ..Filter::default() };
    let exact = Exact { caused_by: Some(event.event_id), ..Exact::default() };
    let range = Range::shown(pool, &filter).await?.beyond(event.position, Direction::Forwards);
    let search =
        Search { places: Places { pool, facets: filter.facets(access), object: None }, exact, most: LOOKED_THROUGH };
    Ok(search.count(range, Direction::Forwards).await?.events)
}
