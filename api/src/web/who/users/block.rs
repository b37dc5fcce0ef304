//! Shutting a user out, and letting them in again, each with a reason.

use super::{account, naming};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Done, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page, redirect};
use acts::who::users::{self, Action};
use askama::Template;
use axum::extract::Path;
use words::screens::users::Users as Words;

/// A question that wants a reason, which stays if something is wrong with it.
#[derive(Template)]
#[template(path = "who/users/reason.html")]
struct Question {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    said: Vec<&'static str>,
    help: &'static str,
    button: &'static str,
    /// Whether the button shuts somebody out.
    shuts_out: bool,
    action: String,
    back: String,
    reason: String,
}

/// Asks, if it can be done at all.
async fn ask(visit: &Visit, id: &str, what: Action, reason: &str, mistakes: Mistakes) -> Result<Question, Trouble> {
    let user = account(visit, id).await?;
    if !users::allowed(visit.services(), visit.viewer()?, &user).await?.contains(&what) {
        return Err(Trouble::Absent);
    }
    let (w, name, shuts_out) = (Words::of(visit.language()), naming(&user), what == Action::Block);
    Ok(Question {
        page: visit.layout(if shuts_out { w.block_asks } else { w.unblock_asks }.with(name), Place::Users),
        w,
        mistakes,
        said: if shuts_out { vec![w.block_said, w.block_stays] } else { vec![w.unblock_said] },
        help: if shuts_out { w.block_reason_help } else { w.unblock_reason_help },
        button: if shuts_out { w.block } else { w.unblock },
        shuts_out,
        action: visit.path().to_owned(),
        back: format!("/users/{id}"),
        reason: reason.to_owned(),
    })
}

/// The question; the account's page, if somebody has done it already.
async fn first(visit: &Visit, id: &str, what: Action) -> Answer {
    visit.in_person(visit.watcher()?)?;
    let blocked = account(visit, id).await?.blocked_at.is_some();
    if blocked == (what == Action::Block) {
        return Ok(redirect(&format!("/users/{id}")));
    }
    page(&ask(visit, id, what, "", Mistakes::default()).await?)
}

/// `GET /users/ID/block`.
pub(crate) async fn ask_block(visit: Visit, Path(id): Path<String>) -> Answer {
    first(&visit, &id, Action::Block).await
}

/// `GET /users/ID/unblock`.
pub(crate) async fn ask_unblock(visit: Visit, Path(id): Path<String>) -> Answer {
    first(&visit, &id, Action::Unblock).await
}

/// `POST /users/ID/block`.
pub(crate) async fn block(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    act(&visit, &id, &fields, Action::Block).await
}

/// `POST /users/ID/unblock`.
pub(crate) async fn unblock(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    act(&visit, &id, &fields, Action::Unblock).await
}

async fn act(visit: &Visit, id: &str, fields: &Fields, what: Action) -> Answer {
    let by = visit.in_person(visit.watcher()?)?;
    let (services, reason, metadata) = (visit.services(), fields.text("reason"), visit.metadata()?);
    let done = match what {
        Action::Block => users::block(services, &by, id, reason.to_owned(), &metadata).await,
        _ => users::unblock(services, &by, id, reason.to_owned(), &metadata).await,
    };
    match problems(done)? {
        Ok((_, receipt)) => go(visit, receipt, Done::Other, &format!("/users/{id}")).await,
        Err(problems) if problems.iter().any(|problem| problem.field == ["reason"]) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&ask(visit, id, what, reason, mistakes).await?)
        }
        Err(problems) => Err(Trouble::Problems(problems)),
    }
}
