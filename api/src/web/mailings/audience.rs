//! Who would get the letter of a mailing if a run began now.

use super::head::{Head, Tab, existing};
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page as shown_page};
use askama::Template;
use axum::extract::Path;
use domain::MailingId;
use projections::{Access, clients, groups, mailings};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::mailing::Mailing as Words;
use words::screens::plan::Plan as PlanWords;

/// The most single clients that are named.
const CLIENTS: usize = 200;

/// How many they are.
pub(super) async fn size(visit: &Visit, access: Access, id: MailingId) -> Result<u64, Trouble> {
    let audience = mailings::audience_of(visit.pool(), id).await?;
    Ok(mailings::audience_size(visit.pool(), access, &audience, visit.now()).await?.unsigned_abs())
}

#[derive(Template)]
#[template(path = "mailings/audience.html")]
struct Audience {
    page: Layout,
    w: &'static Words,
    head: Head,
    size: String,
    /// What the size means.
    would_get: String,
    groups: Vec<(String, String, String)>,
    clients: Vec<(String, String, String)>,
    left: Option<String>,
}

/// `GET /mailings/ID/recipients`.
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let row = existing(&visit, access, &id).await?;
    let key = MailingId(row.id);
    let (p, w) = (PlanWords::of(visit.language()), Words::of(visit.language()));
    let ids = mailings::audience_groups(visit.pool(), key).await?;
    let mut rows = groups::by_ids(visit.pool(), access, &ids).await?;
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let sizes: HashMap<Uuid, i64> = groups::sizes(visit.pool(), &ids).await?.into_iter().collect();
    let ids = mailings::audience_clients(visit.pool(), key).await?;
    let left = ids.len().saturating_sub(CLIENTS) as u64;
    let mut singles = clients::by_ids(visit.pool(), access, &ids[..ids.len().min(CLIENTS)]).await?;
    singles.sort_by(|one, other| one.email.cmp(&other.email));
    let people = size(&visit, access, key).await?;
    let of_group = |id: &Uuid| p.clients_of_group.of(sizes.get(id).copied().unwrap_or(0).unsigned_abs());
    shown_page(&Audience {
        page: visit.layout(&row.name, Place::Mailings),
        w,
        head: Head::of(&visit, &row, Tab::Recipients).await?,
        size: p.people.of(people),
        would_get: w.audience_now.of(people),
        groups: rows.into_iter().map(|row| (row.id.to_string(), row.name, of_group(&row.id))).collect(),
        clients: singles.into_iter().map(|row| (row.id.to_string(), row.email, row.full_name)).collect(),
        left: (left > 0).then(|| w.and_more_clients.of(left)),
    })
}
