//! Letters in frames: one that somebody types, and one that is saved. A frame loads nothing from elsewhere and runs nothing.

use super::readable::readable;
use super::seen::{Person, Seen, View, document};
use crate::failure::Failure;
use crate::web::frame::answer::written;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit};
use acts::letters::preview::Wanted;
use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use words::screens::preview::Preview as Words;

/// For a frame that is ours and holds a letter, which has the same rules: a letter has its own styles, and pictures only where
/// they are in it. To load others would tell their machine that somebody looks.
const AROUND: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; frame-src 'none'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// For a letter by itself.
const LETTER: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

#[derive(Template)]
#[template(path = "letters/frame.html")]
struct Frame {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    seen: Option<Seen>,
}

impl Frame {
    fn new(visit: &Visit) -> Self {
        let w = Words::of(visit.language());
        Self { page: visit.layout(w.title, Place::None), w, mistakes: Mistakes::default(), seen: None }
    }

    fn answer(&self, status: StatusCode) -> Answer {
        Ok(framed(written(status, self)?, AROUND))
    }
}

fn framed(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What is wrong, in a frame; a whole page would not be shown in it.
fn trouble(visit: &Visit, trouble: Trouble) -> Answer {
    let frame = visit.frame();
    let (status, said) = match trouble {
        Trouble::LogIn => (StatusCode::UNAUTHORIZED, frame.error_log_in),
        Trouble::Absent => (StatusCode::NOT_FOUND, frame.error_absent),
        Trouble::Failed(Failure::Forbidden(_)) => (StatusCode::FORBIDDEN, frame.error_lacking_title),
        other => return Err(other),
    };
    Frame { mistakes: Mistakes::general(said), ..Frame::new(visit) }.answer(status)
}

/// `POST /messages/preview`: what somebody typed and has not saved.
pub(crate) async fn typed(visit: Visit, fields: Fields) -> Answer {
    match show_typed(&visit, &fields).await {
        Ok(frame) => frame.answer(StatusCode::OK),
        Err(error) => trouble(&visit, error),
    }
}

async fn show_typed(visit: &Visit, fields: &Fields) -> Result<Frame, Trouble> {
    visit.viewer()?;
    let person = Person::find(visit, fields, "preview.person").await?;
    let letter = super::editor::Typed::of(fields);
    let wanted = Wanted {
        subject: Some(letter.subject).filter(|subject| !subject.trim().is_empty()).or(Some("-".to_owned())),
        text: letter.text,
        html: letter.html,
        markdown: letter.markdown,
        ..Wanted::default()
    };
    let no_subject = fields.some("subject").is_none();
    let made = Seen::make(visit, wanted, &person, View::of(fields.text("preview.view"))).await?;
    let frame = Frame::new(visit);
    Ok(match made {
        Ok(seen) => {
            let subject = if no_subject { format!("({})", frame.w.no_subject) } else { seen.subject };
            Frame { seen: Some(Seen { subject, ..seen }), ..frame }
        }
        Err(problems) => Frame { mistakes: Mistakes::of(&problems, visit.language()), ..frame },
    })
}

/// `GET /messages/ID/preview/frame`: what is saved, beside the form in which it is edited.
pub(crate) async fn saved(visit: Visit, Path(id): Path<String>) -> Answer {
    match show_saved(&visit, &id).await {
        Ok(frame) => frame.answer(StatusCode::OK),
        Err(error) => trouble(&visit, error),
    }
}

async fn show_saved(visit: &Visit, id: &str) -> Result<Frame, Trouble> {
    let row = readable(visit, id).await?;
    let wanted = Wanted { message: Some(row.id.to_string()), ..Wanted::default() };
    let (person, frame) = (Person::default(), Frame::new(visit));
    Ok(match Seen::make(visit, wanted, &person, View::of(visit.query().text("view"))).await? {
        Ok(seen) => Frame { seen: Some(seen), ..frame },
        Err(problems) => Frame { mistakes: Mistakes::of(&problems, visit.language()), ..frame },
    })
}

/// `GET /messages/ID/preview/html`: the HTML of a letter as a client would get it, and nothing else.
pub(crate) async fn html(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = readable(&visit, &id).await?;
    let person = Person::find(&visit, &visit.query(), "person").await?;
    let wanted = Wanted { message: Some(row.id.to_string()), ..Wanted::default() };
    let html = match Seen::make(&visit, wanted, &person, View::Desktop).await? {
        Ok(seen) => seen.html.unwrap_or_default(),
        Err(problems) => return Err(Trouble::Problems(problems)),
    };
    Ok(alone(&html))
}

/// The HTML of a letter by itself, for a frame.
pub(in crate::web) fn alone(html: &str) -> Response {
    framed((StatusCode::OK, Html(document(html))).into_response(), LETTER)
}
