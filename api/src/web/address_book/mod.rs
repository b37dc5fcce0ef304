//! The address book: clients with their fields and what they have agreed to, groups, segments, imports and exports, and whom nobody
//! writes to.

mod chosen;
mod clients;
mod consent;
mod custom_fields;
mod existing;
mod export;
mod groups;
mod history;
mod imports;
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
        .route("/clients/export", get(export::csv))
        .route("/clients/export.xlsx", get(export::xlsx))
        // Files have a bound of their own, and are never in memory as a whole.
        .route("/clients/import", get(upload::start).post(upload::keep).layer(DefaultBodyLimit::disable()))
        .route("/clients/import/{id}", get(preview::one).post(preview::send))
        .route("/clients/import/{id}/discard", get(preview::ask_discard).post(preview::discard))
        .route("/clients/imports", get(imports::list))
        .route("/clients/imports/{id}", get(imports::one))
        .route("/clients/imports/{id}/undo", get(imports::ask_undo).post(imports::undo))
        .route("/clients/{id}", get(clients::one).post(clients::update))
        .route("/clients/{id}/delete", get(clients::ask_delete).post(clients::delete))
        .route("/clients/{id}/history", get(history::of_client))
        .route("/fields", get(custom_fields::list).post(custom_fields::define))
        .route("/fields/new", get(custom_fields::blank))
        .route("/fields/{id}", get(custom_fields::one).post(custom_fields::rename))
        .route("/fields/{id}/remove", get(custom_fields::ask_remove).post(custom_fields::remove))
        .route("/clients/{id}/consent", post(consent::give))
        .route("/clients/{id}/consent/new", get(consent::blank))
        .route("/clients/{id}/consent/withdraw", get(consent::ask_withdraw).post(consent::withdraw))
        .route("/groups", get(groups::list).post(groups::create))
        .route("/groups/new", get(groups::blank))
        .route("/groups/{id}", get(groups::one).post(groups::update))
        .route("/groups/{id}/delete", get(groups::ask_delete).post(groups::delete))
        .route("/groups/{id}/publish", post(groups::publish))
        .route("/groups/{id}/unpublish", get(groups::ask_unpublish).post(groups::unpublish))
        .route("/groups/{id}/add", get(members::pick).post(members::add))
        .route("/groups/{id}/remove", post(members::remove))
        .merge(segments::routes())
        .merge(suppressions::routes())
}
