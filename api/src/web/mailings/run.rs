//! One run: how far it is, what is to be decided about it, and what became of its letters.

use super::back::Back;
use super::live::LivePart;
use super::runs::trigger;
use super::{marks, outcomes};
use crate::web::frame::chart::Chart;
use crate::web::frame::mark::Mark;
use crate::web::frame::when::{When, unbroken};
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page as shown_page};
use crate::web::senders;
use acts::mailings::recipients;
use askama::Template;
use axum::extract::Path;
use domain::mailing::{Action, Error, Rights};
use domain::{MailingId, RunId};
use projections::deliveries::{self, Filter};
use projections::mailings::{self, Mailing};
use projections::runs::{self, Run, Status};
use projections::{Access, messages, reports};
use words::Sentence as _;
use words::screens::recipients::Recipients;
use words::screens::run::Run as Words;
use words::screens::shown;

#[derive(Template)]
#[template(path = "mailings/run.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    id: String,
    mailing: String,
    mailing_id: String,
    mark: Mark,
    live: LivePart,
    is_live: bool,
    back: Option<Back>,
    undecided: Option<u64>,
    undecided_said: String,
    /// Whether the mailing is the visitor's own.
    owns: bool,
    may_decide: bool,
    /// Why letters cannot be sent again now, if that is so.
    refused: Option<String>,
    failed: Option<u64>,
    failed_number: String,
    again: Option<String>,
    of: Option<String>,
    trigger: &'static str,
    occurrence: Option<When>,
    missed: Option<String>,
    revision: Option<i32>,
    /// Who its letters are from, if not the service itself.
    sender: Option<String>,
    /// The letter as the run sends it.
    letter: Option<messages::Revision>,
    started: When,
    finished: Option<When>,
    last_reply: Option<String>,
    /// How many letters were left out, each time with the reason.
    left_out: Vec<(String, &'static str)>,
    chart: Option<Chart>,
    report: Vec<String>,
}

/// The letter as a run sends it. Whoever sees the run sees its letter, whatever its message says now.
async fn letter_of(visit: &Visit, run: &Run) -> Result<Option<messages::Revision>, Trouble> {
    let (Some(message), Some(revision)) = (run.message_id, run.message_revision) else { return Ok(None) };
    Ok(messages::revision(visit.pool(), message.into(), revision).await?)
}

/// The run that an address names, if the visitor may see it.
pub(super) async fn existing(visit: &Visit, access: Access, id: &str) -> Result<Run, Trouble> {
    let id: RunId = id.parse().map_err(|_| Trouble::Absent)?;
    runs::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)
}

/// The mailing of a run.
pub(super) async fn mailing_of(visit: &Visit, access: Access, run: &Run) -> Result<Mailing, Trouble> {
    mailings::get(visit.pool(), access, MailingId(run.mailing_id)).await?.ok_or(Trouble::Absent)
}

/// How many letters of a run were left out, each time with the reason.
async fn left_out(visit: &Visit, run: &Run) -> Result<Vec<(String, &'static str)>, Trouble> {
    if run.suppressed == 0 {
        return Ok(Vec::new());
    }
    let w = Recipients::of(visit.language());
    let counts = runs::suppressed_by(visit.pool(), &[run.id]).await?;
    let told = |(_, why, letters)| (visit.number(letters), recipients::left_out(w, why));
    Ok(counts.into_iter().map(told).collect())
}

/// How many letters of a run are in doubt and not decided about.
pub(super) async fn undecided(visit: &Visit, access: Access, run: &Run) -> Result<i64, Trouble> {
    let filter = Filter { undecided: true, ..Filter::default() };
    Ok(deliveries::count(visit.pool(), access, RunId(run.id), &filter).await?)
}

/// What a run is called: by when it began.
pub(super) fn title(visit: &Visit, run: &Run) -> String {
    let at = unbroken(&shown::minute(visit.language(), run.started_at, visit.zone()));
    Words::of(visit.language()).run_of.with(at)
}

/// What keeps letters from being sent again now.
pub(super) fn refusal(visit: &Visit, mailing: &Mailing) -> Option<Error> {
    let window = mailing.window()?;
    mailing.status.refuses(Action::Start, &window, visit.now())
}

/// The same as a sentence.
pub(super) fn refused(visit: &Visit, mailing: &Mailing) -> Option<String> {
    let error = refusal(visit, mailing)?;
    Some(crate::web::frame::fields::sentence(&error.told(visit.language())))
}

/// `GET /runs/ID`.
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let run = existing(&visit, access, &id).await?;
    let mailing = mailing_of(&visit, access, &run).await?;
    let (w, language) = (Words::of(visit.language()), visit.language());
    let Rights { owns, .. } = super::list::rights(&visit, &mailing)?;
    let open = if run.unknown > 0 { undecided(&visit, access, &run).await? } else { 0 }.unsigned_abs();
    let failed = (run.rejected + run.expired).unsigned_abs();
    let named = [(RunId(run.id), MailingId(run.mailing_id))];
    let again = if failed > 0 {
        acts::mailings::runs::tried_again(visit.services(), access, &named).await?.remove(&run.id)
    } else {
        None
    };
    let report = reports::get(visit.pool(), access, RunId(run.id)).await?;
    let text = report.map(|report| acts::mailings::reports::text(&report, language)).unwrap_or_default();
    let minute = |at| unbroken(&shown::minute(language, at, visit.zone()));
    let missed = run.missed().map(|missed| {
        let (first, last) = (minute(missed.first), minute(missed.last));
        format!("{}: {first} – {last}", w.missed_count.of(missed.count))
    });
    let (may_decide, is_live) = (owns && mailing.deleted_at.is_none(), super::progress::is_open(&run));
    shown_page(&Page {
        page: visit.layout(title(&visit, &run), Place::Mailings),
        w,
        id: run.id.to_string(),
        mailing: mailing.name.clone(),
        mailing_id: mailing.id.to_string(),
        mark: marks::of_run_in(run.status, Some(mailing.standing(visit.now())), language),
        live: LivePart::of(&visit, &run, &mailing).await?,
        is_live,
        // As long as the run goes on, what is live shows it.
        back: if is_live { None } else { Back::of_run(&visit, &run).await? },
        undecided: (open > 0).then_some(open),
        undecided_said: visit.number(open),
        owns,
        may_decide,
        refused: refused(&visit, &mailing).filter(|_| may_decide),
        failed: (failed > 0 && run.status == Status::Finished).then_some(failed),
        failed_number: visit.number(failed),
        again: again.map(|run| run.to_string()),
        of: run.resend_of.map(|id| id.to_string()),
        trigger: trigger(w, run.trigger),
        occurrence: run.occurrence.map(|at| visit.when(at).dated()),
        missed,
        revision: run.message_revision,
        sender: senders::pinned(&visit, &run).await?,
        letter: letter_of(&visit, &run).await?,
        started: visit.when(run.started_at).dated(),
        finished: run.finished_at.map(|at| visit.when(at).dated()),
        last_reply: run.last_reply.clone(),
        left_out: left_out(&visit, &run).await?,
        chart: outcomes::of_run(&visit, &run).await?,
        report: text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
    })
}

/// The run's owner's own run; anybody else's is absent.
pub(super) async fn own(visit: &Visit, id: &str) -> Result<(Run, Mailing), Trouble> {
    visit.owner()?;
    let access = visit.viewer()?.own();
    let run = existing(visit, access, id).await?;
    let mailing = mailing_of(visit, access, &run).await?;
    Ok((run, mailing))
}
