//! The report log.

use super::readable::readable;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, owners, page};
use askama::Template;
use projections::reports::{self, Report};
use projections::{Access, Cursor, mailings};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::mark::Mark as MarkWords;
use words::screens::reports::Reports as Words;

#[derive(Template)]
#[template(path = "audit/reports/log.html")]
struct List {
    page: Layout,
    w: &'static Words,
    marks: &'static MarkWords,
    rows: Vec<Row>,
    pager: Pager,
    count: Option<String>,
    of_all: bool,
    may_see_all: bool,
    may_plan: bool,
    has_statistics: bool,
}

struct Row {
    run: Uuid,
    finished: When,
    /// Nothing for a mailing that the visitor may not see.
    mailing: Option<String>,
    owner: String,
    mark: Mark,
    planned: String,
    accepted: String,
    rejected: String,
    unknown: String,
    suppressed: String,
    expired: String,
}

/// `GET /reports`.
pub(crate) async fn list(visit: Visit) -> Answer {
    let (viewer, w) = (visit.viewer()?, Words::of(visit.language()));
    let readable = readable(&visit)?;
    let asked = visit.query().text("of") == "all" || !viewer.may_own();
    let access = if asked && readable == Access::All { readable } else { visit.lists()? };
    let after = list::place::<Cursor>(&visit)?;
    let read = reports::page(visit.pool(), access, after, list::limit()).await?;
    let count = match after {
        None => Some(w.count.of(reports::count(visit.pool(), access).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = Rows::of_read(&visit, read);
    let of_all = access == Access::All;
    let names = names(&visit, rows.rows.iter().map(|report| report.mailing_id).collect()).await?;
    let owners = if of_all && viewer.may_watch() {
        owners::of(&visit, rows.rows.iter().map(|row| row.owner_id).collect()).await?
    } else {
        HashMap::new()
    };
    let rows = rows.map(|report| Row {
        run: report.run_id,
        finished: visit.when(report.finished_at),
        mailing: names.get(&report.mailing_id).cloned(),
        owner: owners.get(&report.owner_id).cloned().unwrap_or_default(),
        mark: result(&visit, &report),
        planned: visit.number(report.totals.planned),
        accepted: visit.number(report.totals.accepted),
        rejected: visit.number(report.totals.rejected),
        unknown: visit.number(report.totals.unknown),
        suppressed: visit.number(report.totals.suppressed),
        expired: visit.number(report.totals.expired),
    });
    page(&List {
        page: visit.layout(w.title, Place::Reports),
        w,
        marks: visit.marks(),
        rows: rows.rows,
        pager: rows.pager,
        count,
        of_all,
        may_see_all: viewer.may_own() && readable == Access::All,
        may_plan: viewer.may_own(),
        has_statistics: viewer.may_own() || viewer.may_watch(),
    })
}

/// The names of these mailings, as far as the visitor may see them. Deleted ones keep theirs.
pub(super) async fn names(visit: &Visit, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, Trouble> {
    ids.sort_unstable();
    ids.dedup();
    let rows = mailings::by_ids(visit.pool(), visit.viewer()?.reads(), &ids).await?;
    Ok(rows.into_iter().filter_map(|(id, row)| Some((id, list::shown(visit, row)?.name))).collect())
}

/// Whether the mail server took every letter.
pub(super) fn result(visit: &Visit, report: &Report) -> Mark {
    let w = Words::of(visit.language());
    match (report.totals.planned, report.succeeded()) {
        (0, _) => Mark::new(Shape::Dash, Tone::Quiet, w.nobody),
        (_, true) => Mark::new(Shape::Tick, Tone::Good, w.succeeded),
        (_, false) => Mark::new(Shape::Cross, Tone::Bad, w.failed),
    }
}
