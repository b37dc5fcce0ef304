//! Who asks, what the address of the page names, and why nothing can be said now.

use crate::http::admission::TooMany;
use crate::http::identify::request_id;
use crate::http::{App, guard};
use acts::refusal::Refused;
use acts::subscribing;
use axum::http::request::Parts;
use domain::Language;

/// Where forms are, before the owner's id.
pub(super) const FORMS: &str = "/subscribe/";

/// Where the links in letters lead, before what is each letter's own.
pub(super) const LINKS: &str = "/subscribe/confirm/";

/// Why nothing can be said or done now.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotNow {
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
    pub(super) fn tell(&self, head: &Parts) {
        tracing::error!(request_id = %request_id(head), error = %self, "nobody can subscribe now");
    }
}

/// What is in the address behind one of these places.
pub(super) fn behind<'a>(head: &'a Parts, place: &str) -> &'a str {
    head.uri.path().strip_prefix(place).unwrap_or_default()
}

/// Whoever sent the request, as the acts know them.
pub(super) fn visitor(app: &App, head: &Parts, language: Language) -> subscribing::Visitor {
    subscribing::Visitor { request: request_id(head), address: guard::address(head, &app.options), language }
}
