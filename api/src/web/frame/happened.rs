//! All that happened to one thing, from its beginning, as a page.

use super::answer::{Answer, page};
use super::layout::{Layout, Place};
use super::list::{Pager, Rows};
use super::timeline::Timeline;
use super::visit::Visit;
use askama::Template;
use projections::history::AuditEvent;
use words::screens::log::Log as Words;

#[derive(Template)]
#[template(path = "frame/happened.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    crumbs: Vec<(String, String)>,
    lead: &'static str,
    parts: Option<(String, &'static str)>,
    timeline: Timeline,
    pager: Pager,
}

/// What the history is of.
pub(crate) struct Of {
    /// Where the page is.
    pub(crate) place: Place,
    /// What it is called.
    pub(crate) name: String,
    /// The ways back, with what they are called.
    pub(crate) crumbs: Vec<(String, String)>,
    /// What the page shows, said.
    pub(crate) lead: &'static str,
    /// Where more or less of it is shown, and how that is called.
    pub(crate) parts: Option<(String, &'static str)>,
}

/// The page with these events, of which one more than is shown was read.
pub(crate) async fn shown(visit: &Visit, of: Of, events: Vec<AuditEvent>) -> Answer {
    let w = Words::of(visit.language());
    let rows = Rows::of(visit, events, |event: &AuditEvent| event.position);
    page(&Page {
        page: visit.layout(w.history_of.with(of.name), of.place),
        w,
        crumbs: of.crumbs,
        lead: of.lead,
        parts: of.parts,
        timeline: Timeline::of(visit, &rows.rows).await?,
        pager: rows.pager,
    })
}
