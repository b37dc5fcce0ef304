//! Whom nobody writes to: the list of an owner, that of the installation, and what is done with them.
//!
//! * [`list`]: who is on it, why, since when, and what is over.
//! * [`add`], [`import`]: addresses that are typed in, and those of a file; [`lift`]: one that is written to again.
//! * [`files`]: the list for spreadsheets; [`chosen`]: which list an address asks for.

mod add;
mod chosen;
mod files;
mod import;
mod lift;
mod list;

use crate::http::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/suppressions", get(list::list).post(add::add))
        .route("/suppressions/new", get(add::blank))
        // Files have a bound of their own, and are never in memory as a whole.
        .route("/suppressions/import", get(import::start).post(import::import).layer(DefaultBodyLimit::disable()))
        .route("/suppressions/export.csv", get(files::csv))
        .route("/suppressions/export.xlsx", get(files::xlsx))
        .route("/suppressions/{id}/lift", get(lift::ask).post(lift::lift))
}
