//! Shutting a user out, and letting them in again, each with a reason.

use super::{account, naming};
use crate::web::frame::confirm::{Confirm, Reason};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Place, Trouble, Visit, go, redirect};
use acts::who::users::{self, Action};
use axum::extract::Path;
use domain::Code;
use projections::users::User;
use words::screens::users::Users as Words;

/// The question about an account.
fn question(visit: &Visit, user: &User, what: Action) -> Confirm {
    let (w, name, blocks) = (Words::of(visit.language()), naming(user), what == Action::Block);
    let said = if blocks { vec![w.block_said, w.block_stays] } else { vec![w.unblock_said] };
    let help = if blocks { w.block_reason_help } else { w.unblock_reason_help };
    Confirm {
        page: visit.layout(if blocks { w.block_asks } else { w.unblock_asks }.with(name), Place::Users),
        said: said.into_iter().map(str::to_owned).collect(),
        button: if blocks { w.block } else { w.unblock },
        action: visit.path().to_owned(),
        reason: Some(Reason { label: w.reason, help, takes: blocks, ..Reason::default() }),
        back: format!("/users/{}", user.id),
        is_final: false,
    }
}

/// The question, if it can be done at all; the account's page, if somebody has done it already.
async fn ask(visit: &Visit, id: &str, what: Action) -> Answer {
    visit.in_person(visit.watcher()?)?;
    let user = account(visit, id).await?;
    if user.blocked_at.is_some() == (what == Action::Block) {
        return Ok(redirect(&format!("/users/{id}")));
    }
    if !users::allowed(visit.services(), visit.viewer()?, &user).await?.contains(&what) {
        return Err(Trouble::Absent);
    }
    question(visit, &user, what).ask()
}

/// `GET /users/ID/block`.
pub(crate) async fn ask_block(visit: Visit, Path(id): Path<String>) -> Answer {
    ask(&visit, &id, Action::Block).await
}

/// `GET /users/ID/unblock`.
pub(crate) async fn ask_unblock(visit: Visit, Path(id): Path<String>) -> Answer {
    ask(&visit, &id, Action::Unblock).await
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
    let (done, deed) = match what {
        Action::Block => (users::block(services, &by, id, reason.to_owned(), &metadata).await, Deed::UserBlocked),
        _ => (users::unblock(services, &by, id, reason.to_owned(), &metadata).await, Deed::UserUnblocked),
    };
    match problems(done)? {
        Ok((_, receipt)) => {
            let user = account(visit, id).await?;
            go(visit, receipt, deed.to(naming(&user)), &format!("/users/{id}")).await
        }
        Err(problems) if problems.iter().any(|problem| problem.code == Code::NotFound) => {
            Err(Trouble::Problems(problems))
        }
        Err(problems) => {
            let asked = question(visit, &account(visit, id).await?, what);
            let reason = asked.reason.map(|field| field.refused(visit, reason, &problems));
            Confirm { reason, ..asked }.ask()
        }
    }
}
