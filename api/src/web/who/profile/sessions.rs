//! Sessions: wherever one is logged in, and ending them.

use super::in_person::in_person;
use super::{Words, program};
use crate::http::cookies;
use crate::web::frame::answer::go_at_once;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Place, Trouble, Visit, redirect};
use acts::who::rights::{InPerson, SignedIn};
use acts::who::sessions::{self, Open};
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use uuid::Uuid;

/// A session as it is shown.
pub(super) struct Row {
    pub(super) id: Uuid,
    /// The program in few words, and all that it calls itself.
    pub(super) program: String,
    pub(super) user_agent: String,
    pub(super) address: String,
    pub(super) used: Option<When>,
    pub(super) began: When,
    pub(super) ends: When,
    /// What marks the one with which the page was asked for.
    pub(super) current: Option<Mark>,
}

/// The visitor's open sessions.
pub(super) async fn rows(visit: &Visit, by: &InPerson<SignedIn<'_>>) -> Result<Vec<Row>, Trouble> {
    let open = sessions::list(visit.services(), by, visit.caller().session_times).await?;
    let w = Words::of(visit.language());
    let row = |open: Open| Row {
        current: (Some(open.id) == by.session()).then(|| Mark::new(Shape::Tick, Tone::Good, w.this_one)),
        program: called(visit, &open),
        used: open.last_seen_at.map(|at| visit.when(at)),
        began: visit.when(open.created_at),
        ends: visit.when(open.expires_at),
        user_agent: open.user_agent.unwrap_or_default(),
        address: open.address.unwrap_or_default(),
        id: open.id,
    };
    Ok(open.into_iter().map(row).collect())
}

fn called(visit: &Visit, open: &Open) -> String {
    let named = open.user_agent.as_deref().map(program::named).filter(|name| !name.is_empty());
    named.unwrap_or_else(|| Words::of(visit.language()).unknown_device.to_owned())
}

/// `GET /profile/sessions/ID/end`.
pub(crate) async fn ask_end(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = in_person(&visit)?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    let open = sessions::list(visit.services(), &by, visit.caller().session_times).await?;
    let open = open.iter().find(|open| open.id == id).ok_or(Trouble::Absent)?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.end_asks.with(called(&visit, open)), Place::Profile),
        said: vec![w.end_said.to_owned()],
        button: w.end,
        action: visit.path().to_owned(),
        reason: None,
        back: "/profile#sessions".to_owned(),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /profile/sessions/ID/end`.
pub(crate) async fn end(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = in_person(&visit)?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    if !sessions::end_one(visit.services(), &by, id, &visit.metadata()?).await? {
        return Err(Trouble::Absent);
    }
    Ok(go_at_once(Deed::SessionEnded, "/profile#sessions"))
}

/// `GET /profile/sessions/end-all`.
pub(crate) async fn ask_end_all(visit: Visit) -> Answer {
    in_person(&visit)?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.end_all_asks, Place::Profile),
        said: vec![w.end_all_said.to_owned()],
        button: w.end_all,
        action: visit.path().to_owned(),
        reason: None,
        back: "/profile#sessions".to_owned(),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /profile/sessions/end-all`.
pub(crate) async fn end_all(visit: Visit) -> Answer {
    let by = in_person(&visit)?;
    sessions::end_everywhere(visit.services(), &by, &visit.metadata()?).await?;
    let mut response = redirect("/log-in");
    if let Ok(line) = HeaderValue::from_str(&cookies::no_cookie(visit.caller().secure)) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    Ok(response)
}
