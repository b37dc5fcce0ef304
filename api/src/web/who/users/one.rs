//! One account: what it is, what its holder has, and what can be done with it.

use super::{account, called, label, status};
use crate::web::frame::mark::Mark;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page};
use acts::who::users::{self as acts_users, Action};
use askama::Template;
use axum::extract::Path;
use domain::{Actor, Role, UserId};
use projections::users::{self, User};
use words::screens::users::Users as Words;

#[derive(Template)]
#[template(path = "who/users/user.html")]
struct One {
    page: Layout,
    w: &'static Words,
    id: String,
    email: String,
    name: String,
    roles: Vec<&'static str>,
    status: Mark,
    registered: When,
    time_zone: String,
    language: &'static str,
    blocked: Option<Blocked>,
    /// How many clients and mailings they have, each with its noun and where they are listed.
    has: [(String, String, String); 2],
    may_block: bool,
    may_unblock: bool,
    /// Why neither can be done, if that needs saying.
    why_not: Option<&'static str>,
    /// The roles that can be granted and revoked; none for those who may not.
    grants: Vec<Grant>,
}

/// That somebody is shut out.
struct Blocked {
    since: When,
    by: Option<By>,
    reason: String,
}

/// Who did it, and the address of their page if they have one.
struct By {
    name: String,
    href: Option<String>,
}

/// A role, and what can be done with it.
struct Grant {
    name: &'static str,
    label: &'static str,
    said: &'static str,
    has: bool,
    /// Whether it is the last administrator's, and stays.
    last: bool,
}

/// `GET /users/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let user = account(&visit, &id).await?;
    let (viewer, by, w) = (visit.viewer()?, visit.watcher()?, Words::of(visit.language()));
    let id = UserId(user.id);
    let allowed = acts_users::allowed(visit.services(), viewer, &user).await?;
    let has = acts_users::holdings(visit.services(), by, id).await?;
    let last = acts_users::is_last_administrator(visit.services(), &user).await?;
    let blocked = match user.blocked_at {
        None => None,
        Some(since) => Some(Blocked {
            since: visit.when(since).dated(),
            by: blocked_by(&visit, id).await?,
            reason: users::blocked_reason(visit.pool(), id).await?.unwrap_or_default(),
        }),
    };
    let above = user.roles.contains(&Role::Administrator) && !viewer.may_administer();
    let why_not = if above { Some(w.not_you) } else { Some(w.last_administrator).filter(|_| last) };
    page(&One {
        page: visit.layout(if user.full_name.is_empty() { &user.email } else { &user.full_name }, Place::Users),
        w,
        id: user.id.to_string(),
        roles: called(&visit, &user),
        status: status(&visit, &user),
        registered: visit.when(user.registered_at).dated(),
        language: if user.language == domain::Language::En { "English" } else { "Русский" },
        blocked,
        has: [(has.clients, w.clients, "/clients"), (has.mailings, w.mailings, "/mailings")].map(
            |(number, noun, list)| {
                (visit.number(number), noun.of(number.unsigned_abs()), format!("{list}?owner={}", user.id))
            },
        ),
        may_block: allowed.contains(&Action::Block),
        may_unblock: allowed.contains(&Action::Unblock),
        why_not,
        grants: if viewer.may_administer() { grants(&visit, w, &user, last) } else { Vec::new() },
        email: user.email,
        name: user.full_name,
        time_zone: user.time_zone,
    })
}

fn grants(visit: &Visit, w: &'static Words, user: &User, last: bool) -> Vec<Grant> {
    let grant = |role: Role| Grant {
        name: role.name(),
        label: label(visit, role),
        said: match role {
            Role::Manager => w.manager_said,
            Role::ContentManager => w.content_manager_said,
            Role::Administrator => w.administrator_said,
        },
        has: user.roles.contains(&role),
        last: last && role == Role::Administrator,
    };
    Role::ALL.into_iter().map(grant).collect()
}

/// Who shut them out, as the log of events tells it.
async fn blocked_by(visit: &Visit, id: UserId) -> Result<Option<By>, Trouble> {
    let w = Words::of(visit.language());
    let actor = acts_users::blocked_by(visit.services(), visit.watcher()?, id).await?;
    Ok(match actor {
        None => None,
        Some(Actor::User(by)) => {
            let name = users::get(visit.pool(), by).await?.map_or_else(|| by.to_string(), |user| user.email);
            Some(By { name, href: Some(format!("/users/{by}")) })
        }
        Some(Actor::CommandLine(account)) => {
            Some(By { name: format!("{} ({account})", w.by_command_line), href: None })
        }
        Some(actor @ Actor::System(_)) => {
            Some(By { name: words::history::name(visit.language(), &actor, None), href: None })
        }
    })
}
