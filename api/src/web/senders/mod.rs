//! Who letters are from: an owner's senders, and the domains whose letters are signed here.
//!
//! * [`list`], [`form`]: all senders, a new one, and one changed; [`acting`]: the link once more, and deleting.
//! * [`judging`]: revoking somebody's sender and allowing it again, for administrators.
//! * [`domains`]: sender domains, for administrators.
//!
//! Where the link in the letter to a sender's address leads is beside the other links, see [`crate::web::who::links`].

mod acting;
mod domains;
mod existing;
mod form;
mod judging;
mod list;
mod status;

use crate::http::App;
use crate::web::frame::{Trouble, Visit};
use axum::Router;
use axum::routing::get;
use domain::SenderId;
use domain::run::PinnedSender;
use projections::Access;
use projections::runs::Run;
use projections::senders::{self as read, Sender, Which};
use std::sync::Arc;
use words::screens::plan::Plan;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/senders", get(list::list).post(form::create))
        .route("/senders/new", get(form::blank))
        .route("/senders/{id}", get(form::one).post(form::change))
        .route("/senders/{id}/link", get(acting::back).post(acting::send_link))
        .route("/senders/{id}/delete", get(acting::ask_delete).post(acting::delete))
        .route("/senders/{id}/revoke", get(judging::ask_revoke).post(judging::revoke))
        .route("/senders/{id}/allow", get(judging::ask_allow).post(judging::allow))
        .merge(domains::routes())
}

/// The most senders that a form offers.
const OFFERED: i64 = 500;

/// A sender as it is chosen for a mailing, and told of one.
#[derive(Default)]
pub(in crate::web) struct Known {
    pub(in crate::web) id: String,
    /// The name with the address.
    pub(in crate::web) shown: String,
    /// Where replies go, if not to the address.
    pub(in crate::web) reply_to: Option<String>,
    /// Why mailings cannot be from it now; none if they can.
    pub(in crate::web) not_now: Option<&'static str>,
}

impl Known {
    fn of(w: &'static Plan, row: Sender) -> Self {
        let not_now = match (row.deleted_at.is_some(), row.revoked_at.is_some(), row.is_usable()) {
            (true, ..) => Some(w.sender_gone),
            (false, true, _) => Some(w.sender_revoked),
            (false, false, false) => Some(w.sender_unusable),
            (false, false, true) => None,
        };
        let shown = shown(&row.name, &row.address);
        Self { id: row.id.to_string(), shown, reply_to: row.reply_to, not_now }
    }
}

/// A sender as recipients see it.
fn shown(name: &str, address: &str) -> String {
    if name.is_empty() { address.to_owned() } else { format!("{name} <{address}>") }
}

/// The visitor's own senders.
pub(in crate::web) async fn own(visit: &Visit) -> Result<Vec<Known>, Trouble> {
    let w = Plan::of(visit.language());
    let rows = read::page(visit.pool(), visit.viewer()?.own(), Which::Holding, None, None, OFFERED).await?;
    Ok(rows.into_iter().filter(|row| row.deleted_at.is_none()).map(|row| Known::of(w, row)).collect())
}

/// The sender of this id, also a deleted one; none if there is none that may be seen.
pub(in crate::web) async fn one(visit: &Visit, access: Access, id: SenderId) -> Result<Option<Known>, Trouble> {
    let w = Plan::of(visit.language());
    Ok(read::get(visit.pool(), access, id).await?.map(|row| Known::of(w, row)))
}

/// Who the letters of a run are from, whatever became of that sender later; none for the service itself.
pub(in crate::web) async fn pinned(visit: &Visit, run: &Run) -> Result<Option<String>, Trouble> {
    let (Some(sender), Some(revision)) = (run.sender_id, run.sender_revision) else { return Ok(None) };
    let pinned = PinnedSender { sender: sender.into(), revision: revision.unsigned_abs() };
    let form = read::form(visit.pool(), pinned).await?;
    Ok(form.map(|form| shown(form.name.as_str(), form.address.as_str())))
}
