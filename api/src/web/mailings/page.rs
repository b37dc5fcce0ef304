//! One mailing: what it is doing and why, what may be done with it, its plan, its runs, and what happened last.

use super::back::Back;
use super::head::{Head, Tab, existing};
use super::live::LivePart;
use super::runs::Runs;
use super::{audience, outcomes};
use crate::web::frame::chart::Chart;
use crate::web::frame::list;
use crate::web::frame::timeline::Timeline;
use crate::web::frame::when::{When, unbroken};
use crate::web::frame::{Answer, Layout, Place, Visit, page};
use crate::web::senders::{self, Known};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::TimeDelta;
use domain::MailingId;
use domain::mailing::InDoubt;
use projections::runs::{self, Run, Status};
use projections::{history, messages};
use words::screens::mailing::Mailing as Words;
use words::screens::plan::Plan as PlanWords;
use words::screens::run::Run as RunWords;
use words::screens::shown;

/// How many runs and events the first page of a mailing shows.
const RUNS: i64 = 8;
const EVENTS: i64 = 6;

/// How many moments ahead it tells.
const AHEAD: usize = 5;

/// How soon a run begins for whose beginning a page waits.
const SOON: TimeDelta = TimeDelta::minutes(1);

#[derive(Template)]
#[template(path = "mailings/page.html")]
struct Overview {
    page: Layout,
    w: &'static Words,
    p: &'static PlanWords,
    r: &'static RunWords,
    head: Head,
    live: Option<LivePart>,
    is_live: bool,
    back: Option<Back>,
    run: Option<String>,
    begins: bool,
    known: String,
    undecided: Option<u64>,
    undecided_said: String,
    /// Whether the mailing is the visitor's own.
    owns: bool,
    at_once: bool,
    moments: Vec<When>,
    runs: Runs,
    more_runs: bool,
    chart: Option<Chart>,
    timeline: Timeline,
    letter: Option<(String, String)>,
    /// Who the letters are from.
    sender: Known,
    audience: String,
    window: (String, String),
    zone: Option<String>,
    every: String,
    kind: &'static str,
    /// Whether its letters are others than it says.
    writes_as_bulk: bool,
    in_doubt: &'static str,
    relay: Option<String>,
    created: When,
    draft: String,
}

/// `GET /mailings/ID`.
pub(crate) async fn overview(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let row = existing(&visit, access, &id).await?;
    let (key, now, language) = (MailingId(row.id), visit.now(), visit.language());
    let read = runs::page(visit.pool(), access, key, None, RUNS + 1).await?;
    let mut runs: Vec<Run> = read.into_iter().filter_map(|(_, run)| list::shown(&visit, run)).collect();
    let more_runs = runs.len() as u64 > RUNS.unsigned_abs();
    runs.truncate(usize::try_from(RUNS).unwrap_or(runs.len()));
    // What was missed is no run that anything came of.
    let latest = match runs.iter().find(|run| run.status != Status::Missed) {
        None if more_runs => super::list::last_runs(&visit, access, vec![row.id]).await?.remove(&row.id),
        latest => latest.cloned(),
    };
    let latest = latest.as_ref();
    let live = match latest {
        Some(run) => Some(LivePart::of(&visit, run, &row).await?),
        None => None,
    };
    let sends = live.as_ref().is_some_and(LivePart::is_open);
    let undecided = match latest {
        Some(run) if run.unknown > 0 => super::run::undecided(&visit, access, run).await?.unsigned_abs(),
        _ => 0,
    };
    let upcoming = row.runs_ahead(now, AHEAD);
    let soon = upcoming.moments.first().is_some_and(|at| *at - now < SOON);
    let chart = match latest {
        _ if runs.len() > 1 => outcomes::of_runs(&visit, &runs),
        Some(run) => outcomes::of_run(&visit, run).await?,
        None => None,
    };
    let events = history::newest(visit.pool(), access, key, false, None, EVENTS).await?;
    let known = latest.map(|run| run.id.to_string()).unwrap_or_default();
    let letter = messages::get(visit.pool(), visit.viewer()?.letters(), row.message_id.into()).await?;
    let p = PlanWords::of(language);
    let sender = match row.sender_id {
        Some(id) => senders::one(&visit, access, id.into()).await?.unwrap_or_default(),
        None => Known { shown: p.own_sender.to_owned(), ..Known::default() },
    };
    let zone = row.zone().unwrap_or_else(|| visit.zone());
    let minute = |at| unbroken(&shown::minute(language, at, zone));
    let head = Head::with(&visit, &row, Tab::Overview, sends).await?;
    let begins = !sends && (upcoming.at_once || soon);
    page(&Overview {
        page: visit.layout(&row.name, Place::Mailings),
        w: Words::of(language),
        p,
        r: RunWords::of(language),
        head,
        live,
        is_live: sends || begins,
        back: Back::of_mailing(&visit, row.id).await?,
        begins,
        run: latest.map(|run| run.id.to_string()),
        known,
        undecided: (undecided > 0).then_some(undecided),
        undecided_said: visit.number(undecided),
        owns: super::list::rights(&visit, &row)?.owns,
        at_once: upcoming.at_once,
        moments: upcoming.moments.iter().map(|at| visit.when(*at)).collect(),
        runs: Runs::of(&visit, &row, &runs),
        more_runs,
        chart,
        timeline: Timeline::of(&visit, &events).await?,
        letter: letter.map(|letter| (letter.id.to_string(), letter.subject)),
        sender,
        audience: audience::size(&visit, &row).await?,
        window: (minute(row.starts_at), minute(row.ends_at)),
        zone: (zone != visit.zone()).then(|| zone.name().to_owned()),
        every: super::check::every(p, &row.periodicity),
        kind: super::check::of_kind(&visit, p, row.kind).0,
        writes_as_bulk: super::check::writes_as_bulk(&visit, row.kind),
        in_doubt: if row.in_doubt == InDoubt::Resend { p.resend } else { p.hold },
        relay: row.relay.clone(),
        created: visit.when(row.created_at).dated(),
        draft: row.id.to_string(),
    })
}

/// `GET /mailings/ID/beginning`: asked by a page on which a run is about to begin. Nothing as long as it has not, and then the
/// page as it is now, with what can be done meanwhile.
pub(crate) async fn beginning(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let row = existing(&visit, access, &id).await?;
    let latest = super::list::last_runs(&visit, access, vec![row.id]).await?.remove(&row.id);
    let known = visit.query().text("known").to_owned();
    if latest.is_none_or(|run| run.id.to_string() == known) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    overview(visit, Path(id)).await
}
