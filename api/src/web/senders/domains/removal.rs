//! Removing a domain with its keys and grants.

use super::domain::{PATH, existing, path};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::{Answer, Deed, Place, Visit, go};
use acts::senders::domains;
use axum::extract::Path;
use words::screens::domains::Domains as Words;

/// `GET /system/domains/DOMAIN/remove`.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &name).await?, Words::of(visit.language()));
    let confirm = Confirm {
        page: visit.layout(w.remove_asks.with(&row.domain), Place::System),
        said: vec![w.remove_said.to_owned()],
        button: w.remove,
        action: visit.path().to_owned(),
        reason: None,
        back: path(&row.domain),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /system/domains/DOMAIN/remove`.
pub(super) async fn remove(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, by, metadata) = (existing(&visit, &name).await?, visit.administrator()?, visit.metadata()?);
    let (_, receipt) = domains::remove(visit.services(), by, &row.domain, &metadata).await?;
    go(&visit, receipt, Deed::DomainRemoved, PATH).await
}
