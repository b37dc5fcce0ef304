//! Groups: the list, a new one, and one of them with its clients.

use super::{existing, members};
use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::{self, Rows};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Fields, Layout, Listing, Mistakes, Place, Visit, go, owners, page};
use acts::address_book::groups;
use askama::Template;
use axum::extract::Path;
use projections::groups::Group;
use projections::{Cursor, groups as read};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::groups::Groups as Words;

#[derive(Template)]
#[template(path = "address_book/groups.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
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
    let search = list::searched(&query);
    let list = Listing::of_owners(&visit, "/groups", &query, access, search.is_some()).await?;
    let after = list::place::<Cursor>(&visit)?;
    let rows = read::page(visit.pool(), access, search.as_deref(), after, list::limit()).await?;
    let rows = Rows::of(&visit, rows, Group::cursor);
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), access, search.as_deref()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let ids: Vec<Uuid> = rows.rows.iter().map(|row| row.id).collect();
    let sizes: HashMap<Uuid, i64> = read::sizes(visit.pool(), &ids).await?.into_iter().collect();
    let owners = if list.of_all {
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
    let (rows, list) = list.with(rows, count);
    page(&List { page: visit.layout(w.title, Place::Groups), w, list, rows })
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
        Ok((id, receipt)) => {
            go(&visit, receipt, Deed::GroupAdded.to(fields.text("name")), &format!("/groups/{id}")).await
        }
        Err(problems) => mend(&Form::new(&visit, fields, Mistakes::of(&problems, visit.language()))),
    }
}

/// `GET /groups/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let group = existing::group(&visit, visit.viewer()?.reads(), &id).await?;
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
        Ok((_, receipt)) => {
            go(&visit, receipt, Deed::GroupRenamed.to(fields.text("name")), &format!("/groups/{id}")).await
        }
        Err(problems) => {
            let group = existing::group(&visit, visit.viewer()?.own(), &id).await?;
            let (fields, mistakes) = visit.overtaken(fields, &problems, group.version);
            mend(&members::One::of(&visit, &group, fields, mistakes).await?)
        }
    }
}

/// `POST /groups/ID/publish`.
pub(crate) async fn publish(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let group = existing::group(&visit, visit.viewer()?.own(), &id).await?;
    let told = (fields.text("title"), fields.text("description"));
    let published = groups::publish(visit.services(), by, &id, None, told, &visit.metadata()?).await;
    match problems(published)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::GroupPublished.to(told.0), &format!("/groups/{id}")).await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            // The form with the group's own name is as it was.
            let typed = [("title", told.0), ("description", told.1)];
            let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let saved = [("name", group.name.clone()), ("expectedVersion", group.version.to_string())];
            let saved = saved.map(|(name, value)| (name.to_owned(), value));
            let fields = Fields::of(saved.into_iter().chain(typed).collect());
            mend(&members::One::of(&visit, &group, fields, mistakes).await?)
        }
    }
}

/// `GET /groups/ID/unpublish`.
pub(crate) async fn ask_unpublish(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let group = existing::group(&visit, visit.viewer()?.own(), &id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.unpublish_asks.with(&group.name), Place::Groups),
        said: vec![w.unpublish_said.to_owned()],
        button: w.unpublish,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/groups/{id}"),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /groups/ID/unpublish`.
pub(crate) async fn unpublish(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = groups::unpublish(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::GroupUnpublished, &format!("/groups/{id}")).await
}

/// `GET /groups/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let group = existing::group(&visit, visit.viewer()?.own(), &id).await?;
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
    go(&visit, receipt, Deed::GroupDeleted, "/groups").await
}
