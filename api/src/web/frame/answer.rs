//! Pages and redirections.

use super::told::Told;
use super::{Trouble, Visit};
use crate::http::conditional::{Kind, conditional};
use askama::Template;
use axum::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use eventstore::Receipt;
use words::screens::frame::Frame;

/// Marks an answer that is a page of one of our templates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen;

/// What a screen answers.
pub(crate) type Answer = Result<Response, Trouble>;

/// What was done, as the next page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// A change was saved.
    Saved,
    /// Something was added.
    Created,
    /// Something was deleted.
    Deleted,
    /// A test letter was sent.
    Sent,
    /// A mailing was planned.
    Planned,
    /// A run has begun.
    OnTheirWay,
    /// Something else was done.
    Other,
    /// It was done, but the lists do not show it yet.
    Behind,
    /// Somebody has logged in, and what another account's holder had typed was thrown away.
    NotKept,
    /// Somebody has logged in who was logged out when they asked for something, which was not done.
    Lapsed,
}

impl Done {
    const ALL: [Self; 10] = [
        Self::Saved,
        Self::Created,
        Self::Deleted,
        Self::Sent,
        Self::Planned,
        Self::OnTheirWay,
        Self::Other,
        Self::Behind,
        Self::NotKept,
        Self::Lapsed,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Sent => "sent",
            Self::Planned => "planned",
            Self::OnTheirWay => "on-their-way",
            Self::Other => "done",
            Self::Behind => "behind",
            Self::NotKept => "not-kept",
            Self::Lapsed => "not-done",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.name() == name)
    }

    pub(super) fn said(self, frame: &Frame) -> &'static str {
        match self {
            Self::Saved => frame.done_saved,
            Self::Created => frame.done_created,
            Self::Deleted => frame.done_deleted,
            Self::Sent => frame.done_sent,
            Self::Planned => frame.done_mailing,
            Self::OnTheirWay => frame.done_on_their_way,
            Self::Other => frame.done_general,
            Self::Behind => frame.behind,
            Self::NotKept => frame.done_not_kept,
            Self::Lapsed => frame.done_nothing,
        }
    }
}

/// The cookie that carries what was done to the next page.
pub(super) const SAID: &str = "said";

/// A page.
pub(crate) fn page(template: &impl Template) -> Answer {
    written(StatusCode::OK, template)
}

/// A page of a form with mistakes in it.
pub(crate) fn mend(template: &impl Template) -> Answer {
    written(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A page with this status.
pub(crate) fn written(status: StatusCode, template: &impl Template) -> Answer {
    let html = template.render().map_err(Trouble::Template)?;
    Ok((status, Extension(Screen), Html(html)).into_response())
}

/// The same page for whoever is not signed in, who may keep it and ask whether it is still right; for everybody else, and for
/// somebody who is told what was done, it is their own.
pub(crate) async fn for_everybody(visit: &Visit, answer: Answer) -> Answer {
    let response = answer?;
    let public = visit.looks()
        && visit.caller().token.is_none()
        && visit.cookie(SAID).is_none()
        && response.status() == StatusCode::OK;
    Ok(if public { conditional(Kind::Page, visit.headers(), response).await } else { response })
}

/// The way to another page after a form was sent. The address must be one of this service's own.
pub(crate) fn redirect(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// The way to another page, which says what was done once it shows it.
pub(crate) async fn go(visit: &Visit, receipt: Receipt, told: impl Into<Told>, to: &str) -> Answer {
    Ok(go_when(visit.services().shown(receipt.position).await, told, to))
}

/// The same where somebody has asked already whether the read models show it.
pub(crate) fn go_when(shown: bool, told: impl Into<Told>, to: &str) -> Response {
    go_at_once(if shown { told.into() } else { Done::Behind.into() }, to)
}

/// The same where no read model has to follow.
pub(crate) fn go_at_once(told: impl Into<Told>, to: &str) -> Response {
    let mut response = redirect(to);
    let line = format!("{SAID}={}; Path=/; Max-Age=30; HttpOnly; SameSite=Lax", told.into().written());
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// Whether an address is a path of this service, and nothing that a browser takes for another one's.
pub(crate) fn is_local(address: &str) -> bool {
    let rest = address.strip_prefix('/');
    rest.is_some_and(|rest| !rest.starts_with(['/', '\\'])) && !address.chars().any(|c| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_service_are_gone_back_to() {
        for (address, local) in [
            ("/", true),
            ("/clients?search=a%20b", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("/a\r\nSet-Cookie: x", false),
            ("", false),
        ] {
            assert_eq!(is_local(address), local, "{address:?}");
        }
    }
}
