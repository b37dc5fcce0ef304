//! What a supervisor asks.

use crate::http::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long a supervisor waits.
const PATIENCE: Duration = Duration::from_secs(2);

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
