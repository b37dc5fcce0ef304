//! The address book: clients, groups, segments, imports and exports, and whom nobody writes to.

mod chosen;
mod clients;
mod export;
mod groups;
mod members;
mod preview;
mod segments;
mod suppressions;
mod upload;

use crate::http::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/new", get(clients::blank))
        .route("/clients/chosen", post(chosen::group))
        .route("/clients/delete", get(chosen::ask_delete).post(chosen::delete))
        .route("/clients/export", get(export::file))
        // Files have a bound of their own, and are never in memory as a whole.
        .route("/clients/import", get(upload::start).post(upload::keep).layer(DefaultBodyLimit::disable()))
        .route("/clients/import/{id}", get(preview::one).post(preview::send))
        .route("/clients/import/{id}/discard", get(preview::ask_discard).post(preview::discard))
        .route("/clients/{id}", get(clients::one).post(clients::update))
        .route("/clients/{id}/delete", get(clients::ask_delete).post(clients::delete))
        .route("/groups", get(groups::list).post(groups::create))
        .route("/groups/new", get(groups::blank))
        .route("/groups/{id}", get(groups::one).post(groups::update))
        .route("/groups/{id}/delete", get(groups::ask_delete).post(groups::delete))
        .route("/groups/{id}/add", get(members::pick).post(members::add))
        .route("/groups/{id}/remove", post(members::remove))
        .merge(segments::routes())
        .merge(suppressions::routes())
}
