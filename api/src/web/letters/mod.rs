//! Letters: the list, the editor, previews and test letters, revisions.
//!
//! What somebody typed and has not saved is looked at in a frame, [`frame`]; what is saved has a page for that, [`preview`].

mod change;
mod editor;
mod frame;
mod list;
mod preview;
mod readable;
mod revisions;
mod seen;

pub(super) use frame::alone;

use crate::http::App;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/messages", get(list::list).post(editor::create))
        .route("/messages/new", get(editor::blank))
        .route("/messages/preview", post(frame::typed))
        .route("/messages/{id}", get(editor::one).post(editor::update))
        .route("/messages/{id}/preview", get(preview::preview))
        .route("/messages/{id}/preview/frame", get(frame::saved))
        .route("/messages/{id}/preview/html", get(frame::html))
        .route("/messages/{id}/test", get(preview::back).post(preview::test))
        .route("/messages/{id}/revisions", get(revisions::list))
        .route("/messages/{id}/revisions/{number}", get(revisions::one))
        .route("/messages/{id}/share", get(change::ask_share).post(change::share))
        .route("/messages/{id}/unshare", get(change::ask_unshare).post(change::unshare))
        .route("/messages/{id}/delete", get(change::ask_delete).post(change::delete))
}
