//! What ends a request or a field of it: the top-level `errors`. What a caller can mend in an input is no failure but
//! a `userError`.

use acts::refusal::Refused;
use axum::http::StatusCode;
use domain::Said;
use eventstore::StoreError;
use std::sync::Arc;

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
    pub(crate) fn waited_in_vain(&self) -> bool {
        matches!(self, Self::Store(error) if error.waited_in_vain())
    }

    /// The stable code for programs.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::BadRequest(_) => Code::BadRequest,
            Self::InItsOwnWay => Code::Timeout,
            Self::Store(error) if error.is_timeout() => Code::Timeout,
            Self::Store(error) if error.is_unavailable() => Code::Unavailable,
            Self::Store(_) => Code::Internal,
        }
    }
}

/// The codes of top-level `errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BadRequest,
    CrossSite,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotAcceptable,
    PayloadTooLarge,
    RateLimited,
    Timeout,
    TooComplex,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
}

impl Code {
    /// All of them, for their documentation.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::CrossSite,
        Self::Forbidden,
        Self::Internal,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::PayloadTooLarge,
        Self::RateLimited,
        Self::Timeout,
        Self::TooComplex,
        Self::Unauthenticated,
        Self::Unavailable,
        Self::UnsupportedMediaType,
    ];

    /// As it is told.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::CrossSite => "CROSS_SITE",
            Self::Forbidden => "FORBIDDEN",
            Self::Internal => "INTERNAL",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::TooComplex => "TOO_COMPLEX",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Unavailable => "UNAVAILABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
        }
    }

    /// The status of an answer that is nothing but an error with this code.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::TooComplex => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::CrossSite | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
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

/// What is left of a refusal when its problems have become `userErrors`.
pub(crate) fn problems_or_failure(refused: Refused) -> Result<Vec<acts::Problem>, Failure> {
    match refused {
        Refused::Problems(problems) => Ok(problems),
        Refused::Forbidden(why) => Err(Failure::Forbidden(why)),
        Refused::Store(error) => Err(error.into()),
    }
}
