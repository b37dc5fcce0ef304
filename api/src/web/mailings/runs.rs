//! Runs as rows of a table.

use super::marks;
use super::progress::seconds;
use crate::web::frame::Visit;
use crate::web::frame::mark::Mark;
use crate::web::frame::when::When;
use askama::Template;
use askama::filters::HtmlSafe;
use projections::mailings::{Mailing, Standing};
use projections::runs::{self, Run};
use words::screens::run::Run as RunWords;
use words::screens::shown;

/// The table.
#[derive(Template)]
#[template(path = "mailings/runs.html")]
pub(super) struct Runs {
    r: &'static RunWords,
    runs: Vec<RunRow>,
}

impl HtmlSafe for Runs {}

impl Runs {
    /// These runs of a mailing, in their order.
    pub(super) fn of(visit: &Visit, mailing: &Mailing, runs: &[Run]) -> Self {
        let standing = mailing.standing(visit.now());
        let runs = runs.iter().map(|run| RunRow::of(visit, standing, run)).collect();
        Self { r: RunWords::of(visit.language()), runs }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

/// A run in a table of runs.
struct RunRow {
    id: String,
    /// When it started, or should have.
    at: When,
    /// How long that is ago, if it is near.
    near: Option<String>,
    /// The first one of several that were missed.
    since: Option<When>,
    trigger: &'static str,
    mark: Mark,
    planned: String,
    accepted: String,
    failed: Option<String>,
    doubts: Option<String>,
    left_out: String,
    waiting: String,
    took: Option<String>,
}

impl RunRow {
    fn of(visit: &Visit, mailing: Standing, run: &Run) -> Self {
        let (totals, w) = (run.totals(), RunWords::of(visit.language()));
        let some = |number: u64| (number > 0).then(|| visit.number(number));
        let at = visit.when(run.missed().map_or(run.started_at, |missed| missed.last));
        Self {
            id: run.id.to_string(),
            near: at.near.clone(),
            at: at.dated(),
            since: run.missed().filter(|missed| missed.count > 1).map(|missed| visit.when(missed.first).dated()),
            trigger: trigger(w, run.trigger),
            mark: marks::of_run_in(run.status, Some(mailing), visit.language()),
            planned: visit.number(totals.planned),
            accepted: visit.number(totals.accepted),
            failed: some(totals.rejected + totals.expired),
            doubts: some(totals.unknown),
            left_out: visit.number(totals.suppressed),
            waiting: visit.number(totals.pending + totals.deferred),
            took: run.finished_at.map(|end| shown::duration(visit.language(), seconds(end - run.started_at))),
        }
    }
}

/// Why a run started, in words.
pub(super) fn trigger(w: &'static RunWords, trigger: runs::Trigger) -> &'static str {
    match trigger {
        runs::Trigger::Occurrence => w.by_plan,
        runs::Trigger::SendNow => w.by_hand,
        runs::Trigger::ResendFailed => w.by_failed,
    }
}
