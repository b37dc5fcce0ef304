//! One report.

use super::log::{names, result};
use super::readable::readable;
use crate::web::frame::mark::Mark;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, owners, page};
use crate::web::mailings::{Returned, returned, returned_at};
use acts::mailings::recipients;
use askama::Template;
use axum::extract::Path;
use domain::RunId;
use projections::{reports, runs};
use uuid::Uuid;
use words::screens::feedback::Feedback;
use words::screens::mark::Mark as MarkWords;
use words::screens::recipients::Recipients;
use words::screens::reports::Reports as Words;
use words::screens::shown;

#[derive(Template)]
#[template(path = "audit/reports/one.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    marks: &'static MarkWords,
    run: Uuid,
    mailing: Uuid,
    name: String,
    /// Whether the visitor may see the mailing and the run, and not only what is reported.
    may_look_closer: bool,
    owner: Option<String>,
    mark: Mark,
    started: When,
    finished: When,
    zone: String,
    sentences: Vec<String>,
    planned: String,
    outcomes: Vec<Outcome>,
    /// Why letters were left out, each with how many they are.
    left_out: Vec<(String, String)>,
    b: &'static Feedback,
    /// What came back, as far as anything did.
    back: Vec<Returned>,
}

struct Outcome {
    /// The outcome in addresses.
    name: &'static str,
    class: &'static str,
    label: &'static str,
    letters: String,
    share: String,
    some: bool,
}

/// `GET /reports/RUN`.
pub(crate) async fn one(visit: Visit, Path(run): Path<String>) -> Answer {
    let access = readable(&visit)?;
    let run: RunId = run.parse().map_err(|_| Trouble::Absent)?;
    let report = reports::get(visit.pool(), access, run).await?.ok_or(Trouble::Absent)?;
    let (viewer, w, marks, language) = (visit.viewer()?, Words::of(visit.language()), visit.marks(), visit.language());
    let name = names(&visit, vec![report.mailing_id]).await?.remove(&report.mailing_id);
    let is_own = report.owner_id == viewer.id().0;
    let owner = if is_own || !viewer.may_watch() { None } else { owners::one(&visit, report.owner_id).await? };
    let totals = report.totals.0;
    let outcome = |name, class, label, letters: u64| Outcome {
        name,
        class,
        label,
        letters: visit.number(letters),
        share: shown::percent(language, letters, totals.planned),
        some: letters > 0,
    };
    let outcomes = vec![
        outcome("accepted", "part-accepted", marks.accepted, totals.accepted),
        outcome("rejected", "part-rejected", marks.rejected, totals.rejected),
        outcome("unknown", "part-unknown", marks.unknown, totals.unknown),
        outcome("suppressed", "part-suppressed", marks.suppressed, totals.suppressed),
        outcome("expired", "part-expired", marks.expired, totals.expired),
    ];
    let may_look_closer = is_own || viewer.may_watch();
    page(&Page {
        page: visit.layout(w.of.with(name.as_deref().unwrap_or(w.not_yours)), Place::Reports),
        w,
        marks,
        run: report.run_id,
        mailing: report.mailing_id,
        name: name.unwrap_or_default(),
        may_look_closer,
        owner,
        mark: result(&visit, &report),
        started: visit.when(report.started_at).dated(),
        finished: visit.when(report.finished_at).dated(),
        zone: visit.frame().times_in.with(visit.zone().name()),
        sentences: acts::mailings::reports::text(&report, language).lines().map(str::to_owned).collect(),
        planned: visit.number(totals.planned),
        outcomes,
        left_out: left_out(&visit, run).await?,
        b: Feedback::of(language),
        back: returned(language, &report.came_back(), totals.accepted, |back| {
            may_look_closer.then(|| returned_at(report.run_id, back))
        }),
    })
}

/// Why letters of a run were left out, each with how many they are.
async fn left_out(visit: &Visit, run: RunId) -> Result<Vec<(String, String)>, Trouble> {
    let (w, r) = (Words::of(visit.language()), Recipients::of(visit.language()));
    let counts = runs::suppressed_by(visit.pool(), &[run.0]).await?;
    let told = |(_, why, letters)| (w.of_them.with(recipients::left_out(r, why)), visit.number(letters));
    Ok(counts.into_iter().map(told).collect())
}
