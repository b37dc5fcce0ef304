//! Reports: what became of the letters of each finished run, and of all of them over a time.

mod counted;
mod files;
mod log;
mod one;
mod readable;
mod statistics;
use crate::http::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/reports", get(log::list))
        .route("/reports/{run}", get(one::one))
        .route("/reports/statistics", get(statistics::shown))
        .route("/reports/statistics.csv", get(files::csv))
        .route("/reports/statistics.xlsx", get(files::xlsx))
}
