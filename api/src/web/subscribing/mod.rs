//! Where people ask for an owner's letters by themselves, without an account.
//!
//! ```text
//! GET  /subscribe/OWNER?topic=GROUP     the form, which search engines may list
//! POST /subscribe/OWNER                 asks for a letter with a link; from anywhere, also from a form on somebody else's site
//! GET  /subscribe/confirm/TOKEN         a page that asks; nothing changes, whatever opens it
//! POST /subscribe/confirm/TOKEN         act=confirm: letters come from then on
//! ```
//!
//! There is no session and no cookie, and a form may come from anywhere: all that it does is one letter to one address, and what it
//! asks for begins only when whoever reads that letter presses a button. Every address is answered with the same page, whether it is
//! known, gets the letters already or is never written to.
//!
//! What keeps robots off without a script: a field that people do not see and robots fill in, after which nothing is done and the page
//! says what it always says; how often one network address, one e-mail address and one owner's form are heard; and that nothing comes
//! of a wish whose letter nobody reads.
//!
//! The words that count stand beside the button of the page behind the link, as they are kept: what was told on somebody else's site
//! is not ours to know.

mod asking;
mod confirming;
mod form;
mod pages;

use crate::http::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The pages.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/subscribe/{owner}", get(form::show).post(form::send))
        .route("/subscribe/confirm/{token}", get(confirming::ask).post(confirming::act))
}
