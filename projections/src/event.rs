//! An event as the read models fold it, and why one cannot be folded.

use chrono::{DateTime, Utc};
use domain::{Fact, UnknownFact};
use eventstore::{Blame, Recorded, StoreError};
use sqlx::postgres::PgQueryResult;
use uuid::Uuid;

/// A row of the log, read.
#[derive(Clone, Debug)]
pub struct Event {
    /// The event's place in the log.
    pub position: i64,
    /// The event's place in its stream: the version of what it describes.
    pub version: i64,
    /// The moment when PostgreSQL took the event.
    pub at: DateTime<Utc>,
    /// What happened, as the domain knows it.
    pub fact: Fact,
}

impl Event {
    pub(crate) fn of(recorded: &Recorded, fact: Fact) -> Self {
        Self { position: recorded.position, version: recorded.sequence, at: recorded.recorded_at, fact }
    }
}

/// Why a projection could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// PostgreSQL did not answer, or refused the rows.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event is none that this version knows.
    #[error(transparent)]
    Unknown(#[from] UnknownFact),
    /// A stream lacks an event, or has one out of order.
    #[error("stream {stream} goes on with event {found} where {expected} should follow")]
    Gap {
        /// The stream in which events are missing.
        stream: String,
        /// The sequence that should follow.
        expected: i64,
        /// The place in the stream of the event that was found.
        found: i64,
    },
    /// A row that an earlier event must have written is not there, or does not read as it was written.
    #[error("{0}")]
    Inconsistent(String),
}

impl FoldError {
    /// What is to blame. If the same may succeed later, it is no fault of the event's.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Database(error) => Blame::of(error),
            Self::Store(error) => error.blame(),
            Self::Unknown(_) | Self::Gap { .. } | Self::Inconsistent(_) => Blame::Row,
        }
    }
}

/// An event changes a row that an earlier one wrote. If there is none the log is wrong or was misread, and going on would
/// hide it.
pub(crate) fn touched(done: &PgQueryResult, table: &str, id: Uuid) -> Result<(), FoldError> {
    if done.rows_affected() == 0 {
        return Err(FoldError::Inconsistent(format!("there is no row {id} in {table}")));
    }
    Ok(())
}
