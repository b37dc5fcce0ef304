use domain::{Claim, Decide};

/// PostgreSQL's code for a session that it ended because a transaction stood still.
const IDLE: &str = "25P03";

/// The store cannot be used, whatever is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL did not answer, or refused.
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
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
    /// The task that ran a command is gone.
    #[error("the command's task ended before its answer: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl StoreError {
    /// Whether PostgreSQL gave up because the statement took longer than it may (57014), or waited too long for a lock
    /// (55P03). Nothing of the statement's transaction was written.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        let code = self.database().and_then(sqlx::Error::as_database_error).and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| code == "57014" || code == "55P03")
    }

    /// Whether no connection was free for as long as one is waited for: PostgreSQL is away, or others keep all of them busy.
    #[must_use]
    pub fn waited_in_vain(&self) -> bool {
        matches!(self.database(), Some(sqlx::Error::PoolTimedOut))
    }

    /// What sqlx said, also to postgres-es.
    fn database(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Load(cqrs_es::persist::PersistenceError::UnknownError(error)) => error.downcast_ref(),
            Self::Load(_) | Self::Payload { .. } | Self::Version { .. } | Self::Task(_) => None,
        }
    }

    /// Whether the same may succeed once PostgreSQL is back.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Database(error) => {
                matches!(
                    error,
                    sqlx::Error::Io(_)
                        | sqlx::Error::PoolTimedOut
                        | sqlx::Error::PoolClosed
                        | sqlx::Error::Tls(_)
                        | sqlx::Error::Protocol(_)
                        | sqlx::Error::WorkerCrashed
                ) || error
                    .as_database_error()
                    .and_then(sqlx::error::DatabaseError::code)
                    // Class 57: operator intervention, which is also what a shutting down or starting server says; 53: out
                    // of disk, memory or connections; 25P03: we said nothing for longer than our transaction may.
                    .is_some_and(|code| ["57", "53", "08", IDLE].iter().any(|class| code.starts_with(class)))
            }
            // postgres-es calls only some of a lost connection's errors so; the others are unknown to it.
            Self::Load(error) => {
                use cqrs_es::persist::PersistenceError::{ConnectionError, UnknownError};
                matches!(error, ConnectionError(_) | UnknownError(_))
            }
            Self::Payload { .. } | Self::Version { .. } | Self::Task(_) => false,
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
    /// Whether PostgreSQL gave up waiting for us in mid-transaction: then surely nothing was written.
    pub(crate) fn is_idle(&self) -> bool {
        let Self::Store(StoreError::Database(error)) = self else { return false };
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == IDLE)
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
        if error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "40P01") {
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
    #[error("it was changed in the meantime: you saw version {expected}, it is at {actual}; load it again")]
    StaleVersion {
        /// The version that the caller saw.
        expected: i64,
        /// The version that there is.
        actual: i64,
    },
    /// The stream was created by another request with other content.
    #[error("this idempotency key was used with other input; use a new key for a new request")]
    KeyReused,
    /// Others kept appending to the same stream.
    #[error("too many changes at the same time; try again")]
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
