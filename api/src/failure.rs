//! What ends a request or a field of it: the top-level `errors`. What a caller can mend in an input is no failure but
//! a `userError`.

use acts::refusal::{Fault, Refused};
use domain::{Code, Said};
use eventstore::{Blame, StoreError};
use std::sync::Arc;
use tokio::task::JoinError;

/// Why a field has no value, or a request no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    #[error("{}", UNAUTHENTICATED.en)]
    Unauthenticated,
    /// The viewer lacks a right, whatever object it is about.
    #[error("{0}")]
    Forbidden(Said),
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(Said),
    /// No connection was free in time, and PostgreSQL is well: the caller's own requests keep them busy.
    #[error("{}", OWN_WAY.en)]
    InItsOwnWay,
    /// The store cannot be used. Its words are for the log.
    #[error("{0}")]
    Store(Arc<StoreError>),
    /// This program or its machine is at fault. The words are for the log.
    #[error("{0}")]
    Fault(Arc<Fault>),
}

/// What somebody who is not signed in is told.
pub(crate) static UNAUTHENTICATED: Said = Said::new(
    "sign in first: with sessionCreate, then by its cookie or by Authorization: Bearer TOKEN",
    "сначала войдите: через sessionCreate, а дальше по cookie или с Authorization: Bearer TOKEN",
);

/// What somebody is told whose requests wait for each other.
pub(crate) static OWN_WAY: Said = Said::new(
    "what you ask for waits too long for itself: ask for less at once",
    "запрошенное слишком долго ждёт само себя: запросите меньше за раз",
);

/// What a token that may only look is told when it is to change something.
pub(crate) const READ_ONLY: Failure = Failure::Forbidden(Said::new(
    "this API token has the scope READ: it may change nothing",
    "у этого токена API область READ: менять он ничего не может",
));

impl Failure {
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
        }
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
        Refused::Store(error) => Err(error.into()),
        Refused::Fault(fault) => Err(fault.into()),
    }
}
