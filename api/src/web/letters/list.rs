//! The list of letters.

use super::readable::authors;
use crate::web::frame::list::{self, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Listing, Place, Visit, page};
use askama::Template;
use projections::Cursor;
use projections::messages::{self, Filter, Message, Outline, Shelf};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::messages::Messages as Words;
use words::screens::shown;

/// Whose letters the list shows, with their names in its address. The first one is shown unless it says otherwise.
const SHELVES: [(&str, Shelf); 3] = [("all", Shelf::Usable), ("own", Shelf::Own), ("shared", Shelf::Shared)];

#[derive(Template)]
#[template(path = "letters/list.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
    shelves: Vec<(&'static str, &'static str, bool)>,
}

struct Row {
    id: String,
    subject: String,
    /// Whose it is, if it is somebody else's.
    author: Option<String>,
    shared: Option<Mark>,
    written_as: &'static str,
    revision: String,
    size: String,
    changed: When,
}

/// `GET /messages`.
pub(crate) async fn list(visit: Visit) -> Answer {
    let (viewer, query, w) = (visit.viewer()?, visit.query(), Words::of(visit.language()));
    let access = viewer.own();
    let search = list::searched(&query);
    let name = query.some("whose").unwrap_or(SHELVES[0].0);
    let shelf = SHELVES.iter().find(|(shelf, _)| *shelf == name).map_or(Shelf::Usable, |(_, shelf)| *shelf);
    let filter = Filter { shelf, search };
    let after = list::place::<Cursor>(&visit)?;
    let rows = messages::page(visit.pool(), access, &filter, after, list::limit()).await?;
    let rows = Rows::of(&visit, rows, Message::cursor);
    let count = match after {
        None => Some(w.count.of(messages::count(visit.pool(), access, &filter).await?.unsigned_abs())),
        Some(_) => None,
    };
    let ids: Vec<Uuid> = rows.rows.iter().map(|row| row.id).collect();
    let outlines = messages::outlines(visit.pool(), &ids).await?;
    let outlines: HashMap<Uuid, Outline> = outlines.into_iter().map(|outline| (outline.message_id, outline)).collect();
    let others = rows.rows.iter().map(|row| row.owner_id).filter(|owner| *owner != viewer.id().0).collect();
    let names = authors(&visit, others).await?;
    let shared = Mark::new(Shape::Ring, Tone::Quiet, visit.marks().shared);
    let rows = rows.map(|row| {
        let outline = outlines.get(&row.id);
        let written_as = match outline {
            Some(outline) if outline.in_markdown => w.in_markdown,
            Some(outline) if outline.has_html => w.in_html,
            _ => w.in_text,
        };
        Row {
            id: row.id.to_string(),
            author: names.get(&row.owner_id).cloned(),
            shared: row.shared.then_some(shared),
            written_as,
            revision: visit.number(row.revision),
            size: shown::size(visit.language(), outline.map_or(0, |outline| outline.bytes.unsigned_abs())),
            changed: visit.when(row.updated_at),
            subject: row.subject,
        }
    });
    let labels = [w.all, w.own, w.shared_ones];
    let narrowed = filter.search.is_some() || shelf != Shelf::Usable;
    let (rows, list) = Listing::plain(&visit, "/messages", &query, narrowed).with(rows, count);
    page(&List {
        page: visit.layout(w.title, Place::Messages),
        w,
        list: Listing { may_add: viewer.message_writer(true).is_ok(), ..list },
        rows,
        shelves: SHELVES.iter().zip(labels).map(|((shelf, _), label)| (*shelf, label, *shelf == name)).collect(),
    })
}
