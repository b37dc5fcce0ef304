//! Past imports: the list, one of them, and taking it back.

use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::{self, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Listing, Place, Trouble, Visit, page, redirect};
use acts::address_book::imports::{self, Left, NAMED};
use askama::Template;
use axum::extract::Path;
use domain::client::Source;
use domain::import::Mode;
use domain::{Code, ImportId};
use projections::imports::{self as read, Import};
use projections::{Access, Cursor, clients, groups};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::imports::Imports as Words;
use words::screens::shown;

/// Where the list is.
const PATH: &str = "/clients/imports";

#[derive(Template)]
#[template(path = "address_book/imports.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    file: String,
    begun: When,
    mode: &'static str,
    added: String,
    updated: String,
    mark: Mark,
}

/// `GET /clients/imports`.
pub(super) async fn list(visit: Visit) -> Answer {
    visit.owner()?;
    let (own, query, w) = (visit.viewer()?.own(), visit.query(), Words::of(visit.language()));
    let after = list::place::<Cursor>(&visit)?;
    let rows = Rows::of_read(&visit, read::page(visit.pool(), own, after, list::limit()).await?);
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), own).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = rows.map(|row| Row {
        id: row.id.to_string(),
        begun: visit.when(row.begun_at),
        mode: mode(w, row.mode),
        added: number(&visit, row.added),
        updated: number(&visit, row.updated),
        mark: mark(w, &row),
        file: name(w, &row),
    });
    let list = Listing { may_add: true, ..Listing::plain(&visit, PATH, &query, false) };
    let (rows, list) = list.with(rows, count);
    page(&Page { page: visit.layout(w.title, Place::Clients), w, list, rows })
}

