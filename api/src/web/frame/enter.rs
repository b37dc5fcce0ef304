//! The way in to every page: who visits, what a form sent; and the way out: what all pages have in their headers.

use super::answer::SAID;
use super::fields::Fields;
use super::trouble::{self, Trouble};
use super::visit::{self, Visit};
use super::{Layout, settings};
use crate::http::error_answer::ErrorAnswer;
use crate::http::identify::request_id;
use crate::http::{App, access_log, body, guard, language};
use crate::limits;
use crate::web::who::links;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, Language};
use std::sync::Arc;

/// What pages may load and run: nothing but what the service itself serves. Pictures of articles lie elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
                      connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a visitor in, and makes a page of whatever goes wrong.
pub(crate) async fn enter(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let request_id = request_id(&parts);
    let (visit, fields, body) = match arrive(&app, &parts, body).await {
        Ok(arrived) => arrived,
        Err(answer) => {
            let layout = |title: &str| Layout::for_strangers(&parts.headers, title);
            let mut response = trouble::page_for_strangers(layout, answer, request_id);
            finish(response.headers_mut());
            return response;
        }
    };
    parts.extensions.insert(visit.clone());
    parts.extensions.insert(fields.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(trouble) = response.extensions_mut().remove::<Arc<Trouble>>() {
        response = trouble::page(&visit, &trouble, &fields);
    }
    let headers = response.headers_mut();
    let html = headers.get(header::CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
    if html && visit.cookie(SAID).is_some() {
        let gone = HeaderValue::from_static("said=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        headers.append(header::SET_COOKIE, gone);
    }
    finish(headers);
    response.extensions_mut().insert(access_log::User::of(visit.caller()));
    response
}

async fn arrive(app: &Arc<App>, parts: &Parts, body: Body) -> Result<(Visit, Fields, Body), ErrorAnswer> {
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    let safe = || links::is_proof(parts.uri.path()) || guard::is_same_origin(&parts.headers, &app.options.public_url);
    if changes && !safe() {
        return Err(ErrorAnswer::cross_site());
    }
    let (fields, large, body) = if changes && is_form(&parts.headers) {
        let (bytes, large) = body::whole(app, parts, body).await?;
        if bytes.split(|byte| *byte == b'&').nth(limits::FORM_FIELDS).is_some() {
            let most = limits::FORM_FIELDS;
            return Err(ErrorAnswer::new(Code::PayloadTooLarge, words::http::Problem::TooManyFields { most }));
        }
        (Fields::parse(&bytes), large, Body::empty())
    } else {
        (Fields::default(), None, body)
    };
    let (mut caller, admitted, room) = if let Some(large) = large {
        (large.caller, large.admitted, Some(large.room))
    } else {
        let (caller, admitted) = app.admit(parts).await?;
        (caller, admitted, None)
    };
    if caller.viewer.is_none() {
        caller.language = language_of(&parts.headers);
    }
    Ok((Visit::new(Arc::clone(app), (caller, admitted, room), parts), fields, body))
}

/// The language of somebody who is not signed in: the one that they chose, or the one that their browser prefers.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    let chosen = visit::cookie(headers, settings::LANGUAGE).and_then(|name| name.parse().ok());
    chosen.unwrap_or_else(|| language::accepted(headers))
}

fn is_form(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// What every page has in its headers, unless its screen has said otherwise.
fn finish(headers: &mut HeaderMap) {
    let all: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::VARY, "Cookie, Accept-Language"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in all {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
