//! The page behind the link in the letter.

use super::asking::{LINKS, NotNow, behind, visitor};
use super::pages::Page;
use crate::http::App;
use crate::web::frame::open_form::{self, Unread};
use crate::web::leaving::Visitor;
use acts::subscribing;
use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;

/// The longest body that is read, in bytes: the form has a button.
const MOST: usize = 8 * 1024;

/// `GET /subscribe/confirm/TOKEN`: the page that asks. Scanners of mail open all links, and so do previews: nothing is changed by it.
pub(super) async fn ask(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let reader = Visitor::of(&head);
    let page = async {
        let admitted = app.admit_holder(&head).await?;
        let Some(link) = subscribing::open(&admitted.services, behind(&head, LINKS)).await? else {
            return Ok(Page::unknown(&reader));
        };
        let seen = subscribing::seen(&admitted.services, &link).await?;
        Ok::<_, NotNow>(Page::of(&reader.of_letter(seen.language), seen))
    };
    match page.await {
        Ok(page) => page.answer(),
        Err(error) => {
            error.tell(&head);
            Page::not_read(&reader).answer()
        }
    }
}

/// `POST /subscribe/confirm/TOKEN`: does what the button says. Twice is once.
pub(super) async fn act(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let reader = Visitor::of(&head);
    let wanted = match open_form::read(&head, body, MOST).await {
        Ok(fields) => fields.text("act") == "confirm",
        Err(Unread::TooLong) => return Page::too_long(&reader).answer(),
        Err(Unread::TooSlow { .. }) => return Page::too_slow(&reader).answer(),
    };
    let page = async {
        let admitted = app.admit_holder(&head).await?;
        let services = &admitted.services;
        let Some(link) = subscribing::open(services, behind(&head, LINKS)).await? else {
            return Ok(Page::unknown(&reader));
        };
        let seen = subscribing::seen(services, &link).await?;
        let reader = reader.of_letter(seen.language);
        if !wanted {
            return Ok(Page::of(&reader, seen).nothing_done());
        }
        let confirmed = subscribing::confirm(services, &link, &visitor(&app, &head, reader.language)).await?;
        Ok::<_, NotNow>(Page::after(&reader, seen, confirmed))
    };
    match page.await {
        Ok(page) => page.answer(),
        Err(error) => {
            error.tell(&head);
            Page::not_stored(&reader).answer()
        }
    }
}
