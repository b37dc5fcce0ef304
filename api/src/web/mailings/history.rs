//! All that happened to a mailing, the newest first.

use super::head::{Head, Tab, existing};
use super::timeline::Timeline;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::{Answer, Layout, Place, Visit, page as shown};
use askama::Template;
use axum::extract::Path;
use domain::MailingId;
use projections::history::{self, AuditEvent};
use words::screens::mailing::Mailing as Words;

#[derive(Template)]
#[template(path = "mailings/history.html")]
struct History {
    page: Layout,
    w: &'static Words,
    head: Head,
    id: String,
    timeline: Timeline,
    pager: Pager,
    /// Whether the parts of runs are among the events.
    parts: bool,
}

/// `GET /mailings/ID/history`.
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let row = existing(&visit, access, &id).await?;
    let parts = visit.query().some("parts").is_some();
    let before = list::place::<i64>(&visit)?;
    let events = history::newest(visit.pool(), access, MailingId(row.id), parts, before, list::limit()).await?;
    let rows = Rows::of(&visit, events, |event: &AuditEvent| event.position);
    shown(&History {
        page: visit.layout(&row.name, Place::Mailings),
        w: Words::of(visit.language()),
        head: Head::of(&visit, &row, Tab::History).await?,
        id: row.id.to_string(),
        timeline: Timeline::of(&visit, &rows.rows).await?,
        pager: rows.pager,
        parts,
    })
}
