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

/// It can answer: the database answers. A read model that has stopped, and a process that is older than others, are told,
/// but do not make it unready: all processes share the read models, and whoever asks would be left with none.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let statuses = tokio::time::timeout(PATIENCE, projections::statuses(app.services.pool())).await;
    let Ok(Ok(statuses)) = statuses else {
        let body = json!({ "ready": false, "reason": "the database does not answer" });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    };
    let mut body = json!({ "ready": true });
    let stopped: Vec<&str> =
        statuses.iter().filter(|status| status.error.is_some()).map(|status| status.name.as_str()).collect();
    if !stopped.is_empty() {
        body["stopped"] = json!(stopped);
    }
    if let Some(why) = app.services.reached.older() {
        body["older"] = json!(why);
    }
    Json(body).into_response()
}
