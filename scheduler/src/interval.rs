//! Durations as PostgreSQL has them.

use sqlx::postgres::types::PgInterval;
use std::time::Duration;

/// The duration as an interval of PostgreSQL.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
