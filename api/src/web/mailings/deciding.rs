//! What is decided about the letters of a run: those in doubt, and those that failed.

use super::run::{own, refusal, title, undecided};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::{Answer, Deed, Done, Place, Trouble, Visit, go, redirect};
use acts::Problem;
use acts::mailings::runs::{self as acts_of, Decision};
use axum::extract::Path;
use domain::{MailingId, RunId};
use projections::mailings::Mailing;
use words::screens::run::Run as Words;

fn run_id(id: &str) -> Result<RunId, Trouble> {
    id.parse().map_err(|_| Trouble::Absent)
}

/// What stands in the way of sending letters is told at once, and not only when the question has been answered.
fn possible(visit: &Visit, mailing: &Mailing) -> Result<(), Trouble> {
    match refusal(visit, mailing) {
        Some(error) => Err(Trouble::Problems(vec![Problem::of(&error)])),
        None => Ok(()),
    }
}

async fn ask(visit: &Visit, id: &str, decision: Decision) -> Answer {
    let (run, mailing) = own(visit, id).await?;
    let w = Words::of(visit.language());
    let open = undecided(visit, visit.viewer()?.own(), &run).await?.unsigned_abs();
    if open == 0 {
        // Somebody has decided meanwhile, perhaps in another tab.
        return Err(Trouble::Problems(vec![acts_of::nothing_in_doubt()]));
    }
    if decision == Decision::Resend {
        possible(visit, &mailing)?;
    }
    let (question, means, button) = match decision {
        Decision::Resend => {
            (w.resend_asks, w.resend_means.to_owned(), if open == 1 { w.resend_one } else { w.resend_all })
        }
        Decision::Accept => {
            (w.accept_asks, w.accept_means.of(open), if open == 1 { w.accept_one } else { w.accept_all })
        }
    };
    let confirm = Confirm {
        page: visit.layout(question.of(open), Place::Mailings),
        said: vec![format!("{}: {}.", mailing.name, title(visit, &run)), means],
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
    let deed = match decision {
        Decision::Resend => Deed::DoubtsResent,
        Decision::Accept => Deed::DoubtsAccepted,
    };
    go(visit, receipt, deed, &format!("/runs/{id}")).await
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
    let deed = match decision {
        Decision::Resend => Deed::DoubtResent,
        Decision::Accept => Deed::DoubtAccepted,
    };
    go(visit, receipt, deed, &format!("/runs/{run}/recipients?undecided=yes")).await
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
    let access = visit.viewer()?.own();
    let named = [(RunId(run.id), MailingId(run.mailing_id))];
    if let Some(again) = acts_of::tried_again(visit.services(), access, &named).await?.get(&run.id) {
        return Ok(redirect(&format!("/runs/{again}")));
    }
    acts_of::check_failed(&run).map_err(|problem| Trouble::Problems(vec![problem]))?;
    possible(&visit, &mailing)?;
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
    go(&visit, receipt, Done::OnTheirWay, &format!("/runs/{run}")).await
}
