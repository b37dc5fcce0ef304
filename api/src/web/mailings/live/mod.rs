//! What is live: how far a run is, as it goes on, by server-sent events.
//!
//! However many pages watch a run, the process looks once a second for all runs that anybody watches, in one query, and once
//! whether the sessions of those who watch are still open, and whether those who see others' runs may still do so. When nobody
//! watches, it does not look at all.
//!
//! * [`room`]: who watches what, and how many may.
//! * [`lookout`]: what looks; [`seen`]: what it saw.
//! * [`part`]: the part of a page that is live; [`stream`]: what one page gets to see, and when that ends.

mod lookout;
mod part;
mod room;
mod seen;
mod stream;

pub(crate) use lookout::Live;
pub(super) use part::LivePart;

use super::progress::Reader;
use crate::Stopping;
use crate::web::frame::{Answer, Trouble, Visit};
use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::response::sse::{KeepAlive, Sse};
use domain::RunId;
use projections::runs;
use room::Whose;
use std::sync::Arc;
use std::time::Duration;

/// How often something is sent when there is nothing to say, so that a page that is gone is found out.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Keeps proxies from holding back what is to be seen at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /runs/ID/live`. There is nothing to see where there is no room: the page stays as it is.
pub(crate) async fn run(visit: Visit, Path(id): Path<String>, stopping: Option<Extension<Stopping>>) -> Answer {
    let viewer = visit.viewer()?;
    // It ends with the session, so a token for programs has nothing that it could end with.
    let Some(session) = visit.in_person(viewer.signed_in())?.session() else { return Err(Trouble::Absent) };
    let id: RunId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = runs::get(visit.pool(), viewer.reads(), id).await?.ok_or(Trouble::Absent)?;
    let whose = Whose { account: viewer.id().0, session, run: id.0, watches: row.owner_id != viewer.id().0 };
    let Some(watcher) = Live::watch(&visit.app().live, whose) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    // What waits holds no place among those who are answered, and no connection to the database.
    let (reader, clock) = (Reader::of(&visit)?, Arc::clone(&visit.app().live));
    drop(visit);
    let told = stream::of(watcher, reader, clock, stopping.map(|Extension(stopping)| stopping.0));
    let mut response = Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}
