//! The pages that recipients see, and the lines that mail programs get.

use super::sent::Wanted;
use crate::web::frame::layout::Layout;
use crate::web::frame::{Fields, tongue};
use acts::leaving::{self, Left, Outcome, Seen, Topic, Which};
use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::{GroupId, Language};
use words::screens::frame::Frame;
use words::screens::leaving::{Leaving as Words, apart};

/// The page loads the service's style sheet and its picture, runs nothing, and its forms go back to where it is.
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
        let told = chosen.is_some() || tongue::tells_language(&headers);
        Self { language: chosen.unwrap_or_else(|| tongue::language_of(&headers)), told, headers }
    }

    /// The same of whom a letter is known: who tells no language reads that of the one who wrote to them.
    pub(in crate::web) fn of_letter(&self, owners: Language) -> Self {
        let (told, headers) = (self.told, self.headers.clone());
        Self { language: if told { self.language } else { owners }, told, headers }
    }

    /// The language that they, or their program, have told.
    pub(super) fn told(&self) -> Option<Language> {
        self.told.then_some(self.language)
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
    notice: Option<String>,
    /// Why nothing was.
    warning: Option<&'static str>,
    said: Vec<&'static str>,
    letter: Option<Letter>,
    /// The buttons. The first one is what most come for.
    buttons: Vec<Button>,
    /// Whether the first button is the one that most come for.
    invites: bool,
    /// What the buttons send besides.
    besides: Vec<(&'static str, String)>,
    /// The topics to choose from, of which at least one is there if there is anything to choose.
    topics: Vec<Row>,
    /// What somebody agrees to who chooses a topic.
    agreement: String,
    /// Why there are no topics to choose from, where there could be.
    instead: Option<&'static str>,
}

/// A button: what it sends, and what it says.
struct Button {
    name: &'static str,
    value: String,
    label: String,
}

impl Button {
    fn act(value: &str, label: &str) -> Self {
        Self { name: "act", value: value.to_owned(), label: label.to_owned() }
    }

    fn leave(topic: GroupId, label: String) -> Self {
        Self { name: "leave", value: topic.to_string(), label }
    }
}

/// A topic in the list.
struct Row {
    topic: Topic,
    /// What is sent if it is ticked: which one, and what tells the words that were read.
    ticked: String,
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
        Self {
            page,
            w,
            status,
            notice: None,
            warning: None,
            said,
            letter: None,
            buttons: Vec::new(),
            invites: false,
            besides: Vec::new(),
            topics: Vec::new(),
            agreement: String::new(),
            instead: None,
        }
    }

    /// What was sent, what its recipient has left, and what they can choose.
    pub(super) fn of(visitor: &Visitor, seen: Seen) -> Self {
        let Seen { masked, owner, subject, language, mailing_alone, left, topics, may_join } = seen;
        let mut page = Self::in_force(&visitor.of_letter(language), left);
        if left == Left::Nothing {
            let of_mailing = topics.iter().filter(|topic| topic.of_mailing && topic.gets);
            let w = page.w;
            let label = |topic: &Topic| w.leave_topic.with(apart(&topic.title));
            page.buttons.extend(of_mailing.map(|topic| Button::leave(topic.id, label(topic))));
            if mailing_alone {
                page.buttons.push(Button::act("mailing", w.leave_mailing));
            }
        }
        match left {
            _ if topics.is_empty() => {}
            Left::Owner => page.instead = Some(page.w.topics_later),
            Left::Nothing | Left::Mailing if may_join => page.offers(topics, &owner),
            Left::Nothing | Left::Mailing => page.instead = Some(page.w.not_there),
        }
        page.letter = Some(Letter { owner, subject, masked });
        page
    }

    /// Puts topics to choose from on the page.
    fn offers(&mut self, topics: Vec<Topic>, owner: &str) {
        let w = self.w;
        let row = |topic: Topic| {
            let read = leaving::fingerprint(&w.wording(&topic.title, owner));
            Row { ticked: format!("{}.{read}", topic.id), topic }
        };
        self.topics = topics.into_iter().map(row).collect();
        self.agreement = w.agreement(owner);
    }

    /// What its recipient has left, of a letter of which nothing else is known.
    pub(super) fn in_force(visitor: &Visitor, left: Left) -> Self {
        let w = visitor.words();
        let (back, owner) = (("back", w.undo), ("owner", w.leave_owner));
        let (title, said, buttons) = match left {
            Left::Nothing => (w.title, vec![w.asks, w.means], vec![owner]),
            Left::Mailing => (w.left_mailing_title, vec![w.left_mailing, w.undo_means], vec![back, owner]),
            Left::Owner => (w.left_owner_title, vec![w.left_owner, w.undo_means], vec![back]),
        };
        let buttons = buttons.into_iter().map(|(value, label)| Button::act(value, label)).collect();
        Self { buttons, invites: left == Left::Nothing, ..Self::new(visitor, StatusCode::OK, title, said) }
    }

    /// What was chosen is written, and cannot be shown now.
    pub(super) fn unseen(visitor: &Visitor, outcome: Outcome) -> Self {
        let w = visitor.words();
        let page = Self::new(visitor, StatusCode::OK, w.chosen_title, vec![w.chosen_unseen]);
        Self { warning: not_joined(w, outcome), ..page }
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
    pub(super) fn not_stored(visitor: &Visitor, wanted: &Wanted) -> Self {
        let w = visitor.words();
        let button = match wanted {
            Wanted::Leave(Which::Mailing) => Button::act("mailing", w.leave_mailing),
            Wanted::Leave(Which::Topic(topic)) => Button::leave(*topic, w.leave_this_topic.to_owned()),
            Wanted::Choose(_) => Button::act("save", w.save),
            Wanted::Back => Button::act("back", w.undo),
            Wanted::OneClick | Wanted::Leave(Which::Owner) | Wanted::Nothing => Button::act("owner", w.leave_owner),
        };
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            buttons: vec![button],
            invites: true,
            besides: besides(wanted),
            ..Self::new(visitor, status, w.not_stored_title, vec![w.not_stored])
        }
    }

    /// The same page after somebody asked for something on it, and what came of it.
    pub(super) fn after(mut self, wanted: &Wanted, outcome: Outcome) -> Self {
        match wanted {
            _ if outcome == Outcome::Unknown => {
                self.status = StatusCode::UNPROCESSABLE_ENTITY;
                self.warning = Some(self.w.nothing_chosen);
            }
            Wanted::Back => self.notice = Some(self.w.undone.to_owned()),
            Wanted::Leave(Which::Topic(topic)) => self.after_topic(*topic),
            Wanted::Choose(_) => self.after_choice(outcome),
            // The title says it.
            Wanted::OneClick | Wanted::Leave(_) | Wanted::Nothing => {}
        }
        self
    }

    /// Tells that a topic was left, unless more is left than that.
    fn after_topic(&mut self, left: GroupId) {
        let row = self.topics.iter().find(|row| row.topic.id == left);
        self.notice = row.map(|row| self.w.left_topic_named.with(apart(&row.topic.title)));
        if self.invites {
            self.said = match (row, self.instead) {
                (Some(_), _) => vec![self.w.left_topic],
                (None, Some(_)) => Vec::new(),
                (None, None) => vec![self.w.left_closed_topic],
            };
            self.w.left_topic_title.clone_into(&mut self.page.title);
        }
    }

    /// Tells that a choice is kept, and whether something of it is not done.
    fn after_choice(&mut self, outcome: Outcome) {
        self.warning = not_joined(self.w, outcome);
        // It is not said twice.
        self.instead = self.instead.filter(|said| self.warning != Some(*said));
        if self.invites {
            self.said = if self.topics.is_empty() { Vec::new() } else { vec![self.w.chosen] };
            self.w.chosen_title.clone_into(&mut self.page.title);
        } else {
            self.notice = Some(self.w.chosen_title.to_owned());
        }
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

/// Why nothing was joined that was chosen, if it was not.
fn not_joined(w: &'static Words, outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Done | Outcome::Unknown => None,
        Outcome::NotThere => Some(w.not_there),
        Outcome::LeftAll => Some(w.not_joined_left),
        Outcome::Changed => Some(w.not_joined_changed),
    }
}

/// What a button has to send besides, so that a choice that was not written is sent again.
fn besides(wanted: &Wanted) -> Vec<(&'static str, String)> {
    let Wanted::Choose(choice) = wanted else { return Vec::new() };
    let shown = choice.shown.iter().map(|topic| ("shown", topic.to_string()));
    let ticked = choice.ticked.iter().map(|(topic, read)| ("topic", format!("{topic}.{read}")));
    shown.chain(ticked).collect()
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
