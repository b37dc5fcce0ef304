use crate::Blame;
use domain::{Claim, Decide};
use std::time::Duration;

/// The store cannot be used, whatever is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL did not answer, or refused.
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    /// PostgreSQL has neither answered nor hung up, and the answer would be of no use any more.
    #[error("the database has not answered for {0:?}")]
    Silent(Duration),
    /// An event cannot be written or read as JSON.
    #[error("an event of {aggregate} {id} cannot be read or written: {source}")]
    Payload {
        /// The aggregate type of the stream.
        aggregate: &'static str,
        /// The id of the stream.
        id: String,
        /// What did not fit.
        source: serde_json::Error,
    },
    /// An event was written by a newer program in another form. Deciding without it could be wrong.
    #[error(
        "an event of {aggregate} {id} has version {version:?}, which this program does not know: use its newest version"
    )]
    Version {
        /// The aggregate type of the stream.
        aggregate: &'static str,
        /// The id of the stream.
        id: String,
        /// The version of the event.
        version: String,
    },
    /// postgres-es could not load a stream.
    #[error("a stream cannot be loaded: {0}")]
    Load(#[from] cqrs_es::persist::PersistenceError),
    /// The task that was to do it is gone.
    #[error("the task ended before its answer: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl StoreError {
    /// What is to blame. See [`Blame::may_pass`] for whether the same may succeed later.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Database(error) => Blame::of(error),
            Self::Load(error) => Blame::of_load(error),
            Self::Silent(_) => Blame::Away,
            Self::Payload { .. } | Self::Version { .. } => Blame::Row,
            // Tasks end before their answer if they panic, or if the process ends.
            Self::Task(error) if error.is_cancelled() => Blame::Away,
            Self::Task(_) => Blame::Program,
        }
    }
}

/// Why events were not appended. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended to one of the streams in the meantime.
    #[error("another event was appended to the stream in the meantime")]
    Conflict,
    /// Somebody else holds a value that may exist only once.
    #[error("a claim is held by another stream")]
    Claimed(Option<Claim>),
    /// Nobody else holds such a claim, and somebody must.
    #[error("the last claim of its kind would be given up")]
    Needed(Claim),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AppendError {
    /// What is to blame.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Conflict | Self::Claimed(_) | Self::Needed(_) => Blame::Conflict,
            Self::Store(error) => error.blame(),
        }
    }

    /// The same error for whoever gave the command that led to these events.
    pub fn refused<A: Decide>(self) -> ExecuteError<A::Error> {
        let refusal = match self {
            Self::Store(error) => return ExecuteError::Store(error),
            Self::Conflict => None,
            Self::Claimed(claim) => claim.as_ref().and_then(A::claimed),
            Self::Needed(claim) => A::needed(&claim),
        };
        refusal.map_or(ExecuteError::Conflict, ExecuteError::Refused)
    }
}

impl From<sqlx::Error> for AppendError {
    fn from(error: sqlx::Error) -> Self {
        // A deadlock's victim lost to another append, like one that met its event.
        if Blame::of(&error) == Blame::Conflict {
            return Self::Conflict;
        }
        Self::Store(error.into())
    }
}

/// Why a command had no effect.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E: std::error::Error> {
    /// The domain says no.
    #[error(transparent)]
    Refused(E),
    /// The caller decided on an older state.
    #[error("the stream is at version {actual}, and not at {expected}, on which the caller decided")]
    StaleVersion {
        /// The version that the caller saw.
        expected: i64,
        /// The version that there is.
        actual: i64,
    },
    /// The stream was created by another request with other content.
    #[error("the stream was begun with other content")]
    KeyReused,
    /// Others kept appending to the same stream.
    #[error("others keep appending to the same stream")]
    Conflict,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E: std::error::Error> From<sqlx::Error> for ExecuteError<E> {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
