//! What those see first who are signed in: what is going on, what needs somebody, and how the last runs went.

mod concerns;
mod named;

use super::marks;
use super::progress::{gathering, seconds};
use super::steps::Steps;
use crate::web::frame::list;
use crate::web::frame::mark::Mark;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, owners, page};
use askama::Template;
use concerns::Concern;
use named::Named;
use projections::Access;
use projections::articles::{self, Readers};
use projections::mailings::{self, Filter, Mailing, Standing};
use projections::reports;
use projections::runs::{self, Run};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::overview::Overview as Words;
use words::screens::shown;

/// The most rows of each part.
const ROWS: i64 = 8;

/// The most runs with letters in doubt that are looked at.
const DOUBTS: i64 = 20;

/// The most concerns that are shown unless somebody asks for all of them.
const CONCERNS: usize = 5;

/// How many mailings are looked through for the next ones.
const LOOKED_AT: i64 = 200;

#[derive(Template)]
#[template(path = "mailings/overview.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    may_own: bool,
    sees_mailings: bool,
    of_all: bool,
    steps: Option<Steps>,
    running: Vec<Going>,
    attention: Vec<Concern>,
    /// How many more there are, or, with `true`, the way back to the most urgent ones.
    more_attention: Option<String>,
    all_attention: bool,
    next: Vec<Next>,
    reports: Vec<Report>,
    articles: Option<Vec<(String, String, Mark, When)>>,
}

/// A run that is under way.
struct Going {
    id: String,
    mailing: String,
    mailing_id: String,
    owner: Option<String>,
    mark: Mark,
    gathering: Option<&'static str>,
    done: String,
    planned: String,
    accepted: u64,
    failed: u64,
    left: Option<String>,
}

/// A mailing that runs soon.
struct Next {
    id: String,
    name: String,
    at: When,
    owner: Option<String>,
}

/// A run that is finished.
struct Report {
    id: String,
    name: String,
    at: When,
    accepted: String,
    planned: String,
    failed: u64,
    failed_said: String,
    owner: Option<String>,
}

/// `GET /` of whoever is signed in.
pub(crate) async fn overview(visit: Visit) -> Answer {
    let viewer = visit.viewer()?;
    let (w, sees_mailings) = (Words::of(visit.language()), viewer.may_own() || viewer.may_watch());
    // An administrator has mailings of their own, and watches over all.
    let access = if viewer.may_watch() { Access::All } else { viewer.own() };
    let steps = if viewer.may_own() && !viewer.may_watch() { Steps::of(&visit).await? } else { None };
    let mut shown_page = Page {
        page: visit.layout(w.title, Place::Home),
        w,
        may_own: viewer.may_own(),
        sees_mailings,
        of_all: access == Access::All,
        steps,
        running: Vec::new(),
        attention: Vec::new(),
        more_attention: None,
        all_attention: visit.query().text("attention") == "all",
        next: Vec::new(),
        reports: Vec::new(),
        articles: None,
    };
    if viewer.may_write_articles() && !viewer.may_own() {
        shown_page.articles = Some(own_articles(&visit).await?);
    }
    if sees_mailings {
        fill(&visit, access, &mut shown_page).await?;
    }
    page(&shown_page)
}

async fn own_articles(visit: &Visit) -> Result<Vec<(String, String, Mark, When)>, Trouble> {
    use crate::web::frame::mark::{Shape, Tone};
    let m = visit.marks();
    let rows = articles::page(visit.pool(), Readers::Writers, None, ROWS).await?;
    let shown = rows.into_iter().map(|row| {
        let mark = match (row.published, row.published_at) {
            (true, _) => Mark::new(Shape::Tick, Tone::Good, m.published),
            (false, Some(_)) => Mark::new(Shape::Stop, Tone::Warn, m.unpublished),
            (false, None) => Mark::new(Shape::Ring, Tone::Quiet, m.draft),
        };
        (row.id.to_string(), row.title, mark, visit.when(row.updated_at))
    });
    Ok(shown.collect())
}

