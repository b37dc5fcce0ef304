//! Pages and redirections.

use super::done::Done;
use super::told::Told;
use super::{Trouble, Visit};
use crate::http::conditional::{Kind, conditional};
use askama::Template;
use axum::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use eventstore::Receipt;

/// Marks an answer that is a page of one of our templates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen;

/// What a screen answers.
pub(crate) type Answer = Result<Response, Trouble>;

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
