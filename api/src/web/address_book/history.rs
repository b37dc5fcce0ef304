//! All that happened to a client.

use super::existing;
use crate::web::frame::happened::{self, Of};
use crate::web::frame::{Answer, Place, Visit, list};
use axum::extract::Path;
use domain::ClientId;
use projections::audit;
use words::screens::clients::Clients as Words;
use words::screens::log::Log;

/// `GET /clients/ID/history`.
pub(super) async fn of_client(visit: Visit, Path(id): Path<String>) -> Answer {
    let client = existing::client(&visit, visit.viewer()?.reads(), &id).await?;
    let after = list::place::<i64>(&visit)?;
    let events = audit::of_client(visit.pool(), ClientId(client.id), after, list::limit()).await?;
    let name = if client.full_name.is_empty() { client.email } else { client.full_name };
    let of = Of {
        place: Place::Clients,
        crumbs: vec![
            ("/clients".to_owned(), Words::of(visit.language()).title.to_owned()),
            (format!("/clients/{}", client.id), name.clone()),
        ],
        name,
        lead: Log::of(visit.language()).of_client,
        parts: None,
    };
    happened::shown(&visit, of, events).await
}
