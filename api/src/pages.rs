//! What is served besides the API: the playground, and what a supervisor asks.

use crate::http::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const GRAPHIQL: &str = include_str!("graphiql.html");

/// How long a supervisor waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// Nothing runs on the page but GraphiQL and the one script that is written into it, which is known by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let script = GRAPHIQL.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap_or_default();
    let hash = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; script-src https://unpkg.com 'sha256-{hash}'; style-src https://unpkg.com 'unsafe-inline'; \
         img-src data:; font-src data: https://unpkg.com; connect-src 'self'; worker-src blob:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
});

/// The playground.
pub(crate) async fn graphiql() -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, &POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let mut response = Html(GRAPHIQL).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The process is up.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// It can answer: the database answers, and no read model has stopped.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let statuses = tokio::time::timeout(PATIENCE, projections::statuses(app.services.pool())).await;
    let Ok(Ok(statuses)) = statuses else {
        let body = json!({ "ready": false, "reason": "the database does not answer" });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    };
    let stopped: Vec<&str> =
        statuses.iter().filter(|status| status.error.is_some()).map(|status| status.name.as_str()).collect();
    if stopped.is_empty() {
        Json(json!({ "ready": true })).into_response()
    } else {
        let body = json!({ "ready": false, "reason": "read models have stopped", "stopped": stopped });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
    }
}
