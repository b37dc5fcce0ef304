//! Clients: the list, a new one, and one of them.

use super::consent::Section;
use super::custom_fields::{self, Own};
use super::existing;
use crate::places::Place as _;
use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::{self, Rows};
use crate::web::frame::trouble::{in_time, problems};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Fields, Layout, Listing, Mistakes, Place, Trouble, Visit, go, owners, page};
use crate::web::mailings::asked_why;
use acts::Problem;
use acts::address_book::clients::{self, Change, New};
use askama::Template;
use axum::extract::Path;
use domain::UserId;
use domain::client::{self, Source};
use projections::clients::{Client, Filter, Key, Order, Place as At};
use projections::{Access, clients as read, groups, segments};
use std::collections::HashMap;
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::clients::Clients as Words;

/// The most groups that a form offers.
const GROUPS: i64 = 500;

/// The orders of the list, with their names in its address.
const ORDERS: [(&str, Key); 3] = [("created", Key::Created), ("email", Key::Email), ("name", Key::FullName)];

/// A group that can be chosen.
struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "address_book/clients.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
    groups: Vec<Choice>,
    segments: Vec<Choice>,
    orders: Vec<(&'static str, &'static str, bool)>,
    /// What is missing from a form about those that are ticked.
    mistakes: Mistakes,
    /// The address of the list, to go back to.
    here: String,
    /// Where what the list shows is as a CSV file, and as a workbook.
    export: String,
    export_xlsx: String,
}

struct Row {
    id: String,
    chosen: bool,
    email: String,
    name: String,
    comment: String,
    groups: Vec<String>,
    owner: String,
    added: When,
}

/// The most segments that the list offers.
const SEGMENTS: i64 = 200;

/// The clients that the address of a list asks for, and whose these are.
pub(super) async fn wanted(visit: &Visit, access: Access, query: &Fields) -> Result<(Access, Filter), Trouble> {
    let filter = clients::seen(visit.services(), access, filter(query)?).await?;
    match query.some("segment") {
        Some(id) => Ok(clients::of_segment(visit.services(), access, filter, id).await?),
        None => Ok((access, filter)),
    }
}

/// What the address of a list asks for, but for who is in a segment.
fn filter(query: &Fields) -> Result<Filter, Trouble> {
    let group = query.some("group").map(|id| id.parse::<Uuid>().map_err(|_| Trouble::Absent)).transpose()?;
    Ok(Filter { group, search: list::searched(query), ..Filter::default() })
}

/// `GET /clients`.
pub(crate) async fn list(visit: Visit) -> Answer {
    page(&List::of(&visit, visit.lists()?, visit.query(), &[]).await?)
}

/// The list once more, as another address has it, after a form about rows of it that has something to mend.
pub(super) async fn list_with(visit: &Visit, query: Fields, chosen: &[String], said: &'static str) -> Answer {
    let list = List::of(visit, visit.viewer()?.own(), query, chosen).await?;
    mend(&List { mistakes: Mistakes::at_field("chosen", said), ..list })
}

