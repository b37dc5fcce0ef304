//! Runs as rows of a table.

use super::marks;
use super::progress::seconds;
use crate::web::frame::Visit;
use crate::web::frame::mark::Mark;
use crate::web::frame::when::When;
use askama::Template;
use askama::filters::HtmlSafe;
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
    /// These runs, in their order.
    pub(super) fn of(visit: &Visit, runs: &[Run]) -> Self {
        let runs = runs.iter().map(|run| RunRow::of(visit, run)).collect();
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
    at: When,
    trigger: &'static str,
    mark: Mark,
    planned: String,
    accepted: String,
    failed: Option<String>,
    doubts: Option<String>,
    took: Option<String>,
}

impl RunRow {
    fn of(visit: &Visit, run: &Run) -> Self {
        let (totals, w) = (run.totals(), RunWords::of(visit.language()));
        let some = |number: u64| (number > 0).then(|| visit.number(number));
        Self {
            id: run.id.to_string(),
            at: visit.when(run.started_at),
            trigger: trigger(w, run.trigger),
            mark: marks::of_run(run.status, visit.language()),
            planned: visit.number(totals.planned),
            accepted: visit.number(totals.accepted),
            failed: some(totals.rejected + totals.expired),
            doubts: some(totals.unknown),
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
