//! The home page and the blog, as everybody reads it and as it is written.

mod articles;
mod editor;
mod feed;
mod home;
mod pictures;
mod posts;
mod shown;

use crate::http::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home::home))
        .route("/blog", get(posts::list))
        .route("/blog/{slug}", get(posts::one))
        .route("/blog.rss", get(feed::feed))
        .route("/articles", get(articles::list).post(editor::create))
        .route("/articles/new", get(editor::blank))
        .route("/articles/{id}", get(editor::one).post(editor::update))
        .route("/articles/{id}/preview", get(editor::back).post(editor::preview))
        .route(
            "/articles/{id}/picture",
            get(editor::back).post(pictures::add).layer(DefaultBodyLimit::max(pictures::SENT)),
        )
        .route("/articles/{id}/publish", get(articles::ask_publish).post(articles::publish))
        .route("/articles/{id}/withdraw", get(articles::ask_withdraw).post(articles::withdraw))
        .route("/articles/{id}/delete", get(articles::ask_delete).post(articles::delete))
}
