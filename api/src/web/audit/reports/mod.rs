//! Reports: what became of the letters of each finished run, and of all of them over a time.

mod counted;
mod files;
mod log;
mod one;
mod statistics;

use crate::ReportsVisibility;
use crate::http::App;
use crate::web::frame::{Trouble, Visit};
use axum::Router;
use axum::routing::get;
use projections::Access;
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

/// Whose reports the visitor may read. Others' mailings, runs and deliveries stay theirs, whatever the setting.
fn readable(visit: &Visit) -> Result<Access, Trouble> {
    let viewer = visit.viewer()?;
    Ok(match visit.app().options.reports {
        ReportsVisibility::Owner => viewer.reads(),
        ReportsVisibility::SignedIn => Access::All,
    })
}
