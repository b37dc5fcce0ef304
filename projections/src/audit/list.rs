//! The audit log as a list, in both directions.
//!
//! Blocks lead to the places that have all answers asked for; what no answer tells (a moment to the microsecond, a text) is looked at event
//! by event. A text is looked for in only so many of the events that meet all else, moments in all of them: about where they are is known, and
//! what lies between there and them counts for nothing. Nobody is told of events that this read model does not show yet: later ones may become visible
//! before earlier ones, and whoever pages would miss these.

use super::exact::Exact;
use super::filter::Filter;
use super::places::{Places, by_rarity};
use super::range::{Direction, Range};
use super::search::{Counted, LOOKED_THROUGH, Search};
use crate::Access;
use crate::history::AuditEvent;
use sqlx::PgPool;

/// Which part of a list is read.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Only events behind this position.
    pub after: Option<i64>,
    /// Only events before this position.
    pub before: Option<i64>,
    /// From which end it is read.
    pub direction: Direction,
    /// How many events at most.
    pub limit: usize,
}

/// The events that pass the filter, in the direction of the window.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    window: Window,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let mut range = Range::shown(pool, filter).await?;
    if let Some(after) = window.after {
        range = range.beyond(after, Direction::Forwards);
    }
    if let Some(before) = window.before {
        range = range.beyond(before, Direction::Backwards);
    }
    let facets = by_rarity(pool, filter.facets(access)).await?;
    let search = Search {
        places: Places { pool, facets, object: filter.object },
        exact: Exact::of(filter),
        most: LOOKED_THROUGH,
    };
    search.gather(range, window.direction, window.limit).await
}

/// How many events pass the filter. Where only the events themselves tell, no more than [`LOOKED_THROUGH`] of the newest are looked at.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    Ok(counted(pool, access, filter).await?.events)
}

/// How many events pass the filter, as far as [`count`] counts them, and whether that is all of them.
pub async fn counted(pool: &PgPool, access: Access, filter: &Filter) -> Result<Counted, sqlx::Error> {
    let (facets, exact) = (filter.facets(access), Exact::of(filter));
    if facets.is_empty() && filter.object.is_none() && exact.is_nothing() {
        let folded = sqlx::query_scalar!(r#"select folded as "folded!" from projections where name = 'audit'"#);
        return Ok(Counted::whole(folded.fetch_one(pool).await?));
    }
    if let ([facet], None, true) = (&facets[..], filter.object, exact.is_nothing()) {
        let places = sqlx::query_scalar!(
            r#"select coalesce(sum(cardinality(places)), 0)::bigint as "count!" from audit where facet = $1 and key = $2"#,
            facet.question,
            facet.key,
        );
        return Ok(Counted::whole(places.fetch_one(pool).await?));
    }
    let range = Range::shown(pool, filter).await?;
    let facets = by_rarity(pool, facets).await?;
    Search { places: Places { pool, facets, object: filter.object }, exact, most: LOOKED_THROUGH }
        .count(range, Direction::Backwards)
        .await
}

/// The event at this position; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, position: i64) -> Result<Option<AuditEvent>, sqlx::Error> {
    let (after, before) = (position.saturating_sub(1), position.saturating_add(1));
    let window = Window { after: Some(after), before: Some(before), direction: Direction::Forwards, limit: 1 };
    Ok(page(pool, access, &Filter::default(), window).await?.pop())
}
