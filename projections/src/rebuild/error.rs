//! Why a read model is not rebuilt.

use super::begin::NotBegun;
use crate::FoldError;
use eventstore::StoreError;
use std::sync::Arc;

/// Why a rebuild failed. The live tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// An event could not be folded.
    #[error("the event at position {position} cannot be folded: {error}")]
    Event {
        /// The position in the log of the event that could not be folded.
        position: i64,
        /// Why the event could not be folded.
        error: Arc<FoldError>,
    },
    /// Not all events of the log were read.
    #[error("{folded} events were folded, but the log has {total} up to position {position}; nothing was changed")]
    Incomplete {
        /// How many events were folded.
        folded: i64,
        /// How many events there are.
        total: i64,
        /// The position in the log up to which they are counted.
        position: i64,
    },
    /// The tables that were filled are not those that the database has now.
    #[error("the database was migrated while the projection was being rebuilt; nothing was changed, rebuild it again")]
    Migrated,
    /// Something came to depend on the tables while the new ones were filled.
    #[error("{what} came to depend on the tables that would be exchanged: drop it, rebuild, and make it again")]
    Obstructed {
        /// The first one, as PostgreSQL calls it.
        what: String,
    },
    /// It has not begun.
    #[error(transparent)]
    NotBegun(#[from] NotBegun),
    /// PostgreSQL did not answer, or refused. Shared by those who were filled over the same connection.
    #[error("the database cannot be used: {0}")]
    Database(Arc<sqlx::Error>),
    /// The log could not be read. Shared by all who would have folded it.
    #[error("{0}")]
    Store(Arc<StoreError>),
    /// Who read the log went away before its end.
    #[error("the log was not read to its end; the same command goes on where this ended")]
    Unread,
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl RebuildError {
    /// The same error for another projection: one of those that concern all who are rebuilt together.
    pub(super) fn shared(&self) -> Self {
        match self {
            Self::Database(error) => Self::Database(Arc::clone(error)),
            Self::Store(error) => Self::Store(Arc::clone(error)),
            _ => Self::Unread,
        }
    }
}