fn mode(w: &'static Words, mode: Mode) -> &'static str {
    match mode {
        Mode::Add => w.mode_add,
        Mode::Update => w.mode_update,
        Mode::AddAndUpdate => w.mode_both,
    }
}

fn number(visit: &Visit, count: Option<i64>) -> String {
    count.map_or_else(String::new, |count| shown::number(visit.language(), count.unsigned_abs()))
}

fn mark(w: &'static Words, row: &Import) -> Mark {
    match (row.undone_at, row.undo_begun_at, row.finished_at) {
        (Some(_), ..) => Mark::new(Shape::Dash, Tone::Quiet, w.undone),
        (None, Some(_), _) => Mark::new(Shape::Turning, Tone::Busy, w.undoing),
        (None, None, Some(_)) => Mark::new(Shape::Tick, Tone::Good, w.finished),
        (None, None, None) => Mark::new(Shape::Clock, Tone::Warn, w.open),
    }
}

fn name(w: &'static Words, row: &Import) -> String {
    if row.file.is_empty() { w.no_file.to_owned() } else { row.file.clone() }
}

#[derive(Template)]
#[template(path = "address_book/imported.html")]
struct One {
    page: Layout,
    w: &'static Words,
    id: String,
    begun: When,
    mode: &'static str,
    mark: Mark,
    /// What it did, each number with its words; none as long as the file was not read to its end.
    numbers: Vec<(String, &'static str)>,
    is_open: bool,
    is_undoing: bool,
    /// How many clients have been looked at, while it is taken back.
    looked_at: String,
    undone: Option<Undone>,
    may_undo: bool,
}

/// What taking it back has done.
struct Undone {
    at: When,
    numbers: Vec<(String, &'static str)>,
    left: Vec<Stays>,
    more: Option<String>,
}

/// A client of whom something stays.
struct Stays {
    id: String,
    /// The address; nothing if nobody is there any more.
    email: Option<String>,
    parts: String,
}

impl One {
    /// Whether the page changes by itself.
    fn is_live(&self) -> bool {
        self.is_undoing
    }

    async fn of(visit: &Visit, row: Import) -> Result<Self, Trouble> {
        let (w, owner) = (Words::of(visit.language()), visit.owner()?);
        let going = imports::going(visit.services(), owner, ImportId(row.id)).await?;
        let (looked_at, left) = going.unwrap_or_default();
        let told = |numbers: [(Option<i64>, &'static str); 5]| {
            let told = numbers.into_iter().filter(|(count, _)| count.is_some());
            told.map(|(count, label)| (number(visit, count), label)).collect::<Vec<_>>()
        };
        let undone = match row.undone_at {
            None => None,
            Some(at) => {
                let more = row.left_alone.unwrap_or(0).unsigned_abs().saturating_sub(NAMED as u64);
                Some(Undone {
                    at: visit.when(at),
                    numbers: told([
                        (row.removed, w.removed),
                        (row.restored, w.restored),
                        (row.left_alone, w.left),
                        (None, ""),
                        (None, ""),
                    ]),
                    left: stays(visit, w, left).await?,
                    more: (more > 0).then(|| w.more_left.of(more)),
                })
            }
        };
        Ok(Self {
            page: visit.layout(name(w, &row), Place::Clients),
            w,
            id: row.id.to_string(),
            begun: visit.when(row.begun_at).dated(),
            mode: mode(w, row.mode),
            mark: mark(w, &row),
            numbers: told([
                (row.rows, w.rows),
                (row.added, w.added),
                (row.updated, w.updated),
                (row.unchanged, w.unchanged),
                (row.bad, w.bad),
            ]),
            is_open: row.finished_at.is_none() && row.undo_begun_at.is_none(),
            is_undoing: row.undo_begun_at.is_some() && row.undone_at.is_none(),
            looked_at: w.looked_at.of(looked_at),
            undone,
            may_undo: row.undo_begun_at.is_none(),
        })
    }
}

/// What is left, with the addresses of those who are there and the names of groups.
async fn stays(visit: &Visit, w: &'static Words, left: Vec<Left>) -> Result<Vec<Stays>, Trouble> {
    let access = Access::Owner(visit.owner()?.id());
    let ids: Vec<Uuid> = left.iter().map(|one| one.client).collect();
    let known = clients::by_ids(visit.pool(), access, &ids).await?;
    let there = known.into_iter().filter(|client| client.deleted_at.is_none());
    let mut emails: HashMap<Uuid, String> = there.map(|client| (client.id, client.email)).collect();
    let named = left.iter().flat_map(|one| &one.parts).filter_map(|part| part.strip_prefix("group:")?.parse().ok());
    let mut named: Vec<Uuid> = named.collect();
    named.sort_unstable();
    named.dedup();
    let rows = groups::by_ids(visit.pool(), access, &named).await?;
    let groups: HashMap<String, String> = rows.into_iter().map(|group| (group.id.to_string(), group.name)).collect();
    let part = |part: &String| match part.split_once(':') {
        Some(("field", key)) => w.a_field.with(key),
        Some(("group", id)) => groups.get(id).cloned().unwrap_or_else(|| w.a_group.to_owned()),
        Some(("consent", _)) => w.consent.to_owned(),
        _ => whole(w, part).to_owned(),
    };
    let stays = left.iter().map(|one| Stays {
        id: one.client.to_string(),
        email: emails.remove(&one.client),
        parts: one.parts.iter().map(part).collect::<Vec<_>>().join(", "),
    });
    Ok(stays.collect())
}

/// The words for a part that is the same for all owners.
fn whole(w: &'static Words, part: &str) -> &'static str {
    match part {
        "full_name" => w.full_name,
        "first_name" => w.first_name,
        "last_name" => w.last_name,
        "comment" => w.comment,
        "consent" => w.consent,
        _ => w.whole,
    }
}

async fn existing(visit: &Visit, id: &str) -> Result<Import, Trouble> {
    let owner = visit.owner()?;
    let id: ImportId = id.parse().map_err(|_| Trouble::Absent)?;
    read::get(visit.pool(), Access::Owner(owner.id()), id).await?.ok_or(Trouble::Absent)
}

/// `GET /clients/imports/ID`.
pub(super) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = existing(&visit, &id).await?;
    page(&One::of(&visit, row).await?)
}

/// `GET /clients/imports/ID/undo`.
pub(super) async fn ask_undo(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = existing(&visit, &id).await?;
    let back = format!("{PATH}/{}", row.id);
    if row.undone_at.is_some() {
        return Ok(redirect(&back));
    }
    let w = Words::of(visit.language());
    let open = row.finished_at.is_none().then_some(w.open_said);
    let said = [Some(w.ask_said), Some(w.ask_kept), Some(w.ask_letters), open, Some(w.ask_final)];
    let asks = if row.file.is_empty() { w.asks_nameless.to_owned() } else { w.asks.with(&row.file) };
    let confirm = Confirm {
        page: visit.layout(asks, Place::Clients),
        said: said.into_iter().flatten().map(str::to_owned).collect(),
        button: w.take_back,
        action: visit.path().to_owned(),
        reason: None,
        back,
        is_final: true,
    };
    confirm.ask()
}

/// `POST /clients/imports/ID/undo`: takes it back, or goes on with that where it broke off.
pub(super) async fn undo(visit: Visit, Path(id): Path<String>) -> Answer {
    let owner = visit.owner()?;
    let row = existing(&visit, &id).await?;
    let here = format!("{PATH}/{}", row.id);
    let metadata = visit.metadata()?;
    let begun = imports::undo_by_and_by(visit.services(), owner, &id, Source::Person, &metadata).await;
    match problems(begun)? {
        Ok((_, receipt)) => {
            visit.services().shown(receipt.position).await;
        }
        // The page says so.
        Err(problems) if problems.iter().all(|problem| problem.code == Code::ImportTakenBack) => {}
        Err(problems) => return Err(Trouble::Problems(problems)),
    }
    Ok(redirect(&here))
}