impl List {
    async fn of(visit: &Visit, access: Access, query: Fields, chosen: &[String]) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let (reads, filter) = wanted(visit, access, &query).await?;
        let (group, segment) = (filter.group, query.some("segment"));
        let narrowed = filter.search.is_some() || group.is_some() || segment.is_some();
        let list = Listing::of_owners(visit, "/clients", &query, access, narrowed).await?;
        let name = query.some("order").unwrap_or("created");
        let key = ORDERS.iter().find(|(order, _)| *order == name).map_or(Key::Created, |(_, key)| *key);
        let order = Order { key, descending: key == Key::Created };
        let after = query.some("after").map(|text| At::from_cursor(text).ok_or(Trouble::Absent)).transpose()?;
        if after.as_ref().is_some_and(|place| place.order() != order) {
            return Err(Trouble::Absent);
        }
        let rows = read::ordered(visit.pool(), reads, &filter, order, after.as_ref(), list::limit()).await?;
        let rows = Rows::of_at(visit, ("/clients", &query), rows, |row: &Client| row.place(order));
        let count = match after {
            None => in_time(read::about(visit.pool(), reads, &filter).await)?.map(|count| match count {
                many if filter.search.is_some() && many > read::COUNTED => w.more_than.of(read::COUNTED.unsigned_abs()),
                count => w.count.of(count.unsigned_abs()),
            }),
            Some(_) => None,
        };
        let ids: Vec<Uuid> = rows.rows.iter().map(|row| row.id).collect();
        let names = groups::names_of(visit.pool(), reads, &ids).await?;
        let owners = if list.of_all {
            owners::of(visit, rows.rows.iter().map(|row| row.owner_id).collect()).await?
        } else {
            HashMap::new()
        };
        let rows = rows.map(|row| Row {
            chosen: chosen.contains(&row.id.to_string()),
            id: row.id.to_string(),
            groups: names.get(&row.id).cloned().unwrap_or_default(),
            owner: owners.get(&row.owner_id).cloned().unwrap_or_default(),
            added: visit.when(row.created_at),
            email: row.email,
            name: row.full_name,
            comment: row.comment,
        });
        let (rows, list) = list.with(rows, count);
        let all = groups::page(visit.pool(), access, None, None, GROUPS).await?;
        let segments = segments::page(visit.pool(), access, None, None, SEGMENTS).await?;
        let segments = segments.into_iter().filter_map(|(_, row)| list::shown(visit, row));
        let labels = [w.by_created, w.by_email, w.by_name];
        let kept = |names: &[&str]| {
            let pairs =
                query.pairs().iter().filter(|(name, value)| names.contains(&name.as_str()) && !value.is_empty());
            let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            if written.is_empty() { written } else { format!("?{written}") }
        };
        Ok(Self {
            page: visit.layout(w.title, Place::Clients),
            w,
            list,
            rows,
            groups: all
                .into_iter()
                .map(|row| Choice { chosen: Some(row.id) == group, id: row.id.to_string(), name: row.name })
                .collect(),
            segments: segments
                .map(|row| {
                    let id = row.id.to_string();
                    Choice { chosen: segment == Some(id.as_str()), id, name: row.name }
                })
                .collect(),
            orders: ORDERS.iter().zip(labels).map(|((order, _), label)| (*order, label, *order == name)).collect(),
            mistakes: Mistakes::default(),
            here: format!("/clients{}", kept(&["search", "group", "segment", "order", "after"])),
            export: format!("/clients/export{}", kept(&["search", "group", "segment"])),
            export_xlsx: format!("/clients/export.xlsx{}", kept(&["search", "group", "segment"])),
        })
    }
}

#[derive(Template)]
#[template(path = "address_book/client.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    /// What was sent, or what is saved.
    fields: Fields,
    groups: Vec<Choice>,
    /// The fields of the owner's own.
    own: Vec<Own>,
    /// The client that is changed; none for a new one.
    id: Option<String>,
    may_change: bool,
    added: Option<When>,
    /// Whose client it is, if it is somebody else's.
    owner: Option<String>,
    /// What the client has agreed to; none for a new one.
    consent: Option<Section>,
    /// Where it is told what became of letters to their address; none for a new one.
    why_at: Option<String>,
}

impl Form {
    async fn blank(visit: &Visit, fields: Fields, problems: &[Problem]) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let access = visit.viewer()?.own();
        let own = custom_fields::of_form(visit, access, &fields, &client::Fields::new()).await?;
        let placed = custom_fields::placed(problems, &custom_fields::sent(&fields), &own);
        Ok(Self {
            page: visit.layout(w.new_title, Place::Clients),
            w,
            mistakes: Mistakes::of(&placed, visit.language()),
            groups: choices(visit, access, &fields.all("groupIds")).await?,
            own,
            fields,
            id: None,
            may_change: true,
            added: None,
            owner: None,
            consent: None,
            why_at: None,
        })
    }

    async fn of(visit: &Visit, client: &Client, fields: Fields, problems: &[Problem]) -> Result<Self, Trouble> {
        let viewer = visit.viewer()?;
        let is_own = client.owner_id == viewer.id().0;
        let owner = if is_own { None } else { owners::one(visit, client.owner_id).await? };
        let access = Access::Owner(UserId(client.owner_id));
        let own = custom_fields::of_form(visit, access, &fields, &client.fields).await?;
        let placed = custom_fields::placed(problems, &custom_fields::sent(&fields), &own);
        let (fields, mistakes) = visit.overtaken(fields, &placed, client.version);
        let name = if client.full_name.is_empty() { &client.email } else { &client.full_name };
        Ok(Self {
            page: visit.layout(name, Place::Clients),
            w: Words::of(visit.language()),
            mistakes,
            groups: choices(visit, access, &fields.all("groupIds")).await?,
            own,
            fields,
            id: Some(client.id.to_string()),
            may_change: is_own && viewer.may_own(),
            added: Some(visit.when(client.created_at).dated()),
            owner,
            consent: Some(Section::of(visit, client).await?),
            why_at: Some(asked_why(&client.email)),
        })
    }
}

