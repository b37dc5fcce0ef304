//! The page after a letter was asked for: to look into the mailbox. It is the same whether there is such an account or not.
//!
//! The address travels in a cookie that lasts some minutes, and not in the page's address, which logs and histories keep.

use crate::web::frame::answer::mend;
use crate::web::frame::{Answer, Layout, Mistakes, Visit, page, redirect};
use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::EmailAddress;

/// The cookie with the address to which a letter goes.
const COOKIE: &str = "letter-to";

/// How long it is kept, in seconds.
const KEPT: u32 = 15 * 60;

/// The longest address that is kept, in bytes.
const LONGEST: usize = 254;

/// A page that says where to look, and offers to send the letter once more.
#[derive(Template)]
#[template(path = "who/sent.html")]
pub(super) struct Sent {
    pub(super) page: Layout,
    pub(super) said: Vec<String>,
    /// What to do if no letter comes, under its title; none if none was asked for yet.
    pub(super) nothing: Option<(&'static str, &'static str)>,
    pub(super) label: &'static str,
    pub(super) again: &'static str,
    /// Where the form sends the address once more.
    pub(super) action: &'static str,
    pub(super) email: String,
    pub(super) mistakes: Mistakes,
}

impl Sent {
    /// The page; with what is to mend, if something is.
    pub(super) fn show(&self) -> Answer {
        if self.mistakes.count() == 0 { page(self) } else { mend(self) }
    }
}

/// The way to such a page.
pub(super) fn go(visit: &Visit, to: &str, email: &str) -> Response {
    let mut response = redirect(to);
    if email.len() <= LONGEST {
        let (value, secure) = (URL_SAFE_NO_PAD.encode(email), if visit.caller().secure { "; Secure" } else { "" });
        let line = format!("{COOKIE}={value}; Path=/; Max-Age={KEPT}; HttpOnly; SameSite=Lax{secure}");
        if let Ok(line) = HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
    response
}

/// The address to which a letter went, as whoever asked for it typed it; none if nobody knows any more.
pub(super) fn address(visit: &Visit) -> Option<String> {
    read(visit.cookie(COOKIE)?)
}

/// What is shown as an address has to look like one: a cookie can be made up.
fn read(value: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    EmailAddress::parse(&text).ok().map(|_| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_is_shown_as_one() {
        for (text, shown) in [
            ("ann@example.org", Some("ann@example.org")),
            (
                " \u{430}@\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444} ",
                Some("\u{430}@\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}"),
            ),
            ("call 555 now", None),
            ("", None),
        ] {
            assert_eq!(read(&URL_SAFE_NO_PAD.encode(text)).as_deref(), shown, "{text}");
        }
        assert_eq!(read("%%%"), None);
    }
}
