//! Who belongs to a group: its clients, those who can join it, and who leaves it.

use super::existing;
use crate::topics::subscribe_at;
use crate::web::frame::answer::{go_when, mend};
use crate::web::frame::list::{self, Rows};
use crate::web::frame::trouble::{in_time, problems};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Fields, Layout, Listing, Mistakes, Place, Trouble, Visit, owners, page};
use acts::address_book::membership::{self, Changed, Membership, Who};
use askama::Template;
use axum::extract::Path;
use projections::clients::{Client, Filter, Key, Order, Place as At};
use projections::groups::Group;
use projections::{Access, clients as read};
use url::form_urlencoded;
use words::screens::groups::Groups as Words;

/// The order of the lists of clients: by address, as people look for them.
const ORDER: Order = Order { key: Key::Email, descending: false };

/// A client of a list.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) comment: String,
}

impl From<Client> for Member {
    fn from(row: Client) -> Self {
        Self { id: row.id.to_string(), email: row.email, name: row.full_name, comment: row.comment }
    }
}

/// A page of clients.
pub(super) struct Members {
    pub(super) list: Listing,
    pub(super) rows: Vec<Member>,
    /// How many there are; only the first page of them says so, if counting them does not take too long.
    pub(super) count: Option<u64>,
}

impl Members {
    pub(super) async fn of(visit: &Visit, path: String, access: Access, filter: &Filter) -> Result<Self, Trouble> {
        // A form that is to be mended shows the beginning of its list.
        let after = if visit.looks() { list::place::<At>(visit)? } else { None };
        let search = filter.search.clone().map(|search| ("search".to_owned(), search));
        let query = if visit.looks() { visit.query() } else { Fields::of(search.into_iter().collect()) };
        if after.as_ref().is_some_and(|place| place.order() != ORDER) {
            return Err(Trouble::Absent);
        }
        let rows = read::ordered(visit.pool(), access, filter, ORDER, after.as_ref(), list::limit()).await?;
        let rows = Rows::of_at(visit, (&path, &query), rows, |row: &Client| row.place(ORDER)).map(Member::from);
        let count = match after {
            None => in_time(read::count(visit.pool(), access, filter).await)?.map(i64::unsigned_abs),
            Some(_) => None,
        };
        let said = count.map(|count| Words::of(visit.language()).members_count.of(count));
        let (rows, list) = Listing::plain(visit, path, &query, filter.search.is_some()).with(rows, said);
        Ok(Self { list, rows, count })
    }
}

#[derive(Template)]
#[template(path = "address_book/group.html")]
pub(super) struct One {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    id: String,
    may_change: bool,
    created: When,
    /// Whose group it is, if it is somebody else's.
    owner: Option<String>,
    /// The address of the form with which people subscribe to it; none if it is its owner's alone.
    subscribe_at: Option<String>,
    /// What people are told of it, as it is or as it was typed.
    title: String,
    description: String,
    list: Listing,
    rows: Vec<Member>,
}

impl One {
    pub(super) async fn of(visit: &Visit, group: &Group, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let (viewer, query) = (visit.viewer()?, visit.query());
        let own = group.owner_id == viewer.id().0;
        let owner = if own { None } else { owners::one(visit, group.owner_id).await? };
        let may_change = own && viewer.may_own();
        let filter = Filter { group: Some(group.id), search: list::searched(&query), ..Filter::default() };
        let Members { list, rows, .. } =
            Members::of(visit, format!("/groups/{}", group.id), viewer.reads(), &filter).await?;
        let topic = group.topic.as_ref();
        let told = |name: &str, saved: Option<&String>| {
            fields.get(name).map(str::to_owned).or_else(|| saved.cloned()).unwrap_or_default()
        };
        let title = told("title", topic.map(|topic| &topic.title));
        let description = told("description", topic.map(|topic| &topic.description));
        Ok(Self {
            page: visit.layout(&*group.name, Place::Groups),
            w: Words::of(visit.language()),
            mistakes,
            fields,
            id: group.id.to_string(),
            may_change,
            created: visit.when(group.created_at).dated(),
            owner,
            subscribe_at: topic.map(|topic| subscribe_at(&visit.app().options.public_url, group.owner_id, topic.id)),
            title,
            description,
            list: Listing { may_add: may_change, ..list },
            rows,
        })
    }
}

