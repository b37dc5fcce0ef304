//! Several clients of the list at once: into a group, out of it, or away.

use super::members::go_after;
use crate::web::frame::answer::{go_when, is_local};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Place, Trouble, Visit};
use acts::address_book::clients;
use acts::address_book::membership::{self, Membership, Who};
use domain::Code;
use projections::clients as read;
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::clients::Clients as Words;

/// Where the list was, so that it is gone back to.
fn back(fields: &Fields) -> &str {
    Some(fields.text("back")).filter(|back| is_local(back) && !back.is_empty()).unwrap_or("/clients")
}

/// The list that the clients were chosen from, with what is missing.
async fn again(visit: &Visit, fields: &Fields, said: &'static str) -> Answer {
    let query = back(fields).split_once('?').map_or("", |(_, query)| query);
    super::clients::list_with(visit, Fields::parse(query.as_bytes()), &fields.all("clientIds"), said).await
}

/// `POST /clients/chosen`: those that are ticked join a group or leave it.
pub(crate) async fn group(visit: Visit, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let (ids, w) = (fields.all("clientIds"), Words::of(visit.language()));
    if ids.is_empty() {
        return again(&visit, &fields, w.nothing_chosen).await;
    }
    let Some(group) = fields.some("groupId") else { return again(&visit, &fields, w.no_group_chosen).await };
    let (to, deed) = match fields.text("act") {
        "leave" => (Membership::Left, Deed::ClientsLeft),
        _ => (Membership::Joined, Deed::ClientsJoined),
    };
    let (_, changed) = membership::change(visit.services(), by, group, Who::Named(ids), to, &visit.metadata()?).await?;
    go_after(&visit, changed, deed, back(&fields)).await
}

/// `GET /clients/delete?clientIds=ID&clientIds=ID`.
pub(crate) async fn ask_delete(visit: Visit) -> Answer {
    visit.owner()?;
    let (query, w) = (visit.query(), Words::of(visit.language()));
    let ids = query.all("clientIds");
    if ids.is_empty() {
        return again(&visit, &query, w.nothing_chosen).await;
    }
    let mut action = form_urlencoded::Serializer::new(String::new());
    action.extend_pairs(ids.iter().map(|id| ("clientIds", id)));
    let confirm = Confirm {
        page: visit.layout(w.delete_many_asks.of(ids.len() as u64), Place::Clients),
        said: vec![w.delete_said.to_owned()],
        button: w.delete_chosen,
        action: format!("/clients/delete?{}", action.finish()),
        reason: None,
        back: back(&query).to_owned(),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /clients/delete?clientIds=ID&clientIds=ID`.
pub(crate) async fn delete(visit: Visit) -> Answer {
    let by = visit.owner()?;
    let metadata = visit.metadata()?;
    let ids = visit.query().all("clientIds");
    if ids.len() > membership::MAX_NAMED {
        return Err(Trouble::Absent);
    }
    let named: Vec<Uuid> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    // Also those that are deleted by now: whoever sends a form twice has done nothing wrong.
    let own = read::by_ids(visit.pool(), visit.viewer()?.own(), &named).await?;
    if own.is_empty() || !ids.iter().all(|id| own.iter().any(|client| client.id.to_string() == *id)) {
        return Err(Trouble::Absent);
    }
    let (mut position, mut gone) = (None, 0);
    for id in ids {
        match problems(clients::delete(visit.services(), by, &id, &metadata).await)? {
            Ok((_, receipt)) => (position, gone) = (position.max(Some(receipt.position)), gone + 1),
            // Another tab was faster: gone is gone.
            Err(problems) if problems.iter().all(|problem| problem.code == Code::NotFound) => {}
            Err(problems) => return Err(Trouble::Problems(problems)),
        }
    }
    let shown = match position {
        Some(position) => visit.services().shown(position).await,
        None => true,
    };
    Ok(go_when(shown, Deed::ClientsDeleted.to(gone.to_string()), "/clients"))
}
