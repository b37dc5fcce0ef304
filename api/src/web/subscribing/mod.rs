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

mod confirming;
mod form;
mod pages;

use crate::http::App;
use crate::http::admission::TooMany;
use crate::http::guard;
use crate::http::identify::request_id;
use acts::refusal::Refused;
use acts::subscribing;
use axum::Router;
use axum::http::request::Parts;
use axum::routing::get;
use domain::Language;
use std::sync::Arc;

/// Where forms are, before the owner's id.
const FORMS: &str = "/subscribe/";

/// Where the links in letters lead, before what is each letter's own.
const LINKS: &str = "/subscribe/confirm/";

/// The pages.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/subscribe/{owner}", get(form::show).post(form::send))
        .route("/subscribe/confirm/{token}", get(confirming::ask).post(confirming::act))
}

/// Why nothing can be said or done now.
#[derive(Debug, thiserror::Error)]
enum NotNow {
    #[error("too many such requests come from one address")]
    Busy,
    #[error("{0}")]
    Refused(#[from] Refused),
}

impl From<TooMany> for NotNow {
    fn from(_: TooMany) -> Self {
        Self::Busy
    }
}

impl NotNow {
    fn tell(&self, head: &Parts) {
        tracing::error!(request_id = %request_id(head), error = %self, "nobody can subscribe now");
    }
}

/// What is in the address behind one of these places.
fn behind<'a>(head: &'a Parts, place: &str) -> &'a str {
    head.uri.path().strip_prefix(place).unwrap_or_default()
}

/// Whoever sent the request, as the acts know them.
fn visitor(app: &App, head: &Parts, language: Language) -> subscribing::Visitor {
    subscribing::Visitor { request: request_id(head), address: guard::address(head, &app.options), language }
}
