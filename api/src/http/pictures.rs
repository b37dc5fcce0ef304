//! Pictures of articles: sent by those who write, seen by everybody.

use super::app::App;
use super::conditional::is_known;
use super::error_answer::ErrorAnswer;
use super::identify::request_id;
use super::sender::Sender;
use super::{body, language};
use crate::failure::problems_or_failure;
use crate::web::frame::enter;
use acts::blog::pictures::{self, Picture};
use acts::refusal::Problem;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::article::{MAX_PICTURE, PictureError, PictureName};
use serde_json::json;
use std::sync::Arc;

/// Nothing runs in a picture, whoever opens it by itself.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// What lies at an address never changes.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `POST /pictures` with a picture as its body: answers with the address where it lies, such as
/// `{"address":"/pictures/5feceb66..."}`, which may then be the `imageUrl` of an article or stand in its text. The content type
/// is not looked at; the first bytes tell what it is.
pub(crate) async fn add(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sender = match Sender::arrive(&app, &parts).await {
        Ok(sender) => sender,
        Err(refused) => return refused,
    };
    let writer = match sender.viewer.article_writer() {
        Ok(writer) => writer,
        Err(lacking) => return sender.lacks(lacking),
    };
    let most = (MAX_PICTURE, || ErrorAnswer::of(Problem::of(&PictureError::TooLarge)));
    let (bytes, _room) = match body::file(&app, &parts.headers, body, sender.viewer.id(), most).await {
        Ok(read) => read,
        Err(refusal) => return sender.refused(refusal),
    };
    match pictures::add(&sender.admitted.services, writer, &bytes).await {
        Ok(name) => {
            let address = name.address();
            let lies = [(header::LOCATION, address.clone())];
            sender.told((StatusCode::CREATED, lies, Json(json!({ "address": address }))).into_response())
        }
        Err(why) => match problems_or_failure(why) {
            // There is one thing to tell at a time.
            Ok(mut problems) if !problems.is_empty() => sender.refused(ErrorAnswer::of(problems.swap_remove(0))),
            Ok(_) => sender.refused(ErrorAnswer::of(Problem::of(&PictureError::NotAPicture))),
            Err(failure) => sender.failed(&failure),
        },
    }
}

/// `GET /pictures/NAME`.
pub(crate) async fn shown(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let absent = || enter::absent(&parts.headers, request_id(&parts));
    let Some(name) = name.ok().and_then(|Path(name)| PictureName::parse(&name)) else { return absent() };
    let tag = format!("\"{name}\"");
    let kept = [
        (header::CACHE_CONTROL, KEPT),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    // Whoever has it has what lies there.
    if is_known(&parts.headers, &tag) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let refused = |refusal: ErrorAnswer| refusal.in_json(language::accepted(&parts.headers), request_id(&parts));
    let admitted = match app.admit(&parts).await {
        Ok((_, admitted)) => admitted,
        Err(refusal) => return refused(refusal),
    };
    match pictures::get(admitted.services.pool(), name).await {
        Ok(Some(Picture { kind, bytes })) => (kept, [(header::CONTENT_TYPE, kind.media())], bytes).into_response(),
        Ok(None) => absent(),
        Err(error) => refused(ErrorAnswer::failed(&error.into(), request_id(&parts))),
    }
}
