//! Who sends a request, and whether a page of somebody else's made their browser send it.

use super::cookies::{cookie_of, is_loopback};
use super::identify::request_id;
use super::language;
use crate::Options;
use acts::Services;
use acts::who::{Caller, sessions};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use projections::ReadError;
use std::net::{IpAddr, SocketAddr};
use url::Url;

/// How much is kept of what a browser calls itself, in characters.
const USER_AGENT: usize = 200;

/// Finds out who sends a request.
pub(crate) async fn caller(parts: &Parts, services: &Services, options: &Options) -> Result<Caller, ReadError> {
    let address = address(parts, options);
    let user_agent = user_agent(&parts.headers);
    let secure = !is_loopback(&options.public_url);
    let times = options.session_times;
    let token = token(&parts.headers, options).map(str::to_owned);
    let viewer = match &token {
        Some(token) => sessions::holder(services, token, address, user_agent.as_deref(), times).await?,
        None => None,
    };
    let own = viewer.as_ref().map(|viewer| viewer.user().language);
    Ok(Caller {
        viewer,
        token,
        request_id: request_id(parts),
        address,
        user_agent,
        language: own.unwrap_or_else(|| language::accepted(&parts.headers)),
        secure,
        session_times: times,
    })
}

/// From where a request comes.
pub(crate) fn address(parts: &Parts, options: &Options) -> Option<IpAddr> {
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map(|ConnectInfo(peer)| options.trusted_proxies.client(peer.ip(), &parts.headers))
}

/// The token that comes with a request.
pub(crate) fn token<'a>(headers: &'a HeaderMap, options: &Options) -> Option<&'a str> {
    bearer(headers).or_else(|| cookie_of(headers, !is_loopback(&options.public_url)))
}

/// Whether the request may change something: it comes with a token that no browser adds by itself, or from a page of
/// our own, or from no browser at all. `SameSite=Lax` and the content type stop most others; this stops the rest.
pub(crate) fn is_same_origin(headers: &HeaderMap, public_url: &Url) -> bool {
    if bearer(headers).is_some() {
        return true;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    // Browsers without Sec-Fetch-Site, and those that came over plain HTTP, tell the page's origin.
    let Some(origin) = text("origin") else { return true };
    let host = text("host").unwrap_or_default();
    origin == public_url.origin().ascii_serialization()
        || origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// As text that can be kept and shown.
fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes());
    Some(text.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn a_page_of_somebody_elses_cannot_make_a_browser_change_anything() {
        let ours = Url::parse("https://mail.example.org/").unwrap();
        for (lines, allowed) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "https://mail.example.org")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("authorization", "Bearer abc")], true),
            (vec![("origin", "https://mail.example.org")], true),
            (vec![("origin", "http://10.0.0.1:8080"), ("host", "10.0.0.1:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "mail.example.org")], false),
            (vec![("origin", "null"), ("host", "mail.example.org")], false),
        ] {
            assert_eq!(is_same_origin(&headers(&lines), &ours), allowed, "{lines:?}");
        }
    }

    #[test]
    fn a_token_of_a_program_is_found() {
        assert_eq!(bearer(&headers(&[("authorization", "bearer abc")])), Some("abc"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic abc")])), None);
    }
}