#[derive(Template)]
#[template(path = "address_book/group_add.html")]
struct Pick {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    id: String,
    name: String,
    list: Listing,
    rows: Vec<Member>,
    /// How many there are that can be added; only the first page of them says so.
    count: Option<u64>,
    /// Whether there is nobody in the address book at all.
    nobody: bool,
    /// How many are left of all that were to be added.
    left: Option<u64>,
}

impl Pick {
    async fn of(visit: &Visit, id: &str, search: Option<String>, mistakes: Mistakes) -> Result<Self, Trouble> {
        let owner = visit.owner()?;
        let access = visit.viewer()?.own();
        let group = existing::group(visit, access, id).await?;
        let w = Words::of(visit.language());
        let filter = Filter { without_group: Some(group.id), search, ..Filter::default() };
        let Members { list, rows, count } = Members::of(visit, format!("/groups/{id}/add"), access, &filter).await?;
        let nobody = rows.is_empty() && read::held(visit.pool(), owner.id()).await? == 0;
        let left = count.filter(|count| *count > 0 && visit.query().ticked("left"));
        Ok(Self {
            page: visit.layout(w.add_title.with(&group.name), Place::Groups),
            w,
            mistakes,
            id: group.id.to_string(),
            name: group.name,
            list,
            rows,
            count,
            nobody,
            left,
        })
    }
}

/// `GET /groups/ID/add`: the clients who do not belong to the group yet.
pub(crate) async fn pick(visit: Visit, Path(id): Path<String>) -> Answer {
    let search = list::searched(&visit.query());
    page(&Pick::of(&visit, &id, search, Mistakes::default()).await?)
}

/// `POST /groups/ID/add`: those that are ticked, or all that the search finds.
pub(crate) async fn add(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let group = existing::group(&visit, visit.viewer()?.own(), &id).await?;
    let (w, search) = (Words::of(visit.language()), list::searched(&fields));
    let who = match (fields.ticked("all"), fields.all("clientIds")) {
        (true, _) => Who::Found(Filter { without_group: Some(group.id), search: search.clone(), ..Filter::default() }),
        (false, ids) if ids.is_empty() => {
            return mend(&Pick::of(&visit, &id, search, Mistakes::at_field("clientIds", w.nothing_chosen)).await?);
        }
        (false, ids) => Who::Named(ids),
    };
    let changed = membership::change(visit.services(), by, &id, who, Membership::Joined, &visit.metadata()?).await;
    match problems(changed)? {
        Ok((_, changed)) if changed.remaining > 0 => {
            let search = form_urlencoded::byte_serialize(search.unwrap_or_default().as_bytes()).collect::<String>();
            go_after(&visit, changed, Deed::ClientsJoined, &format!("/groups/{id}/add?search={search}&left=1")).await
        }
        Ok((_, changed)) => go_after(&visit, changed, Deed::ClientsJoined, &format!("/groups/{id}")).await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Pick::of(&visit, &id, search, mistakes).await?)
        }
    }
}

/// `POST /groups/ID/remove`: those that are ticked leave the group.
pub(crate) async fn remove(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let ids = fields.all("clientIds");
    if ids.is_empty() {
        let group = existing::group(&visit, visit.viewer()?.own(), &id).await?;
        let said = Words::of(visit.language()).nothing_chosen;
        let saved = [("name", group.name.clone()), ("expectedVersion", group.version.to_string())];
        let saved = Fields::of(saved.map(|(name, value)| (name.to_owned(), value)).into());
        return mend(&One::of(&visit, &group, saved, Mistakes::at_field("clientIds", said)).await?);
    }
    let who = Who::Named(ids);
    let (_, changed) = membership::change(visit.services(), by, &id, who, Membership::Left, &visit.metadata()?).await?;
    go_after(&visit, changed, Deed::ClientsLeft, &format!("/groups/{id}")).await
}

/// The way to another page after a change of memberships.
pub(super) async fn go_after(visit: &Visit, changed: Changed, deed: Deed, to: &str) -> Answer {
    let shown = match changed.position {
        Some(position) => visit.services().shown(position).await,
        None => true,
    };
    Ok(go_when(shown, deed.to(changed.changed.to_string()), to))
}
