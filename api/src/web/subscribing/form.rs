//! The form.

use super::asking::{FORMS, NotNow, behind, visitor};
use super::pages::{Filled, Page};
use crate::http::App;
use crate::http::admission::Admitted;
use crate::web::frame::Fields;
use crate::web::frame::open_form::{self, Unread};
use crate::web::leaving::Visitor;
use acts::refusal::Refused;
use acts::subscribing::{self, Asked, Form, Wanted};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use std::sync::Arc;

/// The longest form that is read, in bytes: a name that is much too long is still told so, in letters that take six signs where
/// their two bytes are percent-encoded.
const MOST: usize = 128 * 1024;

/// The field that people do not see. Whoever fills it in is none.
const TRAP: &str = "website";

/// The form of an owner, and the room in which its request is answered.
struct Opened {
    form: Form,
    admitted: Admitted,
}

impl Opened {
    async fn of(app: &App, head: &Parts) -> Result<Option<Self>, NotNow> {
        let admitted = app.admit_stranger(head).await?;
        let query = Fields::parse(head.uri.query().unwrap_or_default().as_bytes());
        let form = subscribing::form(&admitted.services, behind(head, FORMS), query.some("topic")).await?;
        Ok(form.map(|form| Self { form, admitted }))
    }
}

/// `GET /subscribe/OWNER`
pub(super) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let visitor = Visitor::of(&head);
    match Opened::of(&app, &head).await {
        Ok(Some(opened)) => Filled::blank(&visitor.of_letter(opened.form.language), &opened.form).answer(),
        Ok(None) => Page::absent(&visitor).answer(),
        Err(error) => {
            error.tell(&head);
            Page::not_read(&visitor).answer()
        }
    }
}

/// `POST /subscribe/OWNER`
pub(super) async fn send(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let reader = Visitor::of(&head);
    let fields = match open_form::read(&head, body, MOST).await {
        Ok(fields) => fields,
        Err(Unread::TooLong) => return Page::too_long(&reader).answer(),
        Err(Unread::TooSlow { .. }) => return Page::too_slow(&reader).answer(),
    };
    let Opened { form, admitted } = match Opened::of(&app, &head).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return Page::absent(&reader).answer(),
        Err(error) => {
            error.tell(&head);
            return Page::not_stored(&reader).answer();
        }
    };
    let reader = reader.of_letter(form.language);
    if fields.some(TRAP).is_some() {
        return Page::sent(&reader).answer();
    }
    let wanted = Wanted {
        email: fields.text("email").to_owned(),
        full_name: fields.text("fullName").to_owned(),
        topics: fields.all("topic"),
    };
    match subscribing::ask(&admitted.services, &form, &visitor(&app, &head, reader.language), &wanted).await {
        Ok(Asked::Heard) => Page::sent(&reader).answer(),
        Ok(Asked::TooMany { seconds }) => Page::not_now(&reader, seconds).answer(),
        Err(Refused::Problems(problems)) => {
            match problems.iter().find_map(|problem| Some((problem, problem.retry_after?))) {
                Some((problem, seconds)) => Page::too_often(&reader, problem, seconds).answer(),
                None => Filled::again(&reader, &form, &fields, &problems).answer(),
            }
        }
        Err(error) => {
            NotNow::from(error).tell(&head);
            Page::not_stored(&reader).answer()
        }
    }
}
