//! An owner's senders.

use super::{Status, Words};
use crate::web::frame::list::{self, Rows};
use crate::web::frame::{Answer, Layout, Listing, Place, Visit, page};
use askama::Template;
use projections::Cursor;
use projections::senders::{self as read, Sender};

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
    status: Status,
}

/// `GET /senders`.
pub(super) async fn list(visit: Visit) -> Answer {
    visit.owner()?;
    let (own, query, w) = (visit.viewer()?.own(), visit.query(), Words::of(visit.language()));
    let search = list::searched(&query);
    let after = list::place::<Cursor>(&visit)?;
    let rows = read::page(visit.pool(), own, search.as_deref(), after, list::limit()).await?;
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), own, search.as_deref()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = Rows::of(&visit, rows, Sender::cursor).map(|row| Row {
        id: row.id.to_string(),
        status: Status::of(w, &row),
        address: row.address,
        name: row.name,
        reply_to: row.reply_to.unwrap_or_default(),
    });
    let list = Listing { may_add: true, ..Listing::plain(&visit, "/senders", &query, search.is_some()) };
    let (rows, list) = list.with(rows, count);
    page(&List {
        page: visit.layout(w.title, Place::Senders),
        w,
        list,
        has_actions: rows.iter().any(|row| row.status.waits),
        rows,
    })
}
