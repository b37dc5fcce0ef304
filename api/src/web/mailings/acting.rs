//! What is done with a mailing. What cannot be taken back, and what sends letters, asks before, naming the mailing.

use super::head::existing;
use super::list::rights;
use super::progress::is_open;
use crate::web::frame::confirm::{Confirm, Reason};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Done, Fields, Place, Trouble, Visit, go, redirect};
use acts::Problem;
use acts::mailings as acts_of;
use axum::extract::Path;
use domain::mailing::Action;
use domain::{Code, MailingId};
use projections::Access;
use projections::mailings::{self, Mailing};
use uuid::Uuid;
use words::screens::mailing::Mailing as Words;

async fn own(visit: &Visit, id: &str) -> Result<Mailing, Trouble> {
    visit.owner()?;
    let row = existing(visit, visit.viewer()?.own(), id).await?;
    if row.deleted_at.is_some() { Err(Trouble::Absent) } else { Ok(row) }
}

async fn watched(visit: &Visit, id: &str) -> Result<Mailing, Trouble> {
    visit.watcher()?;
    let row = existing(visit, visit.viewer()?.reads(), id).await?;
    if row.deleted_at.is_some() { Err(Trouble::Absent) } else { Ok(row) }
}

/// What stands in the way is told at once, and not only when the question has been answered.
fn possible(visit: &Visit, row: &Mailing, action: Action) -> Result<(), Trouble> {
    let window = row.window().ok_or(Trouble::Absent)?;
    match row.status.refuses(action, &window, visit.now()) {
        Some(error) => Err(Trouble::Problems(vec![Problem::of(&error)])),
        None => Ok(()),
    }
}

struct Question {
    title: String,
    said: Vec<String>,
    button: &'static str,
    reason: Option<Reason>,
    is_final: bool,
}

impl Question {
    fn ask(self, visit: &Visit, row: &Mailing, action: String) -> Answer {
        let Self { title, said, button, reason, is_final } = self;
        let page = visit.layout(title, Place::Mailings);
        Confirm { page, said, button, action, reason, back: format!("/mailings/{}", row.id), is_final }.ask()
    }
}

/// `GET /mailings/ID/send`.
pub(crate) async fn ask_send(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    possible(&visit, &row, Action::Start)?;
    let (w, key) = (Words::of(visit.language()), MailingId(row.id));
    let audience = mailings::audience_of(visit.pool(), key).await?;
    let access = visit.viewer()?.own();
    let size = super::audience::counted(&visit, access, &audience).await?;
    let title = size.map_or_else(|| w.send_to_all_asks.to_owned(), |size| w.send_asks.of(size));
    let mut said = vec![w.send_names.with(&row.name), w.send_said.to_owned()];
    said.extend(warning(&visit, access, w, row.id).await?);
    let question = Question { title, said, button: w.send_now, reason: None, is_final: false };
    // The key makes of a button that is pressed twice one run.
    question.ask(&visit, &row, format!("/mailings/{id}/send?key={}", Uuid::new_v4()))
}

/// What whoever has had the letter already is to be told of: a run that is under way, or one that has ended.
async fn warning(visit: &Visit, access: Access, w: &Words, mailing: Uuid) -> Result<Option<String>, Trouble> {
    let latest = super::list::last_runs(visit, access, vec![mailing]).await?.remove(&mailing);
    Ok(latest.and_then(|run| {
        let accepted = run.totals().accepted;
        if is_open(&run) { Some(w.send_beside.to_owned()) } else { (accepted > 0).then(|| w.send_again.of(accepted)) }
    }))
}

/// `POST /mailings/ID/send`.
pub(crate) async fn send(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let mailing: MailingId = id.parse().map_err(|_| Trouble::Absent)?;
    let key = visit.query().some("key").map(str::to_owned);
    let (_, receipt) = acts_of::send_now(visit.services(), by, mailing, key, &visit.metadata()?).await?;
    go(&visit, receipt, Done::OnTheirWay, &format!("/mailings/{id}")).await
}

