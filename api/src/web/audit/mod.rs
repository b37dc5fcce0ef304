//! Reports, statistics, and the service itself.

mod reports;

use crate::http::App;
use axum::Router;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().merge(reports::routes())
}
