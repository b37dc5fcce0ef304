//! What is decided about the letters of a run: those in doubt, and those that failed.

use super::run::{own, title, undecided};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::{Answer, Done, Place, Trouble, Visit, go};
use acts::mailings::runs::{self as acts_of, Decision};
use axum::extract::Path;
use domain::RunId;
use words::screens::run::Run as Words;

fn run_id(id: &str) -> Result<RunId, Trouble> {
    id.parse().map_err(|_| Trouble::Absent)
}

async fn ask(visit: &Visit, id: &str, decision: Decision) -> Answer {
    let (run, mailing) = own(visit, id).await?;
    let w = Words::of(visit.language());
    let open = undecided(visit, visit.viewer()?.own(), &run).await?.unsigned_abs();
    let (question, means, button) = match decision {
        Decision::Resend => (w.resend_asks, w.resend_means, w.resend_all),
        Decision::Accept => (w.accept_asks, w.accept_means, w.accept_all),
    };
    let confirm = Confirm {
        page: visit.layout(question.of(open), Place::Mailings),
        said: vec![format!("{}: {}.", mailing.name, title(visit, &run)), means.to_owned()],
        button,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/runs/{id}"),
        is_final: false,
    };
    confirm.ask()
}

/// `GET /runs/ID/resend-unknown`.
pub(crate) async fn ask_resend(visit: Visit, Path(id): Path<String>) -> Answer {
    ask(&visit, &id, Decision::Resend).await
}

/// `GET /runs/ID/accept-unknown`.
pub(crate) async fn ask_accept(visit: Visit, Path(id): Path<String>) -> Answer {
    ask(&visit, &id, Decision::Accept).await
}

async fn decide_all(visit: &Visit, id: &str, decision: Decision) -> Answer {
    let (by, metadata) = (visit.owner()?, visit.metadata()?);
    let (_, receipt) = acts_of::decide(visit.services(), by, run_id(id)?, None, decision, &metadata).await?;
    go(visit, receipt, Done::Other, &format!("/runs/{id}")).await
}

/// `POST /runs/ID/resend-unknown`.
pub(crate) async fn resend_all(visit: Visit, Path(id): Path<String>) -> Answer {
    decide_all(&visit, &id, Decision::Resend).await
}

/// `POST /runs/ID/accept-unknown`.
pub(crate) async fn accept_all(visit: Visit, Path(id): Path<String>) -> Answer {
    decide_all(&visit, &id, Decision::Accept).await
}

async fn decide_one(visit: &Visit, id: &str, decision: Decision) -> Answer {
    let (by, metadata) = (visit.owner()?, visit.metadata()?);
    let (run, place) = acts_of::place_of(id).ok_or(Trouble::Absent)?;
    let (run, receipt) = acts_of::decide(visit.services(), by, run, Some(place), decision, &metadata).await?;
    go(visit, receipt, Done::Other, &format!("/runs/{run}/recipients?undecided=yes")).await
}

/// `POST /deliveries/ID/resend`.
pub(crate) async fn resend_one(visit: Visit, Path(id): Path<String>) -> Answer {
    decide_one(&visit, &id, Decision::Resend).await
}

/// `POST /deliveries/ID/accept`.
pub(crate) async fn accept_one(visit: Visit, Path(id): Path<String>) -> Answer {
    decide_one(&visit, &id, Decision::Accept).await
}

/// `GET /runs/ID/resend-failed`.
pub(crate) async fn ask_failed(visit: Visit, Path(id): Path<String>) -> Answer {
    let (run, mailing) = own(&visit, &id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.failed_asks.of((run.rejected + run.expired).unsigned_abs()), Place::Mailings),
        said: vec![format!("{}: {}.", mailing.name, title(&visit, &run)), w.failed_means.to_owned()],
        button: w.resend_failed,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/runs/{id}"),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /runs/ID/resend-failed`.
pub(crate) async fn resend_failed(visit: Visit, Path(id): Path<String>) -> Answer {
    let (by, metadata) = (visit.owner()?, visit.metadata()?);
    let (run, receipt) = acts_of::resend_failed(visit.services(), by, run_id(&id)?, &metadata).await?;
    go(&visit, receipt, Done::Other, &format!("/runs/{run}")).await
}
