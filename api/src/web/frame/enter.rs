//! The way in to every page: who visits, what a form sent; and the way out: what all pages have in their headers.

use super::answer::{SAID, Screen};
use super::fields::Fields;
use super::tongue::language_of;
use super::trouble::Trouble;
use super::visit::Visit;
use super::whose::PAGE_OF;
use super::{Layout, parts, trouble_page, whose};
use crate::http::body::Large;
use crate::http::error_answer::ErrorAnswer;
use crate::http::identify::request_id;
use crate::http::{App, access_log, body, guard};
use crate::limits;
use crate::web::who::links;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::UserId;
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use uuid::Uuid;

/// What pages may load and run: nothing but what the service itself serves. Pictures of articles lie elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
                      connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a visitor in, and makes a page of whatever goes wrong.
pub(crate) async fn enter(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let request_id = request_id(&parts);
    let (visit, fields, body) = match arrive(&app, &parts, body).await {
        Ok(arrived) => arrived,
        Err(answer) => return for_strangers(&parts.headers, &answer.into(), request_id),
    };
    parts.extensions.insert(visit.clone());
    parts.extensions.insert(fields.clone());
    let mut response = if visit.is_of_another() {
        Trouble::AnotherAccount.into_response()
    } else if percent_decode_str(parts.uri.path()).decode_utf8().is_err() {
        // What takes addresses apart would say so in words of its own, to programmers.
        Trouble::Absent.into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    if let Some(trouble) = response.extensions_mut().remove::<Arc<Trouble>>() {
        response = trouble_page::page(&visit, &trouble, &fields);
        response.extensions_mut().insert(Screen);
    }
    if let (Some(viewer), Some(Screen)) = (&visit.caller().viewer, response.extensions_mut().remove::<Screen>()) {
        response = signed(response, viewer.id()).await;
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

/// The page of what went wrong, for somebody of whom nothing is known but what their browser says.
fn for_strangers(headers: &HeaderMap, trouble: &Trouble, request: Uuid) -> Response {
    let layout = |title: &str| Layout::for_strangers(headers, title);
    let mut response = trouble_page::page_for_strangers(layout, trouble, request);
    finish(response.headers_mut());
    response
}

/// The page for an address that leads nowhere and is not among those of pages.
pub(crate) fn absent(headers: &HeaderMap, request: Uuid) -> Response {
    for_strangers(headers, &Trouble::Absent, request)
}

async fn arrive(app: &Arc<App>, parts: &Parts, body: Body) -> Result<(Visit, Fields, Body), ErrorAnswer> {
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    let safe = || links::is_proof(parts.uri.path()) || guard::is_same_origin(&parts.headers, &app.options.public_url);
    if changes && !safe() {
        return Err(ErrorAnswer::cross_site());
    }
    let mut sent = if changes && is_form(&parts.headers) {
        Sent::read(app, parts, body).await?
    } else {
        Sent { body, ..Sent::default() }
    };
    let (mut caller, admitted, mut room) = if let Some(large) = sent.large {
        (large.caller, large.admitted, Some(large.room))
    } else {
        let (caller, admitted) = app.admit(parts).await?;
        (caller, admitted, None)
    };
    if caller.viewer.is_none() {
        caller.language = language_of(&parts.headers);
        if changes && parts::are_in(&parts.headers) {
            // Screens read such forms themselves, but none for somebody who has to log in first.
            room = Some(body::room_for_stranger(app, &caller).await?);
            (sent.fields, sent.left_file) = typed(app, parts, std::mem::take(&mut sent.body)).await;
        }
    }
    let (fields, page_of) = sent.fields.without(PAGE_OF);
    let visit = Visit::new(Arc::clone(app), (caller, admitted, room), (page_of, sent.left_file), parts);
    Ok((visit, fields, sent.body))
}

/// What a request sent.
#[derive(Default)]
struct Sent {
    fields: Fields,
    large: Option<Large>,
    body: Body,
    left_file: bool,
}

impl Sent {
    async fn read(app: &App, parts: &Parts, body: Body) -> Result<Self, ErrorAnswer> {
        let (bytes, large) = body::form(app, parts, body).await?;
        if bytes.split(|byte| *byte == b'&').nth(limits::FORM_FIELDS).is_some() {
            return Err(ErrorAnswer::too_many_fields());
        }
        let fields = Fields::of_form(&bytes).ok_or_else(ErrorAnswer::not_utf8)?;
        Ok(Self { fields, large, ..Self::default() })
    }
}

/// What was typed into a form of several parts, and whether there was a file in it, which is not kept. However it ends: what came
/// until then is what there is.
async fn typed(app: &App, parts: &Parts, body: Body) -> (Fields, bool) {
    let mut request = Request::from_parts(parts.clone(), body);
    DefaultBodyLimit::disable().apply(&mut request);
    let (mut fields, mut left) = (Vec::new(), Left { bytes: 0, most: app.admission.largest_file() });
    let form = parts::Parts { request, sender: None, most: limits::KEPT };
    // An error is about the form, of which nothing is done yet.
    let _ = tokio::time::timeout(limits::BODY_TIME, form.read(&mut fields, &mut left)).await;
    (Fields::of(fields), left.bytes > 0)
}

/// A file that nobody takes. It is read to its end all the same, as a browser looks for an answer when it has sent all.
struct Left {
    bytes: usize,
    most: usize,
}

impl parts::Files for Left {
    async fn take(&mut self, _: &str, _: &str, bytes: Bytes) -> bool {
        self.bytes += bytes.len();
        self.bytes <= self.most
    }
}

/// The page, whose forms say whose it is.
async fn signed(response: Response, account: UserId) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    // It is there as a whole already.
    let page = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, whose::signed(&String::from_utf8_lossy(&page), account).into())
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
