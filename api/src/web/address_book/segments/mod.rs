//! Segments: the list, one of them with who is in it, and the editor of their conditions.
//!
//! * [`list`], [`one`]: what there is; deleting one.
//! * [`editor`]: making one and changing one; [`typed`]: the conditions as they are typed; [`rows`]: what the form
//!   shows of them, row by row.

mod editor;
mod list;
mod one;
mod rows;
mod typed;

use crate::http::App;
use crate::web::frame::{Trouble, Visit};
use acts::address_book::conditions;
use axum::Router;
use axum::routing::get;
use domain::{SegmentId, UserId};
use projections::segments::{self, Segment};
use projections::{Access, ReadError};
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/segments", get(list::list).post(editor::create))
        .route("/segments/new", get(editor::blank).post(editor::again))
        .route("/segments/{id}", get(one::one).post(editor::update))
        .route("/segments/{id}/edit", get(editor::edit).post(editor::edit_again))
        .route("/segments/{id}/delete", get(one::ask_delete).post(one::delete))
}

/// The segment of this id, if whoever asks may see it.
async fn existing(visit: &Visit, access: Access, id: &str) -> Result<Segment, Trouble> {
    let id: SegmentId = id.parse().map_err(|_| Trouble::Absent)?;
    segments::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)
}

/// Whose clients a segment is over: whoever sees the segment sees these.
fn clients_of(row: &Segment) -> Access {
    Access::Owner(UserId(row.owner_id))
}

/// The conditions of a segment, as sentences say them.
async fn said(visit: &Visit, row: &Segment) -> Result<Vec<String>, ReadError> {
    let names = conditions::names(visit.services(), clients_of(row), &[&row.filter]).await?;
    let told = |condition| words::conditions::told(visit.language(), condition, &names);
    Ok(row.filter.conditions.iter().map(told).collect())
}
