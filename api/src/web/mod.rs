//! Pages for people: the same acts and read models as GraphQL's, as HTML that works without scripts.
//!
//! Each screen is a file in the folder of its noun, with its template beside it; [`frame`] is what all of them stand on.

#![expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "the struct of a template has what its page shows: each part that may be missing is a bool, and each has a page"
)]

mod address_book;
mod audit;
mod blog;
pub(crate) mod frame;
mod leaving;
mod letters;
mod mailings;
mod senders;
mod subscribing;
pub(crate) mod who;

pub(crate) use mailings::Live;

use crate::http::App;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use frame::{assets, enter, look, settings, trouble_page};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// Everything that is served as a page, and what pages load. Whatever leads nowhere is told so by a page, too.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let screens = Router::new()
        .merge(address_book::routes())
        .merge(audit::routes())
        .merge(blog::routes())
        .merge(letters::routes())
        .merge(mailings::routes())
        .merge(senders::routes())
        .merge(who::routes())
        .route("/look", get(look::look))
        .route("/settings/language", post(settings::language))
        .route("/settings/theme", post(settings::theme))
        .fallback(trouble_page::absent)
        .method_not_allowed_fallback(trouble_page::absent)
        .layer(from_fn_with_state(Arc::clone(app), enter::enter));
    Router::new()
        .route("/assets/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::icon))
        // Recipients have no account, and their mail programs no cookies: they do not come in as visitors do. Nor do those who want to
        // become recipients, by forms on other people's sites.
        .merge(leaving::routes())
        .merge(subscribing::routes())
        .merge(screens)
        .layer(CompressionLayer::new())
}
