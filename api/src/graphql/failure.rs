//! What ends a request or a field of it: the top-level `errors`. What a caller can mend in an input is no failure but
//! a `userError`.

use crate::refused::Refused;
use axum::http::StatusCode;
use eventstore::StoreError;
use std::sync::Arc;

/// Why a field has no value, or a request no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    #[error("sign in first: with sessionCreate, then by its cookie or by Authorization: Bearer TOKEN")]
    Unauthenticated,
    /// The viewer lacks a right, whatever object it is about.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// The store cannot be used. Its words are for the log.
    #[error("{0}")]
    Store(Arc<StoreError>),
}

impl Failure {
    /// The stable code for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::BadRequest(_) => "BAD_REQUEST",
            Self::Store(error) if error.is_unavailable() => "UNAVAILABLE",
            Self::Store(_) => "INTERNAL",
        }
    }
}

/// The status of an answer that is nothing but an error with this code.
pub(crate) fn status_of(code: &str) -> StatusCode {
    match code {
        "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
        "FORBIDDEN" => StatusCode::FORBIDDEN,
        "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        "TIMEOUT" => StatusCode::GATEWAY_TIMEOUT,
        "INTERNAL" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
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

/// What is left of a refusal when its problems have become `userErrors`.
pub(crate) fn problems_or_failure(refused: Refused) -> Result<Vec<crate::Problem>, Failure> {
    match refused {
        Refused::Problems(problems) => Ok(problems),
        Refused::Forbidden(why) => Err(Failure::Forbidden(why)),
        Refused::Store(error) => Err(error.into()),
    }
}
