//! Accounts: coming in, going out, and the links in letters.

pub(crate) mod links;
pub(crate) mod log_in;

use crate::http::App;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/log-in", get(log_in::ask).post(log_in::log_in)).route("/log-out", post(log_in::log_out))
}
