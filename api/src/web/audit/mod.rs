//! Reports, statistics, the log, and the service itself.

mod log;
mod reports;
pub(super) mod system;

use crate::http::App;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .merge(reports::routes())
        .route("/log", get(log::list::show))
        .route("/log/export.csv", get(log::files::csv))
        .route("/log/export.jsonl", get(log::files::json_lines))
        .route("/log/{position}", get(log::one::show))
        .route("/system", get(system::show))
        .route("/system/intake", get(system::intake::show))
        .route("/system/intake/{id}", get(system::intake::one))
        .route("/system/intake/{id}/again", post(system::intake::again))
        .route("/system/intake/{id}/dismiss", get(system::intake::ask_dismiss).post(system::intake::dismiss))
        .route("/system/read-models", get(system::read_models::show))
        .route(
            "/system/read-models/{name}/rebuild",
            get(system::read_models::ask_rebuild).post(system::read_models::rebuild),
        )
}
