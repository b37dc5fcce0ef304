//! Everybody's accounts, for those who look after the service: the list, and one of them.

pub(super) mod block;
mod one;
pub(super) mod roles;

pub(super) use one::one;

use crate::web::frame::list::{self, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Listing, Place, Trouble, Visit, page};
use askama::Template;
use domain::{Role, UserId};
use projections::Cursor;
use projections::users::{self, Filter, User};
use words::screens::users::Users as Words;

#[derive(Template)]
#[template(path = "who/users/users.html")]
struct List {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
    /// The roles, each with its name in the address, its label, and whether it is chosen.
    roles: Vec<(&'static str, &'static str, bool)>,
    blocked: Option<bool>,
}

struct Row {
    id: String,
    email: String,
    name: String,
    roles: Vec<&'static str>,
    status: Mark,
    registered: When,
}

/// `GET /users`.
pub(crate) async fn list(visit: Visit) -> Answer {
    visit.watcher()?;
    let (query, w) = (visit.query(), Words::of(visit.language()));
    let role = query.some("role").map(str::parse::<Role>).transpose().map_err(|_| Trouble::Absent)?;
    let blocked = query.some("blocked").map(str::parse::<bool>).transpose().map_err(|_| Trouble::Absent)?;
    let filter = Filter { search: list::searched(&query), role, blocked };
    let narrowed = filter.search.is_some() || role.is_some() || blocked.is_some();
    let after = list::place::<Cursor>(&visit)?;
    let count = match after {
        None => Some(w.count.of(users::count(visit.pool(), &filter).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = users::page(visit.pool(), &filter, after, list::limit()).await?;
    let rows = Rows::of_read(&visit, rows).map(|user| Row {
        roles: called(&visit, &user),
        status: status(&visit, &user),
        registered: visit.when(user.registered_at),
        id: user.id.to_string(),
        email: user.email,
        name: user.full_name,
    });
    let (rows, list) = Listing::plain(&visit, "/users", &query, narrowed).with(rows, count);
    page(&List {
        page: visit.layout(w.title, Place::Users),
        w,
        list,
        rows,
        roles: Role::ALL.into_iter().map(|one| (one.name(), label(&visit, one), Some(one) == role)).collect(),
        blocked,
    })
}

/// What a role is called.
fn label(visit: &Visit, role: Role) -> &'static str {
    let marks = visit.marks();
    match role {
        Role::Manager => marks.manager,
        Role::ContentManager => marks.content_manager,
        Role::Administrator => marks.administrator,
    }
}

/// What somebody is: their roles, or an owner.
fn called(visit: &Visit, user: &User) -> Vec<&'static str> {
    if user.roles.is_empty() {
        return vec![visit.marks().owner];
    }
    user.roles.iter().map(|role| label(visit, *role)).collect()
}

fn status(visit: &Visit, user: &User) -> Mark {
    let marks = visit.marks();
    if user.blocked_at.is_some() {
        Mark::new(Shape::Stop, Tone::Bad, marks.blocked)
    } else if user.verified {
        Mark::new(Shape::Tick, Tone::Good, Words::of(visit.language()).active)
    } else {
        Mark::new(Shape::Clock, Tone::Warn, marks.unverified)
    }
}

/// The account of this id, as it is written in an address. For everybody but those who see all of them, there is none.
async fn account(visit: &Visit, id: &str) -> Result<User, Trouble> {
    if !visit.viewer()?.may_watch() {
        return Err(Trouble::Absent);
    }
    let id: UserId = id.parse().map_err(|_| Trouble::Absent)?;
    users::get(visit.pool(), id).await?.ok_or(Trouble::Absent)
}

/// What somebody is called in questions about them: by their address, which is nobody else's.
fn naming(user: &User) -> String {
    if user.full_name.is_empty() { user.email.clone() } else { format!("{} ({})", user.full_name, user.email) }
}
