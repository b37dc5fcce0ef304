//! The list of segments.

use crate::web::frame::list::{self, Rows};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Listing, Place, Visit, owners, page};
use askama::Template;
use projections::Cursor;
use projections::segments as read;
use std::collections::HashMap;
use words::screens::segments::Segments as Words;

#[derive(Template)]
#[template(path = "address_book/segments/list.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    name: String,
    conditions: String,
    owner: String,
    created: When,
}

/// `GET /segments`.
pub(crate) async fn list(visit: Visit) -> Answer {
    let (access, query, w) = (visit.lists()?, visit.query(), Words::of(visit.language()));
    let search = list::searched(&query);
    let list = Listing::of_owners(&visit, "/segments", &query, access, search.is_some()).await?;
    let after = list::place::<Cursor>(&visit)?;
    let rows = Rows::of_read(&visit, read::page(visit.pool(), access, search.as_deref(), after, list::limit()).await?);
    let count = match after {
        None => Some(w.segments_count.of(read::count(visit.pool(), access, search.as_deref()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let owners = if list.of_all {
        owners::of(&visit, rows.rows.iter().map(|row| row.owner_id).collect()).await?
    } else {
        HashMap::new()
    };
    let rows = rows.map(|row| Row {
        id: row.id.to_string(),
        conditions: w.conditions_count.of(row.filter.conditions.len() as u64),
        owner: owners.get(&row.owner_id).cloned().unwrap_or_default(),
        created: visit.when(row.created_at),
        name: row.name,
    });
    let (rows, list) = list.with(rows, count);
    page(&List { page: visit.layout(w.title, Place::Clients), w, list, rows })
}
