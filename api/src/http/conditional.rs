//! Answers that browsers and proxies may keep: the home page and the blog, as pages and as queries, that are asked for by GET
//! by somebody who is not signed in. Whoever kept one asks whether it is still right, and gets 304 if it is; so nobody sees
//! anything old, and every view is counted.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The fields that are the same for everybody.
const PUBLIC: [&str; 4] = ["homeStats", "articles", "article", "__typename"];

/// May be kept, also by proxies, and has to be asked about each time.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A query. Whoever signs in, or likes another form, gets another answer.
    Query,
    /// A page. Its language and colours go by cookies, and it may be compressed on its way.
    Page,
}

impl Kind {
    /// What another answer goes by.
    fn vary(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Query => "Accept, Authorization, Cookie",
            Self::Page => "Authorization, Cookie, Accept-Language",
        })
    }

    /// What stands before a tag: pages that are compressed are the same page, and other bytes.
    fn weak(self) -> &'static str {
        match self {
            Self::Query => "",
            Self::Page => "W/",
        }
    }
}

/// Whether all that a document asks for is the same for everybody. What hides its fields in fragments is not looked into.
pub(crate) fn is_public(document: &ExecutableDocument) -> bool {
    let mut operations = document.operations.iter();
    let (Some((_, operation)), None) = (operations.next(), operations.next()) else { return false };
    operation.node.ty == OperationType::Query
        && operation.node.selection_set.node.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => PUBLIC.contains(&field.node.name.node.as_str()),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
        })
}

/// The answer with what is needed to keep it; without its body if the sender has it already.
pub(crate) async fn conditional(what: Kind, asked: &HeaderMap, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // It is in memory already.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let media = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let digest = Sha256::new().chain_update(media).chain_update(&body).finalize();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
    let known = is_known(asked, &tag);
    if let Ok(tag) = HeaderValue::from_str(&format!("{}{tag}", what.weak())) {
        parts.headers.insert(header::ETAG, tag);
    }
    parts.headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    parts.headers.insert(header::VARY, what.vary());
    if !known {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

/// Whether the sender has the answer with this tag (RFC 9110, section 13.1.2: compared weakly, because proxies that compress
/// make tags weak).
pub(super) fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let lines = asked.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn only_the_home_page_and_the_blog_are_public() {
        for (query, public) in [
            ("{ homeStats { mailings } }", true),
            ("query($slug: String) { __typename home: homeStats { mailings } article(slug: $slug) { title } }", true),
            ("query Home { homeStats { mailings } }", true),
            ("{ articles { nodes { ...short } } } fragment short on Article { title }", true),
            ("{ viewer { email } }", false),
            ("{ articles { totalCount } viewer { email } }", false),
            ("{ articles: viewer { email } }", false),
            ("{ ...all } fragment all on Query { viewer { email } }", false),
            ("{ ... on Query { viewer { email } } }", false),
            ("query a { homeStats { mailings } } query b { homeStats { mailings } }", false),
            ("mutation { articles: articleDelete(input: { id: \"x\" }) { deletedId } }", false),
        ] {
            assert_eq!(is_public(&parse_query(query).unwrap()), public, "{query}");
        }
    }

    #[tokio::test]
    async fn what_the_sender_has_is_not_sent_again() {
        let answer = || ([(header::CONTENT_TYPE, "application/json")], "{\"data\":{}}").into_response();
        let first = conditional(Kind::Query, &HeaderMap::new(), answer()).await;
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(first.status(), StatusCode::OK);
        for (line, status) in [
            (tag.clone(), StatusCode::NOT_MODIFIED),
            (format!("\"other\", W/{tag}"), StatusCode::NOT_MODIFIED),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("\"other\"".to_owned(), StatusCode::OK),
            (tag.trim_matches('"').to_owned(), StatusCode::OK),
        ] {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, line.parse().unwrap());
            let again = conditional(Kind::Query, &asked, answer()).await;
            assert_eq!(
                (again.status(), again.headers()[header::ETAG].to_str().unwrap()),
                (status, tag.as_str()),
                "{line}"
            );
            let body = to_bytes(again.into_body(), usize::MAX).await.unwrap();
            assert_eq!(body.is_empty(), status == StatusCode::NOT_MODIFIED);
        }
    }
}
