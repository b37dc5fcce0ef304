//! All that happened to a mailing, the newest first, and to one of its runs, from its beginning.

use super::head::{Head, Tab, existing};
use super::run::{self, mailing_of, title};
use crate::web::frame::happened::{self, Of};
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::timeline::Timeline;
use crate::web::frame::{Answer, Layout, Place, Visit, page as shown};
use askama::Template;
use axum::extract::Path;
use domain::{MailingId, StreamKind};
use projections::audit::{self, Stream};
use projections::history::{self, AuditEvent};
use words::screens::log::Log;
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

/// `GET /runs/ID/history`.
pub(crate) async fn of_run(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let run = run::existing(&visit, access, &id).await?;
    let mailing = mailing_of(&visit, access, &run).await?;
    let (w, log) = (Words::of(visit.language()), Log::of(visit.language()));
    let with_parts = visit.query().some("parts").is_some();
    // Its parts, and what was reported of their letters, are most of it.
    let streams =
        if with_parts { acts::audit::log::streams_of_run(&run) } else { vec![Stream::new(StreamKind::Run, run.id)] };
    let after = list::place::<i64>(&visit)?;
    let events = audit::of_streams(visit.pool(), &streams, after, list::limit()).await?;
    let (here, name) = (format!("/runs/{}", run.id), title(&visit, &run));
    let parts = if with_parts {
        (format!("{here}/history"), log.without_parts)
    } else {
        (format!("{here}/history?parts=yes"), log.with_parts)
    };
    let of = Of {
        place: Place::Mailings,
        crumbs: vec![
            ("/mailings".to_owned(), w.mailings.to_owned()),
            (format!("/mailings/{}", mailing.id), mailing.name),
            (here, name.clone()),
        ],
        name,
        lead: log.of_run,
        parts: Some(parts),
    };
    happened::shown(&visit, of, events).await
}