/// Everything about mailings.
async fn fill(visit: &Visit, access: Access, page: &mut Page) -> Result<(), Trouble> {
    let (pool, now) = (visit.pool(), visit.now());
    let running = readable(visit, runs::under_way(pool, access, ROWS).await?);
    let doubtful = readable(visit, runs::undecided(pool, access, DOUBTS).await?);
    let with = |standings: Vec<Standing>| Filter { standings: Some(standings), now, ..Filter::default() };
    let active =
        mailings::page(pool, access, &with(vec![Standing::Created, Standing::Running]), None, LOOKED_AT).await?;
    let active = readable(visit, active);
    let stopped = with(vec![Standing::Paused, Standing::Disabled]);
    let stopped = readable(visit, mailings::page(pool, access, &stopped, None, ROWS * 4).await?);
    let finished = readable(visit, reports::page(pool, access, None, ROWS).await?);

    let mut known: HashMap<Uuid, Mailing> = active.iter().chain(&stopped).map(|row| (row.id, row.clone())).collect();
    let named = running.iter().chain(&doubtful).map(|run| run.mailing_id);
    let missing: Vec<Uuid> =
        named.chain(finished.iter().map(|row| row.mailing_id)).filter(|id| !known.contains_key(id)).collect();
    if !missing.is_empty() {
        let rows = readable(visit, mailings::by_ids(pool, access, &missing).await?);
        known.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let people = if access == Access::All {
        let all = known.values().map(|row| row.owner_id).collect();
        owners::of(visit, all).await?
    } else {
        HashMap::new()
    };
    let of = Named { known: &known, people: &people };
    page.running = running.iter().map(|run| going(visit, run, &of)).collect();
    let all = concerns::of(visit, access, &doubtful, &active, &stopped, &finished, &of).await?;
    let (count, shown) = (all.len(), if page.all_attention { all.len() } else { CONCERNS });
    page.attention = all.into_iter().take(shown).collect();
    page.more_attention = (count > shown).then(|| page.w.show_all.of(count as u64));
    page.next = upcoming(visit, &active, &of);
    page.reports = finished.iter().map(|row| report(visit, row, &of)).collect();
    Ok(())
}

fn readable<P, T>(visit: &Visit, read: projections::Listed<P, T>) -> Vec<T> {
    read.into_iter().filter_map(|(_, row)| list::shown(visit, row)).collect()
}

fn going(visit: &Visit, run: &Run, of: &Named<'_>) -> Going {
    let (totals, language) = (run.totals(), visit.language());
    // Its letters wait while the mailing is stopped.
    let stopped = of.known.get(&run.mailing_id).map(|row| row.standing(visit.now()));
    let stopped = stopped.filter(|standing| matches!(standing, Standing::Paused | Standing::Disabled));
    let done = totals.planned.saturating_sub(totals.pending + totals.deferred);
    let ends = run.pace(visit.now()).seconds_left.map(|left| chrono::TimeDelta::milliseconds(to_milliseconds(left)));
    let thousandths = |count: u64| (count * 1_000).checked_div(totals.planned).unwrap_or(0);
    Going {
        id: run.id.to_string(),
        mailing: of.name(run.mailing_id),
        mailing_id: run.mailing_id.to_string(),
        owner: of.owner(run.owner_id),
        mark: stopped
            .map_or_else(|| marks::of_run(run.status, language), |standing| marks::of_mailing(standing, language)),
        gathering: gathering(run, language),
        done: shown::percent(language, done, totals.planned),
        planned: visit.number(totals.planned),
        accepted: thousandths(totals.accepted),
        failed: thousandths(totals.rejected + totals.expired),
        left: ends
            .filter(|_| totals.pending > 0 && stopped.is_none())
            .map(|left| shown::duration(language, seconds(left))),
    }
}

/// Milliseconds of that many seconds.
fn to_milliseconds(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float to an integer saturates")]
    let milliseconds = (seconds.min(1e9) * 1_000.0) as i64;
    milliseconds
}

fn upcoming(visit: &Visit, active: &[Mailing], of: &Named<'_>) -> Vec<Next> {
    let mut next: Vec<_> = active.iter().filter_map(|row| Some((row.upcoming(visit.now())?, row))).collect();
    next.sort_by_key(|(at, row)| (*at, row.id));
    next.truncate(usize::try_from(ROWS).unwrap_or(next.len()));
    next.into_iter()
        .map(|(at, row)| Next {
            id: row.id.to_string(),
            name: row.name.clone(),
            at: visit.when(at),
            owner: of.owner(row.owner_id),
        })
        .collect()
}

fn report(visit: &Visit, row: &reports::Report, of: &Named<'_>) -> Report {
    let failed = row.totals.rejected + row.totals.expired;
    Report {
        id: row.run_id.to_string(),
        name: of.name(row.mailing_id),
        at: visit.when(row.finished_at),
        accepted: visit.number(row.totals.accepted),
        planned: visit.number(row.totals.planned),
        failed,
        failed_said: visit.number(failed),
        owner: of.owner(row.owner_id),
    }
}
