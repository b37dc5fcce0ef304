//! The playground: GraphiQL, served from the binary, so that it works with no internet.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// What the page loads, see `assets/graphiql/README.md`.
const ASSETS: [(&str, &str, &str); 4] = [
    ("graphiql.min.css", "text/css; charset=utf-8", include_str!("../../assets/graphiql/graphiql.min.css")),
    ("graphiql.min.js", JAVASCRIPT, include_str!("../../assets/graphiql/graphiql.min.js")),
    ("react.production.min.js", JAVASCRIPT, include_str!("../../assets/graphiql/react.production.min.js")),
    ("react-dom.production.min.js", JAVASCRIPT, include_str!("../../assets/graphiql/react-dom.production.min.js")),
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Nothing runs on the page but what this service serves and the one script that is written into it, which is known by
/// its hash. GraphiQL sets styles from its script.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let script = PAGE.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap_or_default();
    let hash = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self' 'unsafe-inline'; img-src data:; \
         font-src data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

/// The page.
pub(crate) async fn page() -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, &POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let mut response = Html(PAGE).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What the page loads.
pub(crate) async fn asset(Path(file): Path<String>) -> Response {
    match ASSETS.iter().find(|(name, _, _)| *name == file) {
        Some((_, kind, content)) => {
            let headers = [
                (header::CONTENT_TYPE, *kind),
                (header::CACHE_CONTROL, "public, max-age=86400"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, *content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn what_is_served_is_what_was_published() {
        let sums = include_str!("../../assets/graphiql/SHA256SUMS");
        for (name, _, content) in ASSETS {
            let mut sum = String::new();
            for byte in Sha256::digest(content) {
                let _ = write!(sum, "{byte:02x}");
            }
            assert!(sums.contains(&format!("{sum}  {name}")), "{name} is not what SHA256SUMS says");
        }
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        assert!(!PAGE.contains("https://") && !PAGE.contains("src=\"http"), "the page names another host");
        for (name, _, _) in ASSETS {
            assert!(PAGE.contains(&format!("/graphiql/{name}")), "{name} is not loaded");
        }
    }
}
