//! What a letter said before, and what each revision changed. Only its owner sees it: what was said before may be from before it
//! was shared.

use super::readable::{may_edit, own, said};
use crate::failure::Failure;
use crate::revisions::{self, Line, Piece};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page};
use askama::Template;
use axum::extract::Path;
use domain::MessageId;
use projections::messages::{self, Revision};
use words::screens::messages::Messages as ListWords;
use words::screens::revisions::Revisions as Words;

/// How many revisions a page has. All of what they say is read to tell what they changed.
const ROWS: usize = 10;

#[derive(Template)]
#[template(path = "letters/revisions.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: &'static ListWords,
    id: String,
    subject: String,
    rows: Vec<Row>,
    /// Whether these are not the newest ones.
    later: bool,
    /// The number before which there are more.
    older: Option<i32>,
}

struct Row {
    number: i32,
    at: When,
    changed: String,
    is_present: bool,
}

/// `GET /messages/ID/revisions`.
pub(crate) async fn list(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    let w = Words::of(visit.language());
    let before = match visit.query().some("before") {
        Some(text) => Some(text.parse::<i32>().map_err(|_| Trouble::Absent)?),
        None => None,
    };
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX - 1) + 1;
    let read = messages::revisions(visit.pool(), MessageId(row.id), before, limit).await?;
    let shown = read.iter().enumerate().take(ROWS).map(|(place, revision)| {
        let earlier = read.get(place + 1);
        let changed = revisions::changed(revisions::pieces(earlier, revision), earlier, revision);
        let changed: Vec<&str> = changed.into_iter().map(|piece| name(piece, w)).collect();
        Row {
            number: revision.revision,
            at: visit.when(revision.at),
            changed: if changed.is_empty() { w.nothing_changed.to_owned() } else { changed.join(", ") },
            is_present: revision.revision == row.revision,
        }
    });
    let rows: Vec<Row> = shown.collect();
    let older = if read.len() > ROWS { rows.last().map(|last| last.number) } else { None };
    page(&List {
        page: visit.layout(w.title, Place::Messages),
        w,
        list: ListWords::of(visit.language()),
        id: row.id.to_string(),
        subject: row.subject,
        rows,
        later: before.is_some(),
        older,
    })
}

fn name(piece: Piece, w: &Words) -> &'static str {
    match piece {
        Piece::Subject => w.subject,
        Piece::Text => w.text,
        Piece::Html => w.html,
        Piece::Markdown => w.markdown,
    }
}

/// A part of a letter, and its lines with what became of each.
type Changed = (&'static str, Vec<(Line, String)>);

#[derive(Template)]
#[template(path = "letters/revision.html")]
struct One {
    page: Layout,
    w: &'static Words,
    list: &'static ListWords,
    id: String,
    subject: String,
    number: i32,
    at: When,
    may_edit: bool,
    is_present: bool,
    /// None for the first revision.
    difference: Option<Vec<Changed>>,
    parts: Vec<(&'static str, String)>,
}

/// `GET /messages/ID/revisions/NUMBER`.
pub(crate) async fn one(visit: Visit, Path((id, number)): Path<(String, String)>) -> Answer {
    let row = own(&visit, &id).await?;
    let w = Words::of(visit.language());
    let number = number.parse::<i32>().map_err(|_| Trouble::Absent)?;
    let revision = said(&visit, &row, number).await?;
    let before = if number > 1 { Some(said(&visit, &row, number - 1).await?) } else { None };
    let (revision, difference) = compared(before, revision).await?;
    let at = visit.when(revision.at);
    let written = if let Some(source) = revision.markdown {
        vec![(w.subject, revision.subject), (w.markdown, source)]
    } else {
        let html = revision.html.map(|html| (w.html, html));
        [(w.subject, revision.subject), (w.text, revision.text)].into_iter().chain(html).collect()
    };
    page(&One {
        page: visit.layout(w.one_title.with(visit.number(number)), Place::Messages),
        w,
        list: ListWords::of(visit.language()),
        id: row.id.to_string(),
        may_edit: may_edit(&visit, &row)?,
        is_present: number == row.revision,
        subject: row.subject,
        number,
        at,
        difference: difference.map(|pieces| pieces.into_iter().map(|(piece, lines)| (name(piece, w), lines)).collect()),
        parts: written,
    })
}

/// How a revision differs from the one before, piece by piece.
type Difference = Vec<(Piece, Vec<(Line, String)>)>;

/// The revision, and how it differs from the one before. Long letters take a while, in which this thread can do something else.
async fn compared(before: Option<Revision>, revision: Revision) -> Result<(Revision, Option<Difference>), Trouble> {
    let work = move || {
        let difference =
            before.map(|before| revisions::lines(revisions::pieces(Some(&before), &revision), &before, &revision));
        (revision, difference)
    };
    Ok(tokio::task::spawn_blocking(work).await.map_err(Failure::from)?)
}
