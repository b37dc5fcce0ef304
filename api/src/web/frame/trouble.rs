//! What went wrong, so that a page is not shown or nothing was done.

use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use acts::Problem;
use acts::refusal::Refused;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Code;
use eventstore::StoreError;
use projections::{ReadError, Unreadable};
use std::sync::Arc;
use words::rights::Lacking;

/// Why a page is not shown, or why what it asked for was not done.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nobody is signed in.
    LogIn,
    /// The form was on another account's page.
    AnotherAccount,
    /// There is no such page for this visitor.
    Absent,
    /// An act was refused, and there is no form beside which its problems could be told.
    Problems(Vec<Problem>),
    /// The request failed, or a right is lacking.
    Failed(Failure),
    /// The request as a whole was refused.
    Refused(ErrorAnswer),
    /// A template did not render.
    Template(askama::Error),
}

/// Whatever is put into the extensions of an answer, [`super::enter`] makes a page of.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Lacking> for Trouble {
    fn from(lacking: Lacking) -> Self {
        Self::Failed(lacking.into())
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        match crate::failure::problems_or_failure(refused) {
            Ok(problems) => Self::Problems(problems),
            Err(failure) => Self::Failed(failure),
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Unreadable> for Trouble {
    fn from(error: Unreadable) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ErrorAnswer> for Trouble {
    fn from(answer: ErrorAnswer) -> Self {
        Self::Refused(answer)
    }
}

/// What was counted; `None` if that takes longer than a page may.
pub(crate) fn in_time<T, E: Into<Failure>>(counted: Result<T, E>) -> Result<Option<T>, Trouble> {
    let counted: Result<T, Failure> = counted.map_err(Into::into);
    match counted {
        Ok(counted) => Ok(Some(counted)),
        Err(failure) if failure.code() == Code::Timeout => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// The problems of an act for the form that sent it; anything else ends the request.
pub(crate) fn problems<T>(done: Result<T, Refused>) -> Result<Result<T, Vec<Problem>>, Trouble> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(refused) => match crate::failure::problems_or_failure(refused) {
            Ok(problems) => Ok(Err(problems)),
            Err(failure) => Err(Trouble::Failed(failure)),
        },
    }
}
