//! In which form a request comes, and its answer goes.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The two ways to write an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status tells whether the request was one.
    GraphQl,
    /// `application/json`: 200 for everything that is JSON.
    Json,
}

impl Media {
    /// What the sender likes best of what we can write; JSON if it does not say.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut accept = headers.get_all(header::ACCEPT).into_iter().peekable();
        if accept.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges = accept.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let mut best: Option<(f32, Self)> = None;
        for range in ranges {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphQl,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            let better = best.is_none_or(|(most, other)| {
                weight > most || (weight >= most && media == Self::GraphQl && other == Self::Json)
            });
            if weight > 0.0 && better {
                best = Some((weight, media));
            }
        }
        best.map(|(_, media)| media)
    }

    /// The status of an answer that is nothing but an error in a document: `application/json` wants 200 for a document that
    /// makes no sense.
    pub(super) fn status(self, status: StatusCode) -> StatusCode {
        if self == Self::Json && status == StatusCode::BAD_REQUEST { StatusCode::OK } else { status }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|part| match part.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
                charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// An answer of this form.
pub(super) fn written(status: StatusCode, media: Media, body: impl Into<Body>) -> Response {
    let mut response = (status, body.into()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_written_as_its_reader_likes_it() {
        let accepted = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            Media::accepted(&headers)
        };
        for (accept, media) in [
            ("application/graphql-response+json", Some(Media::GraphQl)),
            ("application/json", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::GraphQl)),
            ("application/json, application/graphql-response+json", Some(Media::GraphQl)),
            ("application/graphql-response+json;q=0.5, application/json", Some(Media::Json)),
            ("application/json, multipart/mixed", Some(Media::Json)),
            ("text/html, */*;q=0.8", Some(Media::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(accepted(accept), media, "{accept}");
        }
        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Media::Json));
    }

    #[test]
    fn a_request_is_json_in_utf_8() {
        for (content_type, right) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=\"utf-8\"", true),
            ("application/json; charset=iso-8859-1", false),
            ("application/x-www-form-urlencoded", false),
            ("text/plain", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
            assert_eq!(is_json(&headers), right, "{content_type}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
