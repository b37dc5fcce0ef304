//! The pages that people see who subscribe.

use crate::web::frame::fields::sentence;
use crate::web::frame::layout::Layout;
use crate::web::frame::{Fields, Mistakes};
use crate::web::leaving::{Visitor, kept_secret};
use acts::Problem;
use acts::subscribing::{Confirmed, Form, Offered, Seen, Standing};
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use words::screens::frame::Frame;
use words::screens::subscribing::Subscribing as Words;

/// What is around these pages, which belong to no account.
fn layout(visitor: &Visitor, title: &str) -> Layout {
    let w = Frame::of(visitor.language);
    let mut page = Layout::elsewhere(&visitor.headers, "SkyMailing", w.about, Vec::new());
    title.clone_into(&mut page.title);
    (page.w, page.language) = (w, visitor.language);
    page
}

/// A page as it is sent.
fn answered(page: &impl Template, status: StatusCode) -> Response {
    match page.render() {
        Ok(html) => kept_secret((status, Html(html)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page did not render");
            kept_secret(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

/// A topic in the form.
struct Choice {
    id: String,
    title: String,
    description: String,
    ticked: bool,
}

impl Choice {
    fn of(topic: &Offered, ticked: bool) -> Self {
        let (title, description) = (topic.title.clone(), topic.description.clone());
        Self { id: topic.id.to_string(), title, description, ticked }
    }
}

/// The form, with what was typed into it.
#[derive(Template)]
#[template(path = "subscribing/form.html")]
pub(super) struct Filled {
    page: Layout,
    w: &'static Words,
    status: StatusCode,
    mistakes: Mistakes,
    fields: Fields,
    /// The topic, where there is only one.
    only: Option<Choice>,
    /// The topics, where there are several.
    choices: Vec<Choice>,
    /// What the button means.
    agreed: String,
    /// What keeps the named topic in the address when the language changes.
    kept: String,
}

impl Filled {
    /// The form as it is opened.
    pub(super) fn blank(visitor: &Visitor, form: &Form) -> Self {
        let choices = form.topics.iter().map(|topic| Choice::of(topic, topic.named)).collect();
        Self::new(visitor, form, choices)
    }

    /// The form after something in it was wrong.
    pub(super) fn again(visitor: &Visitor, form: &Form, fields: &Fields, problems: &[Problem]) -> Self {
        let ticked = fields.all("topic");
        let choice = |topic: &Offered| Choice::of(topic, ticked.contains(&topic.id.to_string()));
        let mut filled = Self::new(visitor, form, form.topics.iter().map(choice).collect());
        filled.status = StatusCode::UNPROCESSABLE_ENTITY;
        (filled.fields, filled.mistakes) = (fields.clone(), Mistakes::of(problems, visitor.language));
        filled
    }

    fn new(visitor: &Visitor, form: &Form, mut choices: Vec<Choice>) -> Self {
        let w = Words::of(visitor.language);
        let title = form.name.if_any().map_or_else(|| w.title.to_owned(), |name| w.title_of.with(name));
        let mut page = layout(visitor, &title);
        page.public = true;
        let kept = form.topics.iter().find(|topic| topic.named).map(|topic| format!("topic={}&", topic.id));
        let only = if choices.len() == 1 { choices.pop() } else { None };
        let told = if only.is_some() { &form.topics[..] } else { &[] };
        Self {
            page,
            w,
            status: StatusCode::OK,
            mistakes: Mistakes::default(),
            fields: Fields::default(),
            only,
            choices,
            agreed: form.wording(told, visitor.language),
            kept: kept.unwrap_or_default(),
        }
    }

    /// The form as it is sent: the only one of these pages that search engines may list.
    pub(super) fn answer(&self) -> Response {
        let mut response = answered(self, self.status);
        response.headers_mut().remove("x-robots-tag");
        response
    }
}

/// Any other page.
#[derive(Template)]
#[template(path = "subscribing/page.html")]
pub(super) struct Page {
    page: Layout,
    w: &'static Words,
    status: StatusCode,
    said: Vec<String>,
    seen: Option<Seen>,
    /// Whether it asks for what was asked for to be confirmed.
    asks: bool,
    /// When to come again, in seconds.
    again: Option<u32>,
}

impl Page {
    fn new(visitor: &Visitor, status: StatusCode, title: &str, said: &[&str]) -> Self {
        Self {
            page: layout(visitor, title),
            w: Words::of(visitor.language),
            status,
            said: said.iter().map(|&one| one.to_owned()).collect(),
            seen: None,
            asks: false,
            again: None,
        }
    }

    /// What everybody is told who has sent the form.
    pub(super) fn sent(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::OK, w.sent_title, &[w.sent, w.sent_again])
    }

    /// As many have asked for these letters today as may.
    pub(super) fn not_now(visitor: &Visitor, seconds: u32) -> Self {
        let w = Words::of(visitor.language);
        let page = Self::new(visitor, StatusCode::SERVICE_UNAVAILABLE, w.not_now_title, &[w.not_now]);
        Self { again: Some(seconds), ..page }
    }

    /// Too much comes from one network address.
    pub(super) fn too_often(visitor: &Visitor, problem: &Problem, seconds: u32) -> Self {
        let w = Words::of(visitor.language);
        let said = sentence(problem.said.to(visitor.language));
        let page = Self::new(visitor, StatusCode::TOO_MANY_REQUESTS, w.often_title, &[said.as_str()]);
        Self { again: Some(seconds), ..page }
    }

    /// No form.
    pub(super) fn absent(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::NOT_FOUND, w.absent_title, &[w.absent])
    }

    /// What a link is about, and how far that has come.
    pub(super) fn of(visitor: &Visitor, seen: Seen) -> Self {
        let w = Words::of(visitor.language);
        let standing = seen.standing;
        let page = match standing {
            Standing::Open if seen.has_left => {
                Self::new(visitor, StatusCode::OK, w.confirm_title, &[w.confirm_asks, w.comes_back])
            }
            Standing::Open => Self::new(visitor, StatusCode::OK, w.confirm_title, &[w.confirm_asks]),
            Standing::Confirmed => Self::new(visitor, StatusCode::OK, w.before_title, &[w.before, w.leaving]),
            Standing::Expired => Self::new(visitor, StatusCode::GONE, w.expired_title, &[w.expired]),
            Standing::Gone => Self::new(visitor, StatusCode::GONE, w.gone_title, &[w.gone]),
        };
        Self { seen: Some(seen), asks: standing == Standing::Open, ..page }
    }

    /// The same page after a form that says nothing of what it asks.
    pub(super) fn nothing_done(mut self) -> Self {
        if self.asks {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self
    }

    /// What became of what was asked for.
    pub(super) fn after(visitor: &Visitor, seen: Seen, confirmed: Confirmed) -> Self {
        let w = Words::of(visitor.language);
        let standing = match confirmed {
            // Whoever presses the button once more may have left since.
            Confirmed::Done if seen.standing == Standing::Confirmed => Standing::Confirmed,
            Confirmed::Done => {
                let page = Self::new(visitor, StatusCode::OK, w.confirmed_title, &[w.confirmed, w.leaving]);
                return Self { seen: Some(seen), ..page };
            }
            Confirmed::Expired => Standing::Expired,
            Confirmed::Gone => Standing::Gone,
            Confirmed::Full => {
                return Self::new(visitor, StatusCode::SERVICE_UNAVAILABLE, w.full_title, &[w.full]);
            }
        };
        Self::of(visitor, Seen { standing, ..seen })
    }

    /// No link of ours.
    pub(super) fn unknown(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::NOT_FOUND, w.unknown_title, &[w.unknown])
    }

    /// More was sent than a form here has.
    pub(super) fn too_long(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::PAYLOAD_TOO_LARGE, w.too_long_title, &[w.too_long])
    }

    /// What was sent did not arrive.
    pub(super) fn too_slow(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::REQUEST_TIMEOUT, w.too_slow_title, &[w.too_slow])
    }

    /// It cannot be looked up now.
    pub(super) fn not_read(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::SERVICE_UNAVAILABLE, w.not_read_title, &[w.not_read])
    }

    /// It could not be written now.
    pub(super) fn not_stored(visitor: &Visitor) -> Self {
        let w = Words::of(visitor.language);
        Self::new(visitor, StatusCode::SERVICE_UNAVAILABLE, w.not_stored_title, &[w.not_stored])
    }

    /// The page as it is sent.
    pub(super) fn answer(&self) -> Response {
        let mut response = answered(self, self.status);
        if let Some(seconds) = self.again {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
