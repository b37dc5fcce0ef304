//! What an administrator does with somebody's sender: revoking it, with a reason, and allowing it again.

use super::existing::seen;
use crate::web::frame::confirm::{Confirm, Reason};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Place, Trouble, Visit, go, redirect};
use acts::senders;
use axum::extract::Path;
use projections::senders::Sender;
use words::screens::senders::Senders as Words;

/// The sender that an administrator judges.
async fn judged(visit: &Visit, id: &str) -> Result<Sender, Trouble> {
    visit.administrator()?;
    seen(visit, id).await
}

fn at(row: &Sender) -> String {
    format!("/senders/{}", row.id)
}

fn revoking(visit: &Visit, row: &Sender) -> Confirm {
    let w = Words::of(visit.language());
    Confirm {
        page: visit.layout(w.revoke_asks.with(&row.address), Place::Senders),
        said: [w.revoke_said, w.revoke_stays].map(str::to_owned).into(),
        button: w.revoke,
        action: visit.path().to_owned(),
        reason: Some(Reason { label: w.revoke_reason, help: w.revoke_reason_help, takes: true, ..Reason::default() }),
        back: at(row),
        is_final: false,
    }
}

/// `GET /senders/ID/revoke`.
pub(super) async fn ask_revoke(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = judged(&visit, &id).await?;
    if row.revoked_at.is_some() {
        return Ok(redirect(&at(&row)));
    }
    revoking(&visit, &row).ask()
}

/// `POST /senders/ID/revoke`.
pub(super) async fn revoke(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let (row, by) = (judged(&visit, &id).await?, visit.administrator()?);
    let reason = fields.text("reason");
    match problems(senders::revoke(visit.services(), by, &id, reason.to_owned(), &visit.metadata()?).await)? {
        // It may be another one that has the address by now.
        Ok((id, receipt)) => go(&visit, receipt, Deed::SenderRevoked.to(&row.address), &format!("/senders/{id}")).await,
        Err(problems) => {
            let mut confirm = revoking(&visit, &row);
            confirm.reason = confirm.reason.map(|field| field.refused(&visit, reason, &problems));
            confirm.ask()
        }
    }
}

/// `GET /senders/ID/allow`.
pub(super) async fn ask_allow(visit: Visit, Path(id): Path<String>) -> Answer {
    let (row, w) = (judged(&visit, &id).await?, Words::of(visit.language()));
    if row.revoked_at.is_none() {
        return Ok(redirect(&at(&row)));
    }
    let follows = match (row.deleted_at.is_some(), row.granted) {
        (true, _) => w.allow_deleted,
        (false, true) => w.allow_granted,
        (false, false) => w.allow_unverified,
    };
    let confirm = Confirm {
        page: visit.layout(w.allow_asks.with(&row.address), Place::Senders),
        said: [follows, w.allow_paused].map(str::to_owned).into(),
        button: w.allow,
        action: visit.path().to_owned(),
        reason: None,
        back: at(&row),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /senders/ID/allow`.
pub(super) async fn allow(visit: Visit, Path(id): Path<String>) -> Answer {
    let (row, by) = (judged(&visit, &id).await?, visit.administrator()?);
    let (_, receipt) = senders::allow(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::SenderAllowed.to(&row.address), &at(&row)).await
}
