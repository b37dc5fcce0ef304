//! Stretches of the log.

use super::filter::Filter;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

/// How far the moments of events can be from the order of their positions, which are drawn before.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// In which direction a list is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The oldest events come first.
    Forwards,
    /// The newest events come first.
    Backwards,
}

/// A stretch of the log, both ends in it; empty if they are the wrong way round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Range {
    /// The part of the log that the read model shows, as far as moments bound it.
    pub(super) async fn shown(pool: &PgPool, filter: &Filter) -> Result<Self, sqlx::Error> {
        let shown = sqlx::query_scalar!(r#"select position as "position!" from projections where name = 'audit'"#);
        let shown = shown.fetch_one(pool).await?;
        let mut range = Self { from: 1, to: shown };
        if let Some(since) = filter.since {
            range.from = first_since(pool, since.checked_sub_signed(SLACK).unwrap_or(since), shown).await?;
        }
        if let Some(until) = filter.until {
            range.to = first_since(pool, until.checked_add_signed(SLACK).unwrap_or(until), shown).await?.min(shown);
        }
        Ok(range)
    }

    pub(super) fn is_empty(self) -> bool {
        self.from > self.to
    }

    /// What is left of it behind a position, in this direction.
    pub(super) fn beyond(self, position: i64, direction: Direction) -> Self {
        match direction {
            Direction::Forwards => Self { from: self.from.max(position.saturating_add(1)), ..self },
            Direction::Backwards => Self { to: self.to.min(position.saturating_sub(1)), ..self },
        }
    }
}

/// About the first position up to `last` whose event was recorded at a moment or later, found by halving: no index knows moments, but
/// positions grow with them. The one behind the last, if all are older.
async fn first_since(pool: &PgPool, moment: DateTime<Utc>, last: i64) -> Result<i64, sqlx::Error> {
    let (mut low, mut high) = (1, last.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let next = sqlx::query!(
            "select position, recorded_at from events where position >= $1 and position <= $2 order by position limit 1",
            middle,
            last,
        )
        .fetch_optional(pool)
        .await?;
        match next {
            // There are gaps: where nothing is, the next one stands for it.
            Some(row) if row.recorded_at < moment => low = row.position + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_a_position_gets_smaller_and_ends() {
        let range = Range { from: 10, to: 20 };
        let ahead = range.beyond(12, Direction::Forwards);
        assert_eq!((ahead.from, ahead.to), (13, 20));
        let back = range.beyond(12, Direction::Backwards);
        assert_eq!((back.from, back.to), (10, 11));
        assert!(range.beyond(20, Direction::Forwards).is_empty());
        assert!(range.beyond(10, Direction::Backwards).is_empty());
        assert_eq!(range.beyond(3, Direction::Forwards).from, 10, "it does not grow");
        // Positions come from outside, too.
        assert!(range.beyond(i64::MAX, Direction::Forwards).is_empty());
        assert!(range.beyond(i64::MIN, Direction::Backwards).is_empty());
    }
}
