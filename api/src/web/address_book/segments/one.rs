//! One segment: what it asks, who is in it now, and deleting it.

use super::existing::{clients_of, existing, said};
use crate::web::address_book::members::{Member, Members};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::list;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Layout, Listing, Place, Visit, go, owners, page};
use acts::address_book::segments;
use askama::Template;
use axum::extract::Path;
use domain::segment::Join;
use projections::clients::Filter;
use projections::mailings;
use words::screens::segments::Segments as Words;

/// How many mailings are named of those that name a segment.
const NAMED: i64 = 10;

#[derive(Template)]
#[template(path = "address_book/segments/one.html")]
struct One {
    page: Layout,
    w: &'static Words,
    id: String,
    may_change: bool,
    created: When,
    /// Whose segment it is, if it is somebody else's.
    owner: Option<String>,
    /// What the conditions are together.
    meets: &'static str,
    conditions: Vec<String>,
    list: Listing,
    rows: Vec<Member>,
    /// Whether counting them took too long.
    too_slow: bool,
}

/// `GET /segments/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let (viewer, query, w) = (visit.viewer()?, visit.query(), Words::of(visit.language()));
    let row = existing(&visit, viewer.reads(), &id).await?;
    let own = row.owner_id == viewer.id().0;
    let owner = if own { None } else { owners::one(&visit, row.owner_id).await? };
    let conditions = said(&visit, &row).await?;
    let filter = Filter { segment: Some(row.filter.clone()), search: list::searched(&query), ..Filter::default() };
    let Members { list, rows, count } =
        Members::of(&visit, format!("/segments/{}", row.id), clients_of(&row), &filter).await?;
    page(&One {
        page: visit.layout(&*row.name, Place::Clients),
        w,
        id: row.id.to_string(),
        may_change: own && viewer.may_own(),
        created: visit.when(row.created_at).dated(),
        owner,
        meets: match row.filter.join {
            Join::All => w.meet_all,
            Join::Any => w.meet_any,
        },
        conditions,
        list,
        rows,
        too_slow: count.is_none() && query.some("after").is_none(),
    })
}

/// `GET /segments/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let owner = visit.owner()?;
    let row = existing(&visit, visit.viewer()?.own(), &id).await?;
    let w = Words::of(visit.language());
    let mut said = vec![w.delete_said.to_owned(), w.delete_of_mailings.to_owned()];
    let named = mailings::naming_segment(visit.pool(), owner.id(), row.id.into(), NAMED).await?;
    said.extend(named.iter().map(|name| w.named_by.with(name)));
    let confirm = Confirm {
        page: visit.layout(w.delete_asks.with(&row.name), Place::Clients),
        said,
        button: w.delete,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/segments/{}", row.id),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /segments/ID/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = segments::delete(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::SegmentDeleted, "/segments").await
}
