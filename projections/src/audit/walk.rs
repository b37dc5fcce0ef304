//! The audit log from one end to the other.

use super::exact::Exact;
use super::facet::Facet;
use super::filter::Filter;
use super::places::{Places, by_rarity};
use super::range::{Direction, Range};
use super::search::Search;
use crate::Access;
use crate::history::AuditEvent;
use sqlx::PgPool;

/// The log from one end to the other, for files: as long as it is, and without what comes after it has begun.
#[derive(Debug)]
pub struct Walk {
    filter: Filter,
    facets: Vec<Facet>,
    /// What is left of it.
    range: Range,
}

impl Walk {
    /// The events that pass the filter, of which none is read yet.
    pub async fn open(pool: &PgPool, access: Access, filter: Filter) -> Result<Self, sqlx::Error> {
        let range = Range::shown(pool, &filter).await?;
        let facets = by_rarity(pool, filter.facets(access)).await?;
        Ok(Self { filter, facets, range })
    }

    /// The next of them, oldest first: so many, or fewer at the end.
    pub async fn next(&mut self, pool: &PgPool, limit: usize) -> Result<Vec<AuditEvent>, sqlx::Error> {
        let (facets, exact) = (self.facets.clone(), Exact::of(&self.filter));
        let search = Search { places: Places { pool, facets, object: self.filter.object }, exact, most: usize::MAX };
        let found = search.gather(self.range, Direction::Forwards, limit).await?;
        self.range = match found.last() {
            Some(last) => self.range.beyond(last.position, Direction::Forwards),
            None => Range { from: 1, to: 0 },
        };
        Ok(found)
    }
}
