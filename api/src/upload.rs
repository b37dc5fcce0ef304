//! Importing clients from a file of any size, as a stream.

use crate::graphql::failure::Failure;
use crate::guard::{self, Caller};
use crate::http::{App, READ_ONLY, Refusal, request_id};
use crate::import::{self, ImportError};
use crate::limits;
use crate::sessions::Viewer;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Actor, Refusal as _};
use eventstore::Metadata;
use futures::TryStreamExt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::io::StreamReader;

/// `POST /import/clients` with the file as its body: adds the clients to the viewer's address book and answers with the
/// report.
pub(crate) async fn clients(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let id = request_id(&parts);
    let refused = |refusal: Refusal| refusal.in_json(id);

    if !guard::is_same_origin(&parts.headers, &app.options.public_url) {
        return refused(Refusal::cross_site());
    }
    let caller = match Caller::of(&parts, &app.services, &app.options).await {
        Ok(caller) => caller,
        Err(error) => return refused(Refusal::failed(&error.into(), id)),
    };
    let Some(viewer) = &caller.viewer else { return refused(Refusal::failed(&Failure::Unauthenticated, id)) };
    if !viewer.may_write() {
        return refused(Refusal::failed(&READ_ONLY, id));
    }
    if !viewer.may_own() {
        let failure = Failure::Forbidden("managers and content managers have no clients of their own");
        return refused(Refusal::failed(&failure, id));
    }
    if !is_csv(&parts.headers) {
        let message = "a file of clients has the content type text/csv";
        return refused(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }

    let length = Arc::new(AtomicUsize::new(0));
    let counted = length.clone();
    let chunks = body.into_data_stream().map_err(io::Error::other).and_then(move |chunk| {
        let length = counted.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
        let fits = length <= limits::UPLOAD;
        std::future::ready(if fits { Ok(chunk) } else { Err(io::Error::other("the file is too large")) })
    });
    let metadata = metadata(viewer, &caller);
    let report = import::import(&app.services, viewer.id(), StreamReader::new(chunks), &metadata, |_| {}).await;
    match report {
        Ok(report) => {
            if let Some(position) = report.position {
                app.services.shown(position).await;
            }
            Json(report).into_response()
        }
        Err(ImportError::File(error)) => {
            refused(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string()))
        }
        Err(ImportError::Input(_)) if length.load(Ordering::Relaxed) > limits::UPLOAD => {
            let limit = limits::UPLOAD / 1024 / 1024;
            let message = format!("a file has at most {limit} MiB: split it; what came before that is imported");
            refused(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message))
        }
        Err(ImportError::Input(error)) => {
            refused(Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", ImportError::Input(error).to_string()))
        }
        Err(ImportError::Store(error)) => refused(Refusal::failed(&error.into(), id)),
    }
}

fn metadata(viewer: &Viewer, caller: &Caller) -> Metadata {
    Metadata::new(Actor::User(viewer.id()), caller.request_id).from_address(caller.address)
}

fn is_csv(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/csv"))
}
