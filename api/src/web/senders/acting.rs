//! What is done with a sender: having the link sent once more, and deleting it.

use super::existing::existing;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::{Answer, Deed, Place, Visit, go, redirect};
use acts::senders;
use axum::extract::Path;
use words::screens::senders::Senders as Words;

/// `GET /senders/ID/link`: where the button was.
pub(super) async fn back(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = existing(&visit, &id).await?;
    Ok(redirect(&format!("/senders/{}", row.id)))
}

/// `POST /senders/ID/link`.
pub(super) async fn send_link(visit: Visit, Path(id): Path<String>) -> Answer {
    let (row, by) = (existing(&visit, &id).await?, visit.owner()?);
    let (_, receipt) = senders::send_link(visit.services(), visit.caller(), by, &id).await?;
    go(&visit, receipt, Deed::SenderLinkSent.to(&row.address), "/senders").await
}

/// `GET /senders/ID/delete`.
pub(super) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &id).await?, Words::of(visit.language()));
    let confirm = Confirm {
        page: visit.layout(w.delete_asks.with(&row.address), Place::Senders),
        said: vec![w.delete_said.to_owned()],
        button: w.delete,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/senders/{}", row.id),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /senders/ID/delete`.
pub(super) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    existing(&visit, &id).await?;
    let (_, receipt) = senders::delete(visit.services(), visit.owner()?, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::SenderDeleted, "/senders").await
}
