//! An owner's senders, and for administrators everybody's.

use super::status::Status;
use crate::web::frame::list::{self, Rows};
use crate::web::frame::{Answer, Layout, Listing, Place, Visit, owners, page};
use askama::Template;
use projections::senders::{self as read, Sender, Which};
use projections::{Access, Cursor};
use std::collections::HashMap;
use words::screens::senders::Senders as Words;

#[derive(Template)]
#[template(path = "senders/list.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
    has_actions: bool,
}

struct Row {
    id: String,
    address: String,
    name: String,
    reply_to: String,
    owner: String,
    status: Status,
    /// Whether the visitor waits for the link in a letter to it.
    waits: bool,
}

/// `GET /senders`.
pub(super) async fn list(visit: Visit) -> Answer {
    let (viewer, query, w) = (visit.viewer()?, visit.query(), Words::of(visit.language()));
    // Everybody's are for those who can revoke them.
    let access = if viewer.may_administer() {
        visit.lists()?
    } else {
        visit.owner()?;
        viewer.own()
    };
    let which = match access {
        Access::Owner(_) => Which::Holding,
        Access::All => Which::ToJudge,
    };
    let search = list::searched(&query);
    let after = list::place::<Cursor>(&visit)?;
    let rows = read::page(visit.pool(), access, which, search.as_deref(), after, list::limit()).await?;
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), access, which, search.as_deref()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let list = Listing::of_owners(&visit, "/senders", &query, access, search.is_some()).await?;
    let rows = Rows::of(&visit, rows, Sender::cursor);
    let owners = if list.of_all {
        owners::of(&visit, rows.rows.iter().map(|row| row.owner_id).collect()).await?
    } else {
        HashMap::new()
    };
    let (me, status) = (viewer.id().0, |row: &Sender| Status::of(w, row));
    let rows = rows.map(|row| Row {
        id: row.id.to_string(),
        waits: row.owner_id == me && status(&row).waits,
        status: status(&row),
        owner: owners.get(&row.owner_id).cloned().unwrap_or_default(),
        address: row.address,
        name: row.name,
        reply_to: row.reply_to.unwrap_or_default(),
    });
    let (rows, list) = list.with(rows, count);
    page(&List {
        page: visit.layout(w.title, Place::Senders),
        w,
        list,
        has_actions: rows.iter().any(|row| row.waits),
        rows,
    })
}
