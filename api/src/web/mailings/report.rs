//! How the runs of a mailing went, one beside the other.

use super::head::{Head, Tab, existing};
use super::outcomes;
use super::runs::Runs;
use crate::web::frame::chart::Chart;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::{Answer, Layout, Place, Visit, page as shown};
use askama::Template;
use axum::extract::Path;
use domain::MailingId;
use projections::{Cursor, runs};
use words::screens::mailing::Mailing as Words;

#[derive(Template)]
#[template(path = "mailings/report.html")]
struct Report {
    page: Layout,
    w: &'static Words,
    head: Head,
    runs: Runs,
    chart: Option<Chart>,
    pager: Pager,
    count: String,
}

/// `GET /mailings/ID/report`.
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let row = existing(&visit, access, &id).await?;
    let (key, after) = (MailingId(row.id), list::place::<Cursor>(&visit)?);
    let read = runs::page(visit.pool(), access, key, after, list::limit()).await?;
    let rows = Rows::of_read(&visit, read);
    let w = Words::of(visit.language());
    shown(&Report {
        page: visit.layout(&row.name, Place::Mailings),
        w,
        head: Head::of(&visit, &row, Tab::Report).await?,
        chart: outcomes::of_runs(&visit, &rows.rows),
        runs: Runs::of(&visit, &row, &rows.rows),
        pager: rows.pager,
        count: w.runs_count.of(runs::count(visit.pool(), access, key).await?.unsigned_abs()),
    })
}
