//! Errors that end a request, in the language of whoever sent it.

use super::media::{Media, written};
use crate::failure::Failure;
use crate::limits::{self, MIB};
use acts::refusal::Problem;
use async_graphql::{ErrorExtensionValues, ServerError};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::{Code, Language};
use eventstore::Blame;
use projections::Unreadable;
use serde_json::json;
use uuid::Uuid;
use words::Said;
use words::http::Problem as Words;

/// An answer that is nothing but an error about the request itself.
#[derive(Debug)]
pub(crate) struct ErrorAnswer {
    code: Code,
    said: Said,
    header: Option<Box<(HeaderName, &'static str)>>,
    /// Whether it is about the document, and the request is one.
    of_document: bool,
    /// In how many seconds the same request may succeed.
    retry_after: Option<u32>,
}

impl ErrorAnswer {
    pub(crate) fn new(code: Code, said: impl Into<Said>) -> Self {
        Self { code, said: said.into(), header: None, of_document: false, retry_after: None }
    }

    /// One thing that is wrong with the request as a whole, such as a file that is none of clients, or that there are too
    /// many of its kind already.
    pub(crate) fn of(problem: Problem) -> Self {
        let Problem { said, code, retry_after, field: _ } = problem;
        Self { retry_after, ..Self::new(code, said) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        status(self.code)
    }

    /// What is said about it.
    pub(crate) fn said(&self) -> &Said {
        &self.said
    }

    /// In how many seconds the same request may succeed; `None` if nobody knows.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    pub(super) fn with(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some(Box::new((name, value))), ..self }
    }

    /// About a document in a request that is one: then `application/json` wants 200.
    pub(super) fn of_document(self) -> Self {
        Self { of_document: true, ..self }
    }

    /// An answer that became longer than so many bytes while it was gathered or written.
    pub(super) fn too_long(most: usize) -> Self {
        Self::new(Code::TooComplex, Words::AnswerTooLong { most: most / MIB }).of_document()
    }

    /// A failure as the only error, told in the log if it is ours.
    pub(crate) fn failed(failure: &Failure, request_id: Uuid) -> Self {
        Self::new(failure.code(), told(failure, request_id))
    }

    /// A form has more fields than may be.
    pub(crate) fn too_many_fields() -> Self {
        Self::new(Code::PayloadTooLarge, Words::TooManyFields { most: limits::FORM_FIELDS })
    }

    /// A form is written in another encoding than pages are.
    pub(crate) fn not_utf8() -> Self {
        Self::new(Code::BadRequest, Words::FormNotUtf8)
    }

    pub(crate) fn cross_site() -> Self {
        Self::new(Code::CrossSite, Words::CrossSite)
    }

    /// Too many requests of the same caller are being answered.
    pub(crate) fn too_many(seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited, Words::TooManyRequests { seconds }) }
    }

    /// Too much of large requests is being read, whoever sends them.
    pub(super) fn many_large(seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited, Words::TooManyLargeRequests { seconds }) }
    }

    pub(super) fn answer(self, media: Media, language: Language, request_id: Uuid) -> Response {
        let mut extensions = json!({ "code": self.code.as_str(), "requestId": request_id });
        if let Some(seconds) = self.retry_after {
            extensions["retryAfter"] = seconds.into();
        }
        let body = json!({ "errors": [{ "message": self.said.to(language), "extensions": extensions }] });
        let status = if self.of_document { media.status(self.status()) } else { self.status() };
        let mut response = written(status, media, body.to_string());
        if let Some((name, value)) = self.header.map(|header| *header) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    pub(crate) fn in_json(self, language: Language, request_id: Uuid) -> Response {
        self.answer(Media::Json, language, request_id)
    }
}

/// The status of an answer that is nothing but an error with this code. Those of inputs are of a whole request only if its
/// body is the input, as it is with a file.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest | Code::TooComplex => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::CrossSite | Code::Forbidden => StatusCode::FORBIDDEN,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::Conflict => StatusCode::CONFLICT,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::Internal | Code::RowUnreadable => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// What may be told about a failure. The store's own words go to the log.
fn told(failure: &Failure, request_id: Uuid) -> Said {
    match failure {
        Failure::Store(error) => match error.blame() {
            Blame::Slow | Blame::Locked => {
                tracing::warn!(%request_id, %error, "a statement of a request took too long");
                Words::DatabaseSlow.into()
            }
            Blame::Away | Blame::Crowded | Blame::Garbled | Blame::Idle => {
                tracing::warn!(%request_id, %error, "a request failed, as PostgreSQL does not answer");
                Words::DatabaseAway.into()
            }
            Blame::Conflict | Blame::Row | Blame::Program => {
                tracing::error!(%request_id, %error, "a request failed");
                internal(request_id)
            }
        },
        Failure::Fault(fault) => {
            tracing::error!(%request_id, error = %fault, "a request failed");
            internal(request_id)
        }
        Failure::Unreadable(row) => {
            tracing::error!(%request_id, error = %row, "a row that was asked for does not read");
            let Unreadable { table, column, id, value } = row.clone();
            Words::RowUnreadable { table, column, id, value }.into()
        }
        Failure::LeftOut(row) => {
            tracing::error!(%request_id, error = %row, "a row of a list does not read");
            let Unreadable { table, column, id, value } = row.clone();
            Words::RowLeftOut { table, column, id, value }.into()
        }
        Failure::InItsOwnWay => Words::InItsOwnWay.into(),
        Failure::Unauthenticated => Words::Unauthenticated.into(),
        Failure::Forbidden(said) | Failure::BadRequest(said) => said.clone(),
    }
}

pub(super) fn internal(request_id: Uuid) -> Said {
    Words::Internal { request_id }.into()
}

/// The error with its code and the request's id. What is none of ours is about the request, unless it has a source:
/// then it is a fault whose words are for the log.
pub(super) fn with_code(mut error: ServerError, language: Language, request_id: Uuid) -> (Code, ServerError) {
    let code = if let Some(failure) = error.source::<Failure>() {
        let code = failure.code();
        error.message = told(failure, request_id).into_language(language);
        code
    } else if error.source.is_some() {
        tracing::error!(%request_id, error = %error.message, "a request failed");
        error.message = internal(request_id).into_language(language);
        Code::Internal
    } else {
        Code::BadRequest
    };
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code.as_str());
    extensions.set("requestId", request_id.to_string());
    (code, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Place;

    #[test]
    fn whatever_ends_a_request_has_a_status_of_its_own() {
        for code in Code::told_in(Place::TopLevel) {
            assert_ne!(status(code), StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        }
        assert_eq!(status(Code::FileNotUtf8), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn a_fault_tells_its_reader_nothing_but_where_to_look() {
        let source = async_graphql::Error::new_with_source("password=hunter2");
        let (code, error) =
            with_code(source.into_server_error(async_graphql::Pos::default()), Language::En, Uuid::from_u128(7));

        assert_eq!(code, Code::Internal);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(error.message.contains(&Uuid::from_u128(7).to_string()), "{error:?}");
    }
}
