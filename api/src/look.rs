//! The look of the pages, for other pages of the program: one style sheet, one set of switches for language and colours.
//!
//! Nothing of the service is behind it, so that a page that has its own port, such as the mailbox of the demo, looks like the
//! others and knows nothing of them.

use crate::web::frame::{assets, settings, tongue};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::Language;

pub use crate::web::frame::layout::{Item, Layout};

/// The file of this name with its headers, or that the caller has it already; `None` if there is none.
#[must_use]
pub fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    assets::find(name).map(|asset| assets::answer(asset, headers))
}

/// The language that a visitor chose, or that their browser prefers.
#[must_use]
pub fn language(headers: &HeaderMap) -> Language {
    tongue::language_of(headers)
}

/// The frame of pages that have a name of their own and no accounts, in the language and the colours that the visitor chose.
/// Their templates extend `frame/layout.html`, as those of the service do.
#[must_use]
pub fn layout(headers: &HeaderMap, brand: &'static str, about: &'static str, items: Vec<Item>) -> Layout {
    Layout::elsewhere(headers, brand, about, items)
}

/// The way back to a page of the same program after a switch for language or colours was pressed there. The choice is kept
/// where all pages find it; what is no choice goes back to what the browser prefers.
#[must_use]
pub fn choose(language: Option<&str>, theme: Option<&str>, back: &str) -> Response {
    let back = if crate::web::frame::answer::is_local(back) { back } else { "/" };
    let mut response = crate::web::frame::redirect(back);
    let language = language.and_then(|name| name.parse::<Language>().ok());
    let chosen = [
        language.map(|language| (settings::LANGUAGE, language.name())),
        theme.map(|name| (settings::THEME, settings::Theme::from_name(name).map_or("auto", settings::Theme::name))),
    ];
    for (name, value) in chosen.into_iter().flatten() {
        settings::keep(&mut response, name, value, false);
    }
    response
}

/// What goes with every page: nothing is loaded from elsewhere, nothing runs that is not the program's own, and nobody frames it.
#[must_use]
pub fn page(html: String) -> Response {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                  frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("Cookie, Accept-Language, Accept")),
    ];
    (headers, axum::response::Html(html)).into_response()
}
