//! The session's cookie.

use acts::who::Caller;
use axum::http::{HeaderMap, header};
use url::Url;

/// The session's cookie where everything travels encrypted. Browsers take one of this kind from this very host only, so that
/// no page of a sibling domain can plant its own (RFC 6265bis, section 4.1.3.2).
const COOKIE: &str = "__Host-skymailing_session";

/// The same on this machine alone, where the first kind does not work.
const LOOPBACK_COOKIE: &str = "skymailing_session";

/// The session's token among the cookies of a request.
pub(super) fn cookie_of(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie_name(secure)).map(|(_, value)| value)
}

/// The header line that keeps a session's token in a browser, where no script can read it.
pub(crate) fn cookie(token: &str, caller: &Caller) -> String {
    line(token, caller.session_times.lifetime.num_seconds(), caller.secure)
}

/// The header line that removes it.
pub(crate) fn no_cookie(secure: bool) -> String {
    line("", 0, secure)
}

fn line(token: &str, seconds: i64, secure: bool) -> String {
    let (name, secure) = (cookie_name(secure), if secure { "; Secure" } else { "" });
    format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn cookie_name(secure: bool) -> &'static str {
    if secure { COOKIE } else { LOOPBACK_COOKIE }
}

/// Whether what is sent there stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        for (line, secure, found) in [
            ("theme=dark; skymailing_session=abc; x=y", false, Some("abc")),
            ("my_skymailing_session=abc", false, None),
            ("__Host-skymailing_session=abc", false, None),
            ("skymailing_session=planted; __Host-skymailing_session=abc", true, Some("abc")),
            // From anywhere below the domain; it would log its victim in as somebody else.
            ("skymailing_session=planted", true, None),
        ] {
            assert_eq!(cookie_of(&headers(line), secure), found, "{line}");
        }
    }

    #[test]
    fn cookies_travel_encrypted_unless_they_stay_on_the_machine() {
        for (url, loopback) in [
            ("http://127.0.0.1:8080/", true),
            ("http://[::1]:8080/", true),
            ("http://localhost:8080/", true),
            ("http://10.0.0.1:8080/", false),
            ("https://mail.example.org/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
        for (secure, cookie) in [
            (true, "__Host-skymailing_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"),
            (false, "skymailing_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"),
        ] {
            assert_eq!(line("abc", 60, secure), cookie);
        }
    }

    fn headers(cookie: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))])
    }
}
