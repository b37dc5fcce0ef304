//! What is written of a message besides what follows from it: that it came in, or that it is kept no longer.

use super::counting;
use super::message::Taken;
use crate::Services;
use crate::refusal::Refused;
use chrono::NaiveDate;
use domain::feedback::Via;
use sqlx::PgConnection;
use uuid::Uuid;

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
            Self::New => counting::add(transaction, day, via, taken).await,
            Self::Kept(id) => forget(transaction, id).await.map(drop),
        }
    }
}

/// Writes what a message was taken for of which nothing else is written in the same transaction.
pub(super) async fn close(services: &Services, entry: Entry, via: Via, taken: Taken) -> Result<Taken, Refused> {
    let mut connection = services.pool().acquire().await?;
    entry.close(&mut connection, services.now().date_naive(), via, taken).await?;
    Ok(taken)
}

/// Keeps a message no longer, and says whether it was there.
pub(super) async fn forget(connection: &mut PgConnection, id: Uuid) -> Result<bool, sqlx::Error> {
    let forgotten = sqlx::query!("delete from intake_messages where id = $1", id).execute(connection).await?;
    Ok(forgotten.rows_affected() > 0)
}
