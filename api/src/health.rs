//! What a supervisor asks: whether the process lives, and whether it can do its work.

use acts::{Health, Trouble};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

/// `/healthz` and `/readyz`.
pub fn probes(health: Health) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(health)
}

/// The process is up.
async fn healthz() -> &'static str {
    "ok\n"
}

/// It can do its work: the database answers and can be written to. A read model that has stopped, and a process that is older
/// than others, are told, but do not make it unready: all processes share the read models, and whoever asks would be left
/// with none.
async fn readyz(State(health): State<Health>) -> Response {
    let stopped = match health.ask().await {
        Ok(stopped) => stopped,
        Err(Trouble { reason }) => {
            let body = json!({ "ready": false, "reason": reason });
            return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
        }
    };
    let mut body = json!({ "ready": true });
    if !stopped.is_empty() {
        body["stopped"] = json!(stopped);
    }
    if let Some(why) = health.older() {
        body["older"] = json!(why);
    }
    Json(body).into_response()
}
