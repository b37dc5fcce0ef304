//! Groups: the list, a new one, and one of them with its clients.

use super::members;
use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Done, Fields, Layout, Mistakes, Place, Trouble, Visit, go, owners, page};
use acts::address_book::groups;
use askama::Template;
use axum::extract::Path;
use domain::GroupId;
use projections::groups::Group;
use projections::{Access, Cursor, groups as read};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::groups::Groups as Words;

#[derive(Template)]
#[template(path = "address_book/groups.html")]
struct List {
    page: Layout,
    w: &'static Words,
    rows: Vec<Row>,
    pager: Pager,
    count: Option<String>,
    search: String,
    /// Whether somebody else's groups are among them, and the rows say whose they are.
    of_all: bool,
    may_see_all: bool,
    may_add: bool,
}

impl List {
    /// Whether the list leaves any group out.
    fn filtered(&self) -> bool {
        !self.search.trim().is_empty()
    }
}

struct Row {
    id: String,
    name: String,
    size: String,
    owner: String,
    created: When,
}

/// `GET /groups`.
pub(crate) async fn list(visit: Visit) -> Answer {
    let (access, query, w) = (visit.lists()?, visit.query(), Words::of(visit.language()));
    let viewer = visit.viewer()?;
    let search = searched(&query);
    let after = list::place::<Cursor>(&visit)?;
    let rows = read::page(visit.pool(), access, search.as_deref(), after, list::limit()).await?;
    let rows = Rows::of(&visit, rows, Group::cursor);
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), access, search.as_deref()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let ids: Vec<Uuid> = rows.rows.iter().map(|row| row.id).collect();
    let sizes: HashMap<Uuid, i64> = read::sizes(visit.pool(), &ids).await?.into_iter().collect();
    let of_all = access == Access::All;
    let owners = if of_all {
        owners::of(&visit, rows.rows.iter().map(|row| row.owner_id).collect()).await?
    } else {
        HashMap::new()
    };
    let rows = rows.map(|row| Row {
        id: row.id.to_string(),
        size: visit.number(sizes.get(&row.id).copied().unwrap_or(0)),
        owner: owners.get(&row.owner_id).cloned().unwrap_or_default(),
        created: visit.when(row.created_at),
        name: row.name,
    });
    page(&List {
        page: visit.layout(w.title, Place::Groups),
        w,
        rows: rows.rows,
        pager: rows.pager,
        count,
        search: query.text("search").to_owned(),
        of_all,
        may_see_all: viewer.may_watch() && viewer.may_own(),
        may_add: viewer.may_own(),
    })
}

/// What is searched for. No text in PostgreSQL has a NUL, so whatever has one finds nothing.
pub(super) fn searched(query: &Fields) -> Option<String> {
    query.some("search").map(|text| text.replace('\0', "\u{ffff}"))
}

#[derive(Template)]
#[template(path = "address_book/group_new.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
}

impl Form {
    fn new(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        Self { page: visit.layout(w.new_title, Place::Groups), w, mistakes, fields }
    }
}

/// `GET /groups/new`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    page(&Form::new(&visit, Fields::of(vec![key]), Mistakes::default()))
}

/// `POST /groups`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let created = groups::create(visit.services(), owner, fields.key(), fields.text("name"), &visit.metadata()?).await;
    match problems(created)? {
        Ok((id, receipt)) => go(&visit, receipt, Done::Created, &format!("/groups/{id}")).await,
        Err(problems) => mend(&Form::new(&visit, fields, Mistakes::of(&problems, visit.language()))),
    }
}

/// The group of this id, if whoever asks may see it.
pub(super) async fn existing(visit: &Visit, access: Access, id: &str) -> Result<Group, Trouble> {
    let id: GroupId = id.parse().map_err(|_| Trouble::Absent)?;
    read::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)
}

/// `GET /groups/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let group = existing(&visit, visit.viewer()?.reads(), &id).await?;
    let fields = [("name", group.name.clone()), ("expectedVersion", group.version.to_string())];
    let fields = Fields::of(fields.map(|(name, value)| (name.to_owned(), value)).into());
    page(&members::One::of(&visit, &group, fields, Mistakes::default()).await?)
}

/// `POST /groups/ID`.
pub(crate) async fn update(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let name = Some(fields.text("name").to_owned());
    let metadata = visit.metadata()?;
    match problems(groups::update(visit.services(), by, &id, fields.version(), name, &metadata).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Done::Saved, &format!("/groups/{id}")).await,
        Err(problems) => {
            let group = existing(&visit, visit.viewer()?.own(), &id).await?;
            let (fields, mistakes) = visit.overtaken(fields, &problems, group.version);
            mend(&members::One::of(&visit, &group, fields, mistakes).await?)
        }
    }
}

/// `GET /groups/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let group = existing(&visit, visit.viewer()?.own(), &id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.delete_asks.with(&group.name), Place::Groups),
        said: vec![w.delete_said.to_owned(), w.delete_of_mailings.to_owned()],
        button: w.delete,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/groups/{id}"),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /groups/ID/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = groups::delete(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Done::Deleted, "/groups").await
}
