//! What ends a request or a field of it: the top-level `errors`. What a caller can mend in an input is no failure but
//! a `userError`.

use acts::refusal::{Fault, Refused};
use domain::Code;
use eventstore::{Blame, StoreError};
use projections::{ReadError, Unreadable};
use std::sync::Arc;
use tokio::task::JoinError;
use words::Said;
use words::rights::Lacking;

/// Why a field has no value, or a request no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// The viewer lacks a right, whatever object it is about.
    #[error("{0}")]
    Forbidden(Said),
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(Said),
    /// No connection was free in time, and PostgreSQL is well: the caller's own requests keep them busy.
    #[error("the caller's own requests keep all connections busy")]
    InItsOwnWay,
    /// The row that was asked for has a value that it cannot have.
    #[error("{0}")]
    Unreadable(Unreadable),
    /// Such a row is left out of a list, of which the others are answered.
    #[error("{0}")]
    LeftOut(Unreadable),
    /// The store cannot be used. Its words are for the log.
    #[error("{0}")]
    Store(Arc<StoreError>),
    /// This program or its machine is at fault. The words are for the log.
    #[error("{0}")]
    Fault(Arc<Fault>),
}

impl Failure {
    /// What a token that may only look is told when it is to change something.
    pub(crate) fn read_only() -> Self {
        Self::Forbidden(words::http::Problem::ReadOnly.into())
    }

    /// Whether a connection was waited for in vain. Only the health of the service tells whose fault that is.
    pub(crate) fn met_a_crowd(&self) -> bool {
        matches!(self, Self::Store(error) if error.blame() == Blame::Crowded)
    }

    /// The code for programs.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::BadRequest(_) => Code::BadRequest,
            Self::InItsOwnWay => Code::Timeout,
            Self::Store(error) => match error.blame() {
                Blame::Slow | Blame::Locked => Code::Timeout,
                Blame::Away | Blame::Crowded | Blame::Garbled | Blame::Idle => Code::Unavailable,
                Blame::Conflict | Blame::Row | Blame::Program => Code::Internal,
            },
            Self::Fault(_) => Code::Internal,
            Self::Unreadable(_) | Self::LeftOut(_) => Code::RowUnreadable,
        }
    }
}

impl From<Lacking> for Failure {
    fn from(lacking: Lacking) -> Self {
        Self::Forbidden(lacking.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<Unreadable> for Failure {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::Unreadable(error) => error.into(),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        Fault::from(error).into()
    }
}

/// What is left of a refusal when its problems have become `userErrors`.
pub(crate) fn problems_or_failure(refused: Refused) -> Result<Vec<acts::Problem>, Failure> {
    match refused {
        Refused::Problems(problems) => Ok(problems),
        Refused::Forbidden(why) => Err(Failure::Forbidden(why)),
        Refused::Unreadable(error) => Err(error.into()),
        Refused::Store(error) => Err(error.into()),
        Refused::Fault(fault) => Err(fault.into()),
    }
}
