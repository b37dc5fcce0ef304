//! Sender domains, for administrators: the keys that their letters are signed with, the records to enter, and the owners who may
//! write from all of their addresses.
//!
//! * [`list`]: all of them, and a new one; [`one`]: one with its keys and records, and what the name service says of them.
//! * [`keys`]: activating, retiring, removing and making keys; [`grants`]: who may write; [`removal`]: the end of a domain.
//!
//! A domain is known by its name, so that the address of its page can be guessed.

mod domain;
mod grants;
mod keys;
mod list;
mod one;
mod removal;

use crate::http::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/system/domains", get(list::list).post(list::create))
        .route("/system/domains/new", get(list::blank))
        .route("/system/domains/{domain}", get(one::show))
        .route("/system/domains/{domain}/activate", get(keys::ask_activate).post(keys::activate))
        .route("/system/domains/{domain}/rotate", get(keys::ask_rotate).post(keys::rotate))
        .route("/system/domains/{domain}/keys/{selector}/{act}", get(keys::ask).post(keys::act))
        .route("/system/domains/{domain}/grants", get(grants::back).post(grants::grant))
        .route("/system/domains/{domain}/grants/{owner}/withdraw", get(grants::ask).post(grants::withdraw))
        .route("/system/domains/{domain}/remove", get(removal::ask).post(removal::remove))
}
