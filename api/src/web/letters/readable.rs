//! The message that an address names, who wrote it, and what a visitor may do with it.

use crate::web::frame::list::shown;
use crate::web::frame::{Trouble, Visit};
use domain::MessageId;
use projections::messages::{self, Message, Revision};
use projections::{Read, users};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::messages::Messages as Words;

/// A message that the visitor can read: their own, or a shared one.
pub(super) async fn readable(visit: &Visit, id: &str) -> Result<Message, Trouble> {
    let id: MessageId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = messages::get(visit.pool(), visit.viewer()?.letters(), id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(Trouble::Absent)
}

/// A message that is the visitor's own.
pub(super) async fn own(visit: &Visit, id: &str) -> Result<Message, Trouble> {
    let row = readable(visit, id).await?;
    if row.owner_id == visit.viewer()?.id().0 { Ok(row) } else { Err(Trouble::Absent) }
}

/// Whether the visitor can edit a message: owners their own, managers those that they wrote for everybody.
pub(super) fn may_edit(visit: &Visit, row: &Message) -> Result<bool, Trouble> {
    let viewer = visit.viewer()?;
    Ok(row.owner_id == viewer.id().0 && viewer.message_writer(row.shared).is_ok())
}

/// What a message says in this revision.
pub(super) async fn said(visit: &Visit, row: &Message, number: i32) -> Result<Revision, Trouble> {
    messages::revision(visit.pool(), MessageId(row.id), number).await?.ok_or(Trouble::Absent)
}

/// The names of those who wrote letters that are shared. Their addresses are for those who watch.
pub(super) async fn authors(visit: &Visit, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, Trouble> {
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
