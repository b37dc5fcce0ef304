//! The style sheet and the scripts. All of them are in the binary, and nothing is loaded from anywhere else.
//!
//! htmx (<https://htmx.org>, version 4.0.1, `htmx.LICENSE`) and its extension for server-sent events do what is live; without
//! scripts everything else works as it does with them.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One file.
pub(crate) struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    /// What names its content.
    tag: String,
    /// Where pages find it: whoever has it need not ask again.
    address: String,
}

/// The files.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let script = "text/javascript; charset=utf-8";
    let files: [(&str, &str, &[u8]); 5] = [
        ("style.css", "text/css; charset=utf-8", include_bytes!("style.css")),
        ("pages.js", script, include_bytes!("pages.js")),
        ("htmx.js", script, include_bytes!("htmx.min.js")),
        ("sse.js", script, include_bytes!("hx-sse.min.js")),
        ("icon.svg", "image/svg+xml", include_bytes!("icon.svg")),
    ];
    let asset = |(name, media, bytes): (&'static str, &'static str, &'static [u8])| {
        let tag = URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..9]);
        let address = format!("/assets/{name}?v={tag}");
        Asset { name, media, bytes, tag, address }
    };
    files.into_iter().map(asset).collect()
});

/// The address of the file of this name; the home page's if there is none, which a test finds.
pub(crate) fn address(name: &str) -> &'static str {
    let asset = find(name);
    debug_assert!(asset.is_some(), "there is no asset {name}");
    asset.map_or("/", |asset| asset.address.as_str())
}

/// The file of this name.
pub(crate) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// `GET /assets/NAME`. What asks for one is a page, so that nobody reads why there is none.
pub(crate) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    find(&name).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |asset| answer(asset, &headers))
}

/// `GET /favicon.ico`, which programs ask for that have read no page. It has no tag of its content in its address, so that they ask
/// again after a day.
pub(crate) async fn icon(headers: HeaderMap) -> Response {
    let Some(icon) = find("icon.svg") else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = answer(icon, &headers);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// The file, or that the caller has it already.
pub(crate) fn answer(asset: &Asset, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", asset.tag);
    let known = headers.get_all(header::IF_NONE_MATCH).into_iter().any(|line| {
        line.to_str().is_ok_and(|line| line.split(',').any(|known| known.trim().trim_start_matches("W/") == tag))
    });
    let kept = [
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(header::CONTENT_TYPE, asset.media)], asset.bytes).into_response()
}
