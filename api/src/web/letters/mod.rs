//! Letters: the list, the editor, previews and test letters, revisions.
//!
//! What somebody typed and has not saved is looked at in a frame, [`frame`]; what is saved has a page for that, [`preview`].

mod change;
mod editor;
mod frame;
mod list;
mod preview;
mod revisions;
mod seen;

pub(super) use frame::alone;

use crate::http::App;
use crate::web::frame::list::shown;
use crate::web::frame::{Trouble, Visit};
use axum::Router;
use axum::routing::{get, post};
use domain::MessageId;
use projections::messages::{self, Message, Revision};
use projections::{Read, users};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;
use words::screens::messages::Messages as Words;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/messages", get(list::list).post(editor::create))
        .route("/messages/new", get(editor::blank))
        .route("/messages/preview", post(frame::typed))
        .route("/messages/{id}", get(editor::one).post(editor::update))
        .route("/messages/{id}/preview", get(preview::preview))
        .route("/messages/{id}/preview/frame", get(frame::saved))
        .route("/messages/{id}/preview/html", get(frame::html))
        .route("/messages/{id}/test", get(preview::back).post(preview::test))
        .route("/messages/{id}/revisions", get(revisions::list))
        .route("/messages/{id}/revisions/{number}", get(revisions::one))
        .route("/messages/{id}/share", get(change::ask_share).post(change::share))
        .route("/messages/{id}/unshare", get(change::ask_unshare).post(change::unshare))
        .route("/messages/{id}/delete", get(change::ask_delete).post(change::delete))
}

/// A message that the visitor can read: their own, or a shared one.
async fn readable(visit: &Visit, id: &str) -> Result<Message, Trouble> {
    let id: MessageId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = messages::get(visit.pool(), visit.viewer()?.letters(), id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(Trouble::Absent)
}

/// A message that is the visitor's own.
async fn own(visit: &Visit, id: &str) -> Result<Message, Trouble> {
    let row = readable(visit, id).await?;
    if row.owner_id == visit.viewer()?.id().0 { Ok(row) } else { Err(Trouble::Absent) }
}

/// Whether the visitor can edit a message: owners their own, managers those that they wrote for everybody.
fn may_edit(visit: &Visit, row: &Message) -> Result<bool, Trouble> {
    let viewer = visit.viewer()?;
    Ok(row.owner_id == viewer.id().0 && viewer.message_writer(row.shared).is_ok())
}

/// What a message says in this revision.
async fn said(visit: &Visit, row: &Message, number: i32) -> Result<Revision, Trouble> {
    messages::revision(visit.pool(), MessageId(row.id), number).await?.ok_or(Trouble::Absent)
}

/// The names of those who wrote letters that are shared. Their addresses are for those who watch.
async fn authors(visit: &Visit, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, Trouble> {
    ids.sort_unstable();
    ids.dedup();
    let watches = visit.viewer()?.may_watch();
    let rows = users::by_ids(visit.pool(), &ids).await?;
    let name = |(id, row): (Uuid, Read<users::User>)| {
        let user = shown(visit, row)?;
        Some(match (user.full_name.is_empty(), watches) {
            (false, _) => (id, user.full_name),
            (true, true) => (id, user.email),
            (true, false) => (id, Words::of(visit.language()).somebody.to_owned()),
        })
    };
    Ok(rows.into_iter().filter_map(name).collect())
}
