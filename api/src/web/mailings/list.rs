//! All mailings: what each is doing, when it runs next, and how its last run went.

use super::{marks, progress};
use crate::web::frame::list::{self, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Listing, Place, Trouble, Visit, owners, page};
use askama::Template;
use domain::mailing::{Action, Rights};
use projections::mailings::{self, Filter, Mailing, Standing};
use projections::runs::{self, Run};
use projections::{Access, Cursor};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::mailings::Mailings as Words;
use words::screens::mark::Mark as MarkWords;
use words::screens::shown;

/// The statuses by which the list can be narrowed, with their names in its address.
const STANDINGS: [(&str, Standing); 6] = [
    ("created", Standing::Created),
    ("running", Standing::Running),
    ("paused", Standing::Paused),
    ("disabled", Standing::Disabled),
    ("completed", Standing::Completed),
    ("cancelled", Standing::Cancelled),
];

#[derive(Template)]
#[template(path = "mailings/list.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
    standings: Vec<(&'static str, &'static str, bool)>,
}

struct Row {
    id: String,
    name: String,
    mark: Mark,
    blocked: Option<Mark>,
    owner: String,
    next: Option<When>,
    run: Option<Last>,
    may_start: bool,
    may_pause: bool,
    may_resume: bool,
}

/// The last run of a mailing in one line.
struct Last {
    id: String,
    is_open: bool,
    gathering: Option<&'static str>,
    done: String,
    accepted: String,
    planned: String,
    failed: Option<String>,
    doubts: Option<String>,
    at: When,
}

/// What the viewer may be to a mailing.
pub(super) fn rights(visit: &Visit, row: &Mailing) -> Result<Rights, Trouble> {
    let viewer = visit.viewer()?;
    Ok(Rights { owns: viewer.may_own() && viewer.id().0 == row.owner_id, watches: viewer.may_watch() })
}

/// The mark of a mailing whose owner is shut out.
pub(super) fn of_blocked(visit: &Visit) -> Mark {
    Mark::new(Shape::Stop, Tone::Bad, Words::of(visit.language()).owner_blocked)
}

/// `GET /mailings`.
pub(crate) async fn list(visit: Visit) -> Answer {
    let (access, query, w) = (visit.lists()?, visit.query(), Words::of(visit.language()));
    let named = query.some("status").unwrap_or_default();
    let standing = STANDINGS.iter().find(|(name, _)| *name == named).map(|(_, standing)| *standing);
    let search = list::searched(&query);
    let filter = Filter { standings: standing.map(|one| vec![one]), now: visit.now(), search, ..Filter::default() };
    let narrowed = filter.standings.is_some() || filter.search.is_some();
    let list = Listing::of_owners(&visit, "/mailings", &query, access, narrowed).await?;
    let after = list::place::<Cursor>(&visit)?;
    let read = mailings::page(visit.pool(), access, &filter, after, list::limit()).await?;
    let rows = Rows::of_read(&visit, read);
    let count = match after {
        None => Some(w.count.of(mailings::count(visit.pool(), access, &filter).await?.unsigned_abs())),
        Some(_) => None,
    };
    let runs = last_runs(&visit, access, rows.rows.iter().map(|row| row.id).collect()).await?;
    let ids = rows.rows.iter().map(|row| row.owner_id).collect();
    let owners = if list.of_all { owners::of(&visit, ids).await? } else { HashMap::new() };
    let mut shown = Vec::with_capacity(rows.rows.len());
    for row in &rows.rows {
        let owner = owners.get(&row.owner_id).cloned().unwrap_or_default();
        let actions = row.actions(rights(&visit, row)?, visit.now());
        shown.push(Row {
            id: row.id.to_string(),
            name: row.name.clone(),
            mark: marks::of_mailing(row.standing(visit.now()), visit.language()),
            blocked: row.owner_blocked.then(|| of_blocked(&visit)),
            next: row.upcoming(visit.now()).map(|at| visit.when(at)),
            owner,
            run: runs.get(&row.id).map(|run| last(&visit, run)),
            may_start: actions.contains(&Action::Start),
            may_pause: actions.contains(&Action::Pause),
            may_resume: actions.contains(&Action::Resume),
        });
    }
    let m = MarkWords::of(visit.language());
    let (_, list) = list.with(rows, count);
    let labels = [m.created, m.running, m.paused, m.disabled, m.completed, m.cancelled];
    page(&List {
        page: visit.layout(w.title, Place::Mailings),
        w,
        list,
        rows: shown,
        standings: STANDINGS.iter().zip(labels).map(|((name, _), label)| (*name, label, *name == named)).collect(),
    })
}

/// The last run of each of these mailings.
pub(super) async fn last_runs(visit: &Visit, access: Access, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Run>, Trouble> {
    let read = runs::latest_of(visit.pool(), access, &ids).await?;
    Ok(read.into_iter().filter_map(|(id, row)| Some((id, list::shown(visit, row)?))).collect())
}

fn last(visit: &Visit, run: &Run) -> Last {
    let totals = run.totals();
    let some = |number: u64| (number > 0).then(|| visit.number(number));
    Last {
        id: run.id.to_string(),
        is_open: progress::is_open(run),
        gathering: progress::gathering(run, visit.language()),
        // What is tried again is not done yet.
        done: shown::percent(
            visit.language(),
            totals.planned.saturating_sub(totals.pending + totals.deferred),
            totals.planned,
        ),
        accepted: visit.number(totals.accepted),
        planned: visit.number(totals.planned),
        failed: some(totals.rejected + totals.expired),
        doubts: some(totals.unknown),
        at: visit.when(run.started_at),
    }
}
