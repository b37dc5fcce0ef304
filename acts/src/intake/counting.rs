//! How much came in, and what it was.

use super::Taken;
use super::kept;
use crate::Services;
use crate::refusal::Refused;
use chrono::NaiveDate;
use domain::feedback::Via;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

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

/// Whence a message comes that is looked at, and so what is to be written of it besides what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It came in: it is counted.
    New,
    /// It was kept under this id, and counted then: now that it is understood, it is kept no longer.
    Kept(Uuid),
}

impl Entry {
    /// Writes that, in the transaction in which what follows is written. It comes before an append there: whoever has to wait for the
    /// row of a count has not begun to hold up the readers of the log.
    pub(super) async fn close(
        self,
        transaction: &mut PgConnection,
        day: NaiveDate,
        via: Via,
        taken: Taken,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::New => add(transaction, day, via, taken).await,
            Self::Kept(id) => kept::forget(transaction, id).await.map(drop),
        }
    }
}

/// Writes what a message was taken for of which nothing else is written in the same transaction.
pub(super) async fn close(services: &Services, entry: Entry, via: Via, taken: Taken) -> Result<Taken, Refused> {
    let mut connection = services.pool().acquire().await?;
    entry.close(&mut connection, services.now().date_naive(), via, taken).await?;
    Ok(taken)
}

async fn add(connection: &mut PgConnection, day: NaiveDate, via: Via, taken: Taken) -> Result<(), sqlx::Error> {
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
