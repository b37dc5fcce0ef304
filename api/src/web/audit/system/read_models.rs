//! Read models: how far they are, and filling them anew. While one is filled anew, the table asks for itself every other second,
//! and no longer.

use super::Words;
use crate::web::frame::answer::go_at_once;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Place, Trouble, Visit, page};
use acts::system::{self, LATE};
use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::Path;
use domain::Code;
use projections::{Projection, Standing, standing};
use words::screens::shown;

/// The table of all read models.
#[derive(Template)]
#[template(path = "audit/system/read_models.html")]
pub(super) struct ReadModels {
    w: &'static Words,
    rows: Vec<Row>,
    /// Whether one is being filled anew right now.
    pub(super) busy: bool,
}

impl HtmlSafe for ReadModels {}

/// A read model as it is shown.
struct Row {
    name: String,
    label: String,
    mark: Mark,
    behind: String,
    folded: String,
    moved: When,
    /// Where it stopped and why, in the program's words.
    error: Option<String>,
    rebuild: Option<Progress>,
}

/// How far a rebuild is.
struct Progress {
    running: bool,
    done: i64,
    total: i64,
    said: String,
    error: Option<String>,
}

/// What people call a read model.
fn label(w: &'static Words, name: &str) -> &'static str {
    match Projection::from_name(name) {
        Some(Projection::Users) => w.users,
        Some(Projection::Clients) => w.clients,
        Some(Projection::Groups) => w.groups,
        Some(Projection::Messages) => w.messages,
        Some(Projection::Mailings) => w.mailings,
        Some(Projection::Runs) => w.runs_model,
        Some(Projection::Reports) => w.reports,
        Some(Projection::History) => w.history,
        Some(Projection::Notices) => w.notices_model,
        Some(Projection::Articles) => w.articles,
        Some(Projection::Suppressions) => w.suppressions_model,
        Some(Projection::Senders) => w.senders_model,
        Some(Projection::CustomFields) => w.custom_fields_model,
        Some(Projection::Segments) => w.segments_model,
        Some(Projection::Imports) => w.imports_model,
        Some(Projection::Feedback) => w.feedback_model,
        Some(Projection::Audit) => w.audit_model,
        None => "",
    }
}

/// How far all of them are.
pub(super) async fn all(visit: &Visit) -> Result<ReadModels, Trouble> {
    let rows = standing(visit.pool(), None).await?;
    Ok(ReadModels {
        w: Words::of(visit.language()),
        busy: rows.iter().any(|row| row.rebuild_running),
        rows: rows.into_iter().map(|row| shown_row(visit, row)).collect(),
    })
}

fn shown_row(visit: &Visit, row: Standing) -> Row {
    let (w, marks, language) = (Words::of(visit.language()), visit.marks(), visit.language());
    let behind = u64::try_from(row.head - row.position).unwrap_or(0);
    let waited = row.waited().filter(|_| behind > 0);
    let mark = if row.error.is_some() {
        Mark::new(Shape::Cross, Tone::Bad, marks.stopped)
    } else if row.rebuild_running {
        Mark::new(Shape::Turning, Tone::Busy, marks.rebuilding)
    } else if waited.is_some_and(|waited| waited > LATE) {
        Mark::new(Shape::Clock, Tone::Warn, marks.behind)
    } else {
        Mark::new(Shape::Tick, Tone::Good, marks.well)
    };
    let late = |waited: chrono::TimeDelta| {
        let seconds = waited.num_seconds().unsigned_abs();
        format!("{} {}", w.events_behind.of(behind), w.seconds_behind.with(shown::duration(language, seconds)))
    };
    let rebuild = row.rebuild_folded.map(|done| {
        // What is shown was folded from all events once, but for those that came last.
        let total = row.folded.max(done);
        let share = shown::percent(language, done.unsigned_abs(), total.unsigned_abs());
        let said = format!("{} {} ({share})", visit.number(done), w.done_of.with(visit.number(total)));
        Progress { running: row.rebuild_running, done, total, said, error: row.rebuild_error }
    });
    Row {
        label: Some(label(w, &row.name)).filter(|label| !label.is_empty()).unwrap_or(&row.name).to_owned(),
        mark,
        behind: waited.map_or_else(|| w.nothing_behind.to_owned(), late),
        folded: visit.number(row.folded),
        moved: visit.when(row.updated_at),
        error: row.error,
        rebuild,
        name: row.name,
    }
}

/// `GET /system/read-models`: the table alone, for the page that shows it already.
pub(crate) async fn show(visit: Visit) -> Answer {
    visit.administrator()?;
    page(&all(&visit).await?)
}

/// What stands in the address for all of them.
const ALL: &str = "all";

/// `GET /system/read-models/NAME/rebuild`, where the name may be `all`.
pub(crate) async fn ask_rebuild(visit: Visit, Path(name): Path<String>) -> Answer {
    visit.in_person(visit.administrator()?)?;
    if name == ALL {
        return ask_rebuild_all(&visit);
    }
    let projection = Projection::from_name(&name).ok_or(Trouble::Absent)?;
    let w = Words::of(visit.language());
    let stopped = standing(visit.pool(), Some(projection)).await?;
    let stopped = stopped.first().is_some_and(|row| row.rebuild_folded.is_some() && !row.rebuild_running);
    let asks = if stopped { w.go_on_asks } else { w.rebuild_asks };
    let first = if stopped { w.rebuild_stopped } else { w.rebuild_said };
    let confirm = Confirm {
        page: visit.layout(asks.with(label(w, &name)), Place::System),
        said: vec![first.to_owned(), w.rebuild_meanwhile.to_owned()],
        button: if stopped { w.go_on } else { w.rebuild },
        action: visit.path().to_owned(),
        reason: None,
        back: "/system#models".to_owned(),
        is_final: false,
    };
    confirm.ask()
}

fn ask_rebuild_all(visit: &Visit) -> Answer {
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.rebuild_all_asks, Place::System),
        said: vec![w.rebuild_all_said.to_owned(), w.rebuild_all_meanwhile.to_owned()],
        button: w.rebuild_all,
        action: visit.path().to_owned(),
        reason: None,
        back: "/system#models".to_owned(),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /system/read-models/NAME/rebuild`. One that is being rebuilt already is what was asked for.
pub(crate) async fn rebuild(visit: Visit, Path(name): Path<String>) -> Answer {
    let by = visit.in_person(visit.administrator()?)?;
    let name = Some(name.as_str()).filter(|name| *name != ALL);
    match problems(system::rebuild(visit.services(), &by, name, &visit.metadata()?).await)? {
        Ok(_) => {}
        Err(problems) if problems.iter().all(|problem| problem.code == Code::RebuildRunning) => {}
        Err(problems) => return Err(Trouble::Problems(problems)),
    }
    Ok(go_at_once(Deed::RebuildBegun, "/system#models"))
}
