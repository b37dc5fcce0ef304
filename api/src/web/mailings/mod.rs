//! Mailings: planning, watching and deciding.

use crate::http::App;
use axum::Router;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
}
