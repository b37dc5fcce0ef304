//! The address book: clients, groups, imports and exports.

mod clients;

use crate::http::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/new", get(clients::blank))
        .route("/clients/{id}", get(clients::one).post(clients::update))
        .route("/clients/{id}/delete", get(clients::ask_delete).post(clients::delete))
}
