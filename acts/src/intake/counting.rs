//! How much came in, and what it was.

use super::message::Taken;
use chrono::NaiveDate;
use domain::feedback::Via;
use sqlx::{PgConnection, PgPool};

/// How many messages came in on a day by one way and were taken for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// The way on which they came.
    pub via: Via,
    /// What they were taken for.
    pub taken: Taken,
    /// How many there were.
    pub messages: i64,
}

/// How many messages came in since that day, by day, way, and what they were taken for. What this version has no name for is left out.
pub async fn counts(pool: &PgPool, since: NaiveDate) -> Result<Vec<Count>, sqlx::Error> {
    let rows = sqlx::query!(
        "select day, via, taken, messages from intake_counts where day >= $1 order by day, via, taken",
        since,
    )
    .fetch_all(pool)
    .await?;
    let counts = rows.into_iter().filter_map(|row| {
        let (via, taken) = (Via::from_name(&row.via)?, Taken::from_name(&row.taken)?);
        Some(Count { day: row.day, via, taken, messages: row.messages })
    });
    Ok(counts.collect())
}

/// Counts a message.
pub(super) async fn add(
    connection: &mut PgConnection,
    day: NaiveDate,
    via: Via,
    taken: Taken,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into intake_counts as c (day, via, taken, messages) values ($1, $2, $3, 1)
         on conflict (day, via, taken) do update set messages = c.messages + 1",
        day,
        via.name(),
        taken.name(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
