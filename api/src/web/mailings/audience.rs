//! Who would get the letter of a mailing if a run began now.

use super::head::{Head, Tab, existing};
use crate::web::frame::list;
use crate::web::frame::trouble::in_time;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page as shown_page};
use askama::Template;
use axum::extract::Path;
use domain::mailing::{Audience as Named, Less};
use domain::{MailingId, UserId};
use projections::mailings::Mailing;
use projections::{Access, clients, groups, mailings, segments};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::mailing::Mailing as Words;
use words::screens::plan::Plan as PlanWords;

/// The most single clients that are named.
const CLIENTS: usize = 200;

/// How many an audience comes to now; `None` if counting them takes longer than a page may.
pub(super) async fn counted(visit: &Visit, access: Access, audience: &Named) -> Result<Option<u64>, Trouble> {
    let counted = mailings::audience_size(visit.pool(), access, audience, visit.now()).await;
    Ok(in_time(counted)?.map(i64::unsigned_abs))
}

/// How many get the letter of a mailing now, as they are told.
pub(super) async fn size(visit: &Visit, row: &Mailing) -> Result<String, Trouble> {
    let p = PlanWords::of(visit.language());
    let audience = mailings::audience_of(visit.pool(), row.id.into()).await?;
    // Whoever sees the mailing sees its owner's clients, and no others are among them.
    Ok(counted(visit, Access::Owner(UserId(row.owner_id)), &audience)
        .await?
        .map_or_else(|| p.uncounted.to_owned(), |size| p.people.of(size)))
}

/// Things that an audience names, with their addresses, in the order of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Links(Vec<(String, String)>);

impl Links {
    fn of(mut pairs: Vec<(String, String)>) -> Self {
        pairs.sort_by(|one, other| one.1.cmp(&other.1));
        Self(pairs)
    }

    /// How they are called.
    pub(super) fn names(self) -> Vec<String> {
        self.0.into_iter().map(|(_, name)| name).collect()
    }
}

/// These segments, without those that are gone.
pub(super) async fn segments_of(
    visit: &Visit,
    access: Access,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Links, Trouble> {
    let ids: Vec<Uuid> = ids.collect();
    if ids.is_empty() {
        return Ok(Links::default());
    }
    let rows = segments::by_ids(visit.pool(), access, &ids).await?;
    let rows = rows.into_iter().filter_map(|(_, row)| list::shown(visit, row));
    Ok(Links::of(rows.map(|row| (format!("/segments/{}", row.id), row.name)).collect()))
}

/// What leaves somebody out, without what is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct LeftOut {
    groups: Links,
    segments: Links,
    mailings: Links,
}

impl LeftOut {
    /// What sort of thing each is, as it is told, with the names; nothing for those of which there are none.
    pub(super) fn named(self, w: &PlanWords) -> Vec<(&'static str, Vec<String>)> {
        let sorts = [(w.less_groups, self.groups), (w.less_segments, self.segments), (w.less_mailings, self.mailings)];
        sorts.into_iter().map(|(sort, links)| (sort, links.names())).filter(|(_, names)| !names.is_empty()).collect()
    }

    /// The same with addresses.
    fn linked(self, w: &PlanWords) -> Vec<(&'static str, Vec<(String, String)>)> {
        let sorts = [(w.less_groups, self.groups), (w.less_segments, self.segments), (w.less_mailings, self.mailings)];
        sorts.into_iter().map(|(sort, links)| (sort, links.0)).filter(|(_, links)| !links.is_empty()).collect()
    }
}

/// What leaves somebody out of an audience.
pub(super) async fn less_of(visit: &Visit, access: Access, less: &Less) -> Result<LeftOut, Trouble> {
    let mut left = LeftOut::default();
    if !less.groups.is_empty() {
        let ids: Vec<Uuid> = less.groups.iter().map(|id| id.0).collect();
        let rows = groups::by_ids(visit.pool(), access, &ids).await?;
        left.groups = Links::of(rows.into_iter().map(|row| (format!("/groups/{}", row.id), row.name)).collect());
    }
    left.segments = segments_of(visit, access, less.segments.iter().map(|id| id.0)).await?;
    if !less.mailings.is_empty() {
        let ids: Vec<Uuid> = less.mailings.iter().map(|id| id.0).collect();
        let rows = mailings::by_ids(visit.pool(), access, &ids).await?;
        let rows = rows.into_iter().filter_map(|(_, row)| list::shown(visit, row));
        left.mailings = Links::of(rows.map(|row| (format!("/mailings/{}", row.id), row.name)).collect());
    }
    Ok(left)
}

#[derive(Template)]
#[template(path = "mailings/audience.html")]
struct Audience {
    page: Layout,
    w: &'static Words,
    head: Head,
    id: String,
    size: String,
    /// What the size means.
    would_get: String,
    p: &'static PlanWords,
    groups: Vec<(String, String, String)>,
    segments: Vec<(String, String)>,
    /// What leaves somebody out.
    less: Vec<(&'static str, Vec<(String, String)>)>,
    clients: Vec<(String, String, String)>,
    left: Option<String>,
}

/// `GET /mailings/ID/recipients`.
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let row = existing(&visit, access, &id).await?;
    let key = MailingId(row.id);
    let (p, w) = (PlanWords::of(visit.language()), Words::of(visit.language()));
    let named = mailings::audience_of(visit.pool(), key).await?;
    let ids: Vec<Uuid> = named.groups.iter().map(|id| id.0).collect();
    let mut rows = groups::by_ids(visit.pool(), access, &ids).await?;
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let sizes: HashMap<Uuid, i64> = groups::sizes(visit.pool(), &ids).await?.into_iter().collect();
    let ids: Vec<Uuid> = named.clients.iter().map(|id| id.0).collect();
    let left = ids.len().saturating_sub(CLIENTS) as u64;
    let mut singles = clients::by_ids(visit.pool(), access, &ids[..ids.len().min(CLIENTS)]).await?;
    singles.sort_by(|one, other| one.email.cmp(&other.email));
    let people = counted(&visit, Access::Owner(UserId(row.owner_id)), &named).await?;
    let of_group = |id: &Uuid| p.clients_of_group.of(sizes.get(id).copied().unwrap_or(0).unsigned_abs());
    shown_page(&Audience {
        page: visit.layout(&row.name, Place::Mailings),
        w,
        head: Head::of(&visit, &row, Tab::Recipients).await?,
        id: row.id.to_string(),
        size: people.map_or_else(|| p.uncounted.to_owned(), |people| p.people.of(people)),
        would_get: people.map_or_else(|| p.uncounted_said.to_owned(), |people| w.audience_now.of(people)),
        p,
        segments: segments_of(&visit, access, named.segments.iter().map(|id| id.0)).await?.0,
        less: less_of(&visit, access, &named.less).await?.linked(p),
        groups: rows.into_iter().map(|row| (row.id.to_string(), row.name, of_group(&row.id))).collect(),
        clients: singles.into_iter().map(|row| (row.id.to_string(), row.email, row.full_name)).collect(),
        left: (left > 0).then(|| w.and_more_clients.of(left)),
    })
}
