//! Events that are looked for: their places first, and then what only they themselves tell.

use super::exact::Exact;
use super::places::Places;
use super::range::{Direction, Range};
use crate::history::AuditEvent;

/// So many events are looked at for what only they themselves tell, before a list ends; those of other moments than are asked for do not
/// count.
pub const LOOKED_THROUGH: usize = 50_000;

/// So many of them at a time.
const CHUNK: usize = 1_000;

/// How many events there are, as far as they were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many they are.
    pub events: i64,
    /// Whether that is all of them.
    pub is_whole: bool,
}

impl Counted {
    pub(super) fn whole(events: i64) -> Self {
        Self { events, is_whole: true }
    }
}

/// What is looked for, and by what.
pub(super) struct Search<'a> {
    pub(super) places: Places<'a>,
    pub(super) exact: Exact<'a>,
    /// How many events are looked at for what only they tell.
    pub(super) most: usize,
}

impl Search<'_> {
    /// The events in a stretch of the log, in this direction, so many at most.
    pub(super) async fn gather(
        &self,
        mut range: Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, sqlx::Error> {
        let mut found: Vec<AuditEvent> = Vec::new();
        let mut looked = 0;
        while found.len() < limit && looked < self.most && !range.is_empty() {
            let missing = limit - found.len();
            let wanted = if self.exact.is_nothing() { missing } else { CHUNK };
            let positions = self.places.positions(range, direction, wanted).await?;
            let Some(last) = positions.last().copied() else { break };
            range = range.beyond(last, direction);
            let positions = self.exact.in_time(self.places.pool, positions).await?;
            looked += positions.len();
            let mut rows = self.exact.read(self.places.pool, &positions, direction, missing).await?;
            rows.truncate(missing);
            found.extend(rows);
        }
        Ok(found)
    }

    /// How many there are.
    pub(super) async fn count(&self, mut range: Range, direction: Direction) -> Result<Counted, sqlx::Error> {
        let (mut events, mut looked) = (0, 0);
        let is_bounded = !self.exact.is_nothing();
        while !range.is_empty() {
            if is_bounded && looked >= self.most {
                return Ok(Counted { events, is_whole: false });
            }
            let positions = self.places.positions(range, direction, CHUNK * 10).await?;
            let Some(last) = positions.last().copied() else { break };
            range = range.beyond(last, direction);
            let positions = self.exact.in_time(self.places.pool, positions).await?;
            looked += positions.len();
            events += if self.exact.is_of_moments() {
                i64::try_from(positions.len()).unwrap_or(i64::MAX)
            } else {
                self.exact.passing(self.places.pool, &positions).await?
            };
        }
        Ok(Counted::whole(events))
    }
}
