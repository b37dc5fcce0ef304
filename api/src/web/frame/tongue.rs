//! The language in which somebody wants to be spoken to who is not known.

use super::{settings, visit};
use crate::http::language;
use axum::http::{HeaderMap, header};
use domain::Language;

/// The language of somebody who is not signed in: the one that they chose, or the one that their browser prefers.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    let chosen = visit::cookie(headers, settings::LANGUAGE).and_then(|name| name.parse().ok());
    chosen.unwrap_or_else(|| language::accepted(headers))
}

/// Whether anything tells it: a choice of theirs, or their browser.
pub(crate) fn tells_language(headers: &HeaderMap) -> bool {
    let chosen = visit::cookie(headers, settings::LANGUAGE).and_then(|name| name.parse::<Language>().ok());
    chosen.is_some() || headers.contains_key(header::ACCEPT_LANGUAGE)
}
