use domain::Refusal;
use eventstore::{ExecuteError, StoreError};
use tokio_cron_scheduler::JobSchedulerError;

/// Why the engine could not do something. It goes on by itself once the cause is gone.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// PostgreSQL did not answer, or refused.
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    /// The log could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The domain refuses a step of the engine, which is a bug.
    #[error("{code}: {sentence}")]
    Refused {
        /// See [`Refusal::code`].
        code: &'static str,
        /// The error as a sentence.
        sentence: String,
    },
    /// Others keep changing the same stream.
    #[error("too many changes at the same time")]
    Conflict,
    /// The read models do not fit together.
    #[error("{0}")]
    Inconsistent(String),
    /// The periodic jobs could not be started.
    #[error("the periodic jobs cannot be started: {0}")]
    Jobs(#[from] JobSchedulerError),
}

impl EngineError {
    /// Whether the same may succeed once PostgreSQL is back.
    pub(crate) fn is_unavailable(&self) -> bool {
        match self {
            Self::Database(_) => true,
            Self::Store(error) => error.is_unavailable(),
            Self::Refused { .. } | Self::Conflict | Self::Inconsistent(_) | Self::Jobs(_) => false,
        }
    }

    pub(crate) fn from_execute<E: Refusal>(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(error) => Self::Refused { code: error.code(), sentence: error.to_string() },
            ExecuteError::Store(error) => error.into(),
            ExecuteError::Conflict | ExecuteError::StaleVersion { .. } | ExecuteError::KeyReused => Self::Conflict,
        }
    }

    pub(crate) fn refused(error: &impl Refusal) -> Self {
        Self::Refused { code: error.code(), sentence: error.to_string() }
    }
}
