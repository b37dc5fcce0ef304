//! The pages that recipients see, and the lines that mail programs get.

use super::sent::Wanted;
use crate::web::frame::layout::Layout;
use crate::web::frame::{Fields, enter};
use acts::leaving::{Left, Seen, Which};
use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::Language;
use words::screens::frame::Frame;
use words::screens::leaving::Leaving as Words;

/// The page loads the service's style sheet and its picture, runs nothing, and its form goes back to where it is.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// When something that could not be written is to be tried again, in seconds.
const COME_AGAIN: u32 = 60;

/// Somebody who holds a link, as far as their program tells of them.
pub(in crate::web) struct Visitor {
    pub(in crate::web) language: Language,
    /// Whether they, or their program, have told it.
    told: bool,
    pub(in crate::web) headers: HeaderMap,
}

impl Visitor {
    /// The language is the one that was chosen on the page, and then goes by the address; or else the one that their program prefers.
    pub(in crate::web) fn of(head: &Parts) -> Self {
        let query = Fields::parse(head.uri.query().unwrap_or_default().as_bytes());
        let chosen = query.some("language").or_else(|| query.some("lang")).and_then(|name| name.parse().ok());
        let headers = head.headers.clone();
        let told = chosen.is_some() || enter::tells_language(&headers);
        Self { language: chosen.unwrap_or_else(|| enter::language_of(&headers)), told, headers }
    }

    /// The same of whom a letter is known: who tells no language reads that of the one who wrote to them.
    pub(in crate::web) fn of_letter(&self, owners: Language) -> Self {
        let (told, headers) = (self.told, self.headers.clone());
        Self { language: if told { self.language } else { owners }, told, headers }
    }

    fn words(&self) -> &'static Words {
        Words::of(self.language)
    }
}

/// A page of a link.
#[derive(Template)]
#[template(path = "leaving/page.html")]
pub(super) struct Page {
    page: Layout,
    w: &'static Words,
    status: StatusCode,
    /// What was just done.
    notice: Option<&'static str>,
    /// Why nothing was.
    warning: Option<&'static str>,
    said: Vec<&'static str>,
    letter: Option<Letter>,
    /// The buttons: what each sends, and what it says. The first one is what most come for.
    buttons: Vec<(&'static str, &'static str)>,
    /// Whether the first button is the one that most come for.
    invites: bool,
}

/// The letter that the link was in, for the one who got it.
struct Letter {
    owner: String,
    subject: String,
    masked: String,
}

impl Page {
    fn new(visitor: &Visitor, status: StatusCode, title: &'static str, said: Vec<&'static str>) -> Self {
        let w = Frame::of(visitor.language);
        let mut page = Layout::elsewhere(&visitor.headers, "SkyMailing", w.about, Vec::new());
        title.clone_into(&mut page.title);
        (page.w, page.language) = (w, visitor.language);
        let w = visitor.words();
        Self { page, w, status, notice: None, warning: None, said, letter: None, buttons: Vec::new(), invites: false }
    }

    /// What was sent, and what its recipient has left.
    pub(super) fn of(visitor: &Visitor, seen: Seen) -> Self {
        let Seen { masked, owner, subject, mailing_recurs, left, language } = seen;
        let mut page = Self::in_force(&visitor.of_letter(language), left);
        if left == Left::Nothing && mailing_recurs {
            page.buttons.push(("mailing", page.w.leave_mailing));
        }
        page.letter = Some(Letter { owner, subject, masked });
        page
    }

    /// What its recipient has left, of a letter of which nothing else is known.
    pub(super) fn in_force(visitor: &Visitor, left: Left) -> Self {
        let w = visitor.words();
        let (title, said, buttons) = match left {
            Left::Nothing => (w.title, vec![w.asks, w.means], vec![("owner", w.leave_owner)]),
            Left::Mailing => {
                (w.left_mailing_title, vec![w.left_mailing], vec![("back", w.undo), ("owner", w.leave_owner)])
            }
            Left::Owner => (w.left_owner_title, vec![w.left_owner], vec![("back", w.undo)]),
        };
        Self { buttons, invites: left == Left::Nothing, ..Self::new(visitor, StatusCode::OK, title, said) }
    }

    /// The link in a letter that was a test.
    pub(super) fn sample(visitor: &Visitor) -> Self {
        let w = visitor.words();
        Self::new(visitor, StatusCode::OK, w.sample_title, vec![w.sample])
    }

    /// No link of ours.
    pub(super) fn unknown(visitor: &Visitor) -> Self {
        let w = visitor.words();
        Self::new(visitor, StatusCode::NOT_FOUND, w.unknown_title, vec![w.unknown])
    }

    /// More was sent than the page sends.
    pub(super) fn too_long(visitor: &Visitor) -> Self {
        let w = visitor.words();
        Self::new(visitor, StatusCode::PAYLOAD_TOO_LARGE, w.too_long_title, vec![w.too_long])
    }

    /// What was sent did not arrive.
    pub(super) fn too_slow(visitor: &Visitor) -> Self {
        let w = visitor.words();
        Self::new(visitor, StatusCode::REQUEST_TIMEOUT, w.too_slow_title, vec![w.too_slow])
    }

    /// It cannot be looked up now.
    pub(super) fn not_read(visitor: &Visitor) -> Self {
        let w = visitor.words();
        Self::new(visitor, StatusCode::SERVICE_UNAVAILABLE, w.not_read_title, vec![w.not_read])
    }

    /// It could not be written now; the button is there to be pressed again.
    pub(super) fn not_stored(visitor: &Visitor, wanted: Wanted) -> Self {
        let w = visitor.words();
        let button = match wanted {
            Wanted::Leave(Which::Mailing) => ("mailing", w.leave_mailing),
            Wanted::Back => ("back", w.undo),
            Wanted::OneClick | Wanted::Leave(Which::Owner) | Wanted::Nothing => ("owner", w.leave_owner),
        };
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            buttons: vec![button],
            invites: true,
            ..Self::new(visitor, status, w.not_stored_title, vec![w.not_stored])
        }
    }

    /// The same page after somebody asked for something on it.
    pub(super) fn after(mut self, wanted: Wanted) -> Self {
        match wanted {
            Wanted::Back => self.notice = Some(self.w.undone),
            Wanted::Nothing => {
                self.status = StatusCode::UNPROCESSABLE_ENTITY;
                self.warning = Some(self.w.nothing_chosen);
            }
            // The title says it.
            Wanted::OneClick | Wanted::Leave(_) => {}
        }
        self
    }

    /// The page as it is sent.
    pub(super) fn answer(&self) -> Response {
        match self.render() {
            Ok(html) => kept_secret((self.status, Html(html)).into_response()),
            Err(error) => {
                tracing::error!(%error, "a page did not render");
                kept_secret(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
        }
    }
}

/// What a mail program is told when its user's wish is written, or when the link is none of ours.
pub(super) fn heard(visitor: &Visitor) -> Response {
    line(StatusCode::OK, visitor.words().one_click)
}

/// What it is told when it is not written: it is to come again.
pub(super) fn not_heard(visitor: &Visitor) -> Response {
    line(StatusCode::SERVICE_UNAVAILABLE, visitor.words().not_stored_title)
}

fn line(status: StatusCode, said: &str) -> Response {
    kept_secret((status, format!("{said}\n")).into_response())
}

/// Nobody keeps the page, frames it, lists it, or is told of its address.
pub(in crate::web) fn kept_secret(mut response: Response) -> Response {
    let failed = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    if failed {
        headers.insert(header::RETRY_AFTER, COME_AGAIN.into());
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Cookie, Accept-Language"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