async fn choices(visit: &Visit, access: Access, chosen: &[String]) -> Result<Vec<Choice>, Trouble> {
    let rows = groups::page(visit.pool(), access, None, None, GROUPS).await?;
    let choice = |row: groups::Group| {
        let id = row.id.to_string();
        Choice { chosen: chosen.contains(&id), id, name: row.name }
    };
    Ok(rows.into_iter().map(choice).collect())
}

/// `GET /clients/new`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    let group = visit.query().some("group").map(|group| ("groupIds".to_owned(), group.to_owned()));
    let fields = Fields::of(std::iter::once(key).chain(group).collect());
    page(&Form::blank(&visit, fields, &[]).await?)
}

/// `POST /clients`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let text = |name: &str| fields.text(name).to_owned();
    let new = New {
        email: text("email"),
        full_name: text("fullName"),
        first_name: text("firstName"),
        last_name: text("lastName"),
        comment: text("comment"),
        groups: fields.all("groupIds"),
        fields: custom_fields::sent(&fields),
        consent: None,
    };
    let metadata = visit.metadata()?;
    let created = clients::create(visit.services(), owner, Source::Person, fields.key(), new, &metadata).await;
    match problems(created)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::ClientAdded.to(fields.text("email")), "/clients").await,
        Err(problems) => mend(&Form::blank(&visit, fields, &problems).await?),
    }
}

/// `GET /clients/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let client = existing::client(&visit, visit.viewer()?.reads(), &id).await?;
    let groups = read::groups_of(visit.pool(), &[client.id]).await?;
    let mut pairs: Vec<(String, String)> = [
        ("email", client.email.clone()),
        ("fullName", client.full_name.clone()),
        ("firstName", client.first_name.clone().unwrap_or_default()),
        ("lastName", client.last_name.clone().unwrap_or_default()),
        ("comment", client.comment.clone()),
        ("expectedVersion", client.version.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    pairs.extend(groups.into_iter().map(|(_, group)| ("groupIds".to_owned(), group.to_string())));
    page(&Form::of(&visit, &client, Fields::of(pairs), &[]).await?)
}

/// `POST /clients/ID`.
pub(crate) async fn update(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let text = |name: &str| Some(fields.text(name).to_owned());
    let change = Change {
        email: text("email"),
        full_name: text("fullName"),
        first_name: text("firstName"),
        last_name: text("lastName"),
        comment: text("comment"),
        groups: Some(fields.all("groupIds")),
        fields: custom_fields::sent(&fields),
    };
    let metadata = visit.metadata()?;
    match problems(clients::update(visit.services(), by, &id, fields.version(), change, &metadata).await)? {
        Ok((_, receipt)) => {
            go(&visit, receipt, Deed::ClientSaved.to(fields.text("email")), &format!("/clients/{id}")).await
        }
        Err(problems) => {
            let client = existing::client(&visit, visit.viewer()?.own(), &id).await?;
            mend(&Form::of(&visit, &client, fields, &problems).await?)
        }
    }
}

/// `GET /clients/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let client = existing::client(&visit, visit.viewer()?.own(), &id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.delete_asks.with(&client.email), Place::Clients),
        said: vec![w.delete_said.to_owned()],
        button: w.delete,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/clients/{id}"),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /clients/ID/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (_, receipt) = clients::delete(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::ClientDeleted, "/clients").await
}
