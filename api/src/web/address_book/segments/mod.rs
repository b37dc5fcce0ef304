//! Segments: the list, one of them with who is in it, and the editor of their conditions.
//!
//! * [`list`], [`one`]: what there is; deleting one. [`existing`] finds it.
//! * [`editor`]: making one and changing one; [`typed`]: the conditions as they are typed; [`rows`]: what the form
//!   shows of them, row by row.

mod editor;
mod existing;
mod list;
mod one;
mod rows;
mod typed;

use crate::http::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/segments", get(list::list).post(editor::create))
        .route("/segments/new", get(editor::blank).post(editor::again))
        .route("/segments/{id}", get(one::one).post(editor::update))
        .route("/segments/{id}/edit", get(editor::edit).post(editor::edit_again))
        .route("/segments/{id}/delete", get(one::ask_delete).post(one::delete))
}