/// `POST /mailings/ID/pause`.
pub(crate) async fn pause(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = acts_of::pause(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::MailingPaused, &format!("/mailings/{id}")).await
}

/// `POST /mailings/ID/resume`.
pub(crate) async fn resume(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = acts_of::resume(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::MailingResumed, &format!("/mailings/{id}")).await
}

/// `GET /mailings/ID/cancel`.
pub(crate) async fn ask_cancel(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    possible(&visit, &row, Action::Cancel)?;
    let w = Words::of(visit.language());
    let question = Question {
        title: w.cancel_asks.with(&row.name),
        said: vec![w.cancel_means.to_owned()],
        button: w.cancel,
        reason: None,
        is_final: true,
    };
    question.ask(&visit, &row, format!("/mailings/{id}/cancel"))
}

/// `POST /mailings/ID/cancel`.
pub(crate) async fn cancel(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = acts_of::cancel(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::MailingCancelled, &format!("/mailings/{id}")).await
}

/// `GET /mailings/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    let w = Words::of(visit.language());
    let question = Question {
        title: w.delete_asks.with(&row.name),
        said: vec![w.delete_means.to_owned()],
        button: w.delete,
        reason: None,
        is_final: true,
    };
    question.ask(&visit, &row, format!("/mailings/{id}/delete"))
}

/// `POST /mailings/ID/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = acts_of::delete(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::MailingDeleted, "/mailings").await
}

/// What a manager does to somebody else's mailing, with a reason.
fn judging(visit: &Visit, row: &Mailing, action: Action) -> Question {
    let (w, disables) = (Words::of(visit.language()), action == Action::Disable);
    let (title, said) = if disables { (w.disable_asks, w.disable_means) } else { (w.enable_asks, w.enable_means) };
    Question {
        title: title.with(&row.name),
        said: vec![said.to_owned()],
        button: if disables { w.disable } else { w.enable },
        reason: Some(Reason { label: w.reason, takes: disables, ..Reason::default() }),
        is_final: false,
    }
}

/// The question once more, with the reason that was typed and why it was refused.
async fn judged_again(visit: &Visit, id: &str, action: Action, fields: &Fields, problems: Vec<Problem>) -> Answer {
    if problems.iter().any(|problem| problem.code == Code::NotFound) {
        return Err(Trouble::Problems(problems));
    }
    let row = watched(visit, id).await?;
    let asked = judging(visit, &row, action);
    let reason = asked.reason.map(|field| field.refused(visit, fields.text("reason"), &problems));
    Question { reason, ..asked }.ask(visit, &row, visit.path().to_owned())
}

/// `GET /mailings/ID/disable`.
pub(crate) async fn ask_disable(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = watched(&visit, &id).await?;
    possible(&visit, &row, Action::Disable)?;
    judging(&visit, &row, Action::Disable).ask(&visit, &row, visit.path().to_owned())
}

/// `POST /mailings/ID/disable`.
pub(crate) async fn disable(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.watcher()?;
    let reason = fields.text("reason").to_owned();
    match problems(acts_of::disable(visit.services(), by, &id, reason, &visit.metadata()?).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::MailingDisabled, &format!("/mailings/{id}")).await,
        Err(problems) => judged_again(&visit, &id, Action::Disable, &fields, problems).await,
    }
}

/// `GET /mailings/ID/enable`.
pub(crate) async fn ask_enable(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = watched(&visit, &id).await?;
    if !row.actions(rights(&visit, &row)?, visit.now()).contains(&Action::Enable) {
        return Ok(redirect(&format!("/mailings/{id}")));
    }
    judging(&visit, &row, Action::Enable).ask(&visit, &row, visit.path().to_owned())
}

/// `POST /mailings/ID/enable`.
pub(crate) async fn enable(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.watcher()?;
    let reason = fields.text("reason").to_owned();
    match problems(acts_of::enable(visit.services(), by, &id, reason, &visit.metadata()?).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::MailingEnabled, &format!("/mailings/{id}")).await,
        Err(problems) => judged_again(&visit, &id, Action::Enable, &fields, problems).await,
    }
}
