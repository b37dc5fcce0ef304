use domain::Refusal;
use eventstore::{Blame, ExecuteError, StoreError};
use projections::{ReadError, Unreadable};
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
    #[error("{0}")]
    Refused(String),
    /// Others keep changing the same stream.
    #[error("too many changes at the same time")]
    Conflict,
    /// A row has a value that it cannot have.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The read models do not fit together.
    #[error("{0}")]
    Inconsistent(String),
    /// The periodic jobs could not be started.
    #[error("the periodic jobs cannot be started: {0}")]
    Jobs(#[from] JobSchedulerError),
}

impl EngineError {
    /// Whether everything else that is to be done now would meet the same, and may succeed later: then all of it waits. What
    /// concerns one mailing or one run only, such as a row that does not decode, keeps no other waiting.
    pub(crate) fn stops_all(&self) -> bool {
        match self {
            Self::Database(error) => Blame::of(error).may_pass(),
            Self::Store(error) => error.blame().may_pass(),
            Self::Refused(_) | Self::Conflict | Self::Unreadable(_) | Self::Inconsistent(_) | Self::Jobs(_) => false,
        }
    }

    pub(crate) fn from_execute<E: Refusal>(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(error) => Self::Refused(error.to_string()),
            ExecuteError::Store(error) => error.into(),
            ExecuteError::Conflict | ExecuteError::StaleVersion { .. } | ExecuteError::KeyReused => Self::Conflict,
        }
    }

    pub(crate) fn refused(error: &impl Refusal) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<ReadError> for EngineError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::Unreadable(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_row_that_does_not_decode_keeps_nothing_else_waiting_and_a_database_that_is_away_keeps_everything() {
        let undecodable = || sqlx::Error::ColumnDecode { index: "status".to_owned(), source: "no such status".into() };
        let away = || sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        for (error, stops_all) in [
            (EngineError::from(undecodable()), false),
            (EngineError::from(StoreError::from(undecodable())), false),
            (EngineError::Conflict, false),
            (EngineError::from(away()), true),
            (EngineError::from(StoreError::from(away())), true),
        ] {
            assert_eq!(error.stops_all(), stops_all, "{error}");
        }
    }
}
