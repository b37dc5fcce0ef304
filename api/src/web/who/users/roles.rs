//! Roles: granting and revoking them.

use super::{account, naming};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::{Answer, Deed, Place, Trouble, Visit, go};
use acts::who::users;
use axum::extract::Path;
use domain::{Role, UserId};
use projections::Access;
use projections::mailings::{self, Filter, Standing};
use projections::users::User;
use words::screens::users::Users as Words;

/// The id of a user and the name of a role, as the address has them.
type Of = Path<(String, String)>;

fn role(name: &str) -> Result<Role, Trouble> {
    name.parse().map_err(|_| Trouble::Absent)
}

/// `GET /users/ID/roles/ROLE/grant`.
pub(crate) async fn ask_grant(visit: Visit, Path((id, name)): Of) -> Answer {
    visit.in_person(visit.administrator()?)?;
    let (role, user, w) = (role(&name)?, account(&visit, &id).await?, Words::of(visit.language()));
    let (asks, said) = match role {
        Role::Manager => (w.grant_manager, w.manager_said),
        Role::ContentManager => (w.grant_content_manager, w.content_manager_said),
        Role::Administrator => (w.grant_administrator, w.administrator_said),
    };
    let mut said = vec![said.to_owned()];
    if !user.verified {
        said.push(w.grant_said.to_owned());
    }
    let going = going(&visit, &user).await?;
    if role != Role::Administrator && going > 0 {
        said.push(w.grant_going.of(going));
    }
    confirm(&visit, &id, asks.with(naming(&user)), said, w.grant)
}

/// How many mailings of the user are planned or running, which go on without an owner who could stop them.
async fn going(visit: &Visit, user: &User) -> Result<u64, Trouble> {
    let standings = Some(vec![Standing::Created, Standing::Running]);
    let filter = Filter { standings, now: visit.now(), search: None, message: None, from: None, to: None };
    let going = mailings::count(visit.pool(), Access::Owner(UserId(user.id)), &filter).await?;
    Ok(going.unsigned_abs())
}

/// `POST /users/ID/roles/ROLE/grant`.
pub(crate) async fn grant(visit: Visit, Path((id, name)): Of) -> Answer {
    let by = visit.in_person(visit.administrator()?)?;
    let (_, receipt) = users::grant(visit.services(), &by, &id, role(&name)?, &visit.metadata()?).await?;
    let deed = Deed::RolesChanged.to(naming(&account(&visit, &id).await?));
    go(&visit, receipt, deed, &format!("/users/{id}")).await
}

/// `GET /users/ID/roles/ROLE/revoke`.
pub(crate) async fn ask_revoke(visit: Visit, Path((id, name)): Of) -> Answer {
    visit.in_person(visit.administrator()?)?;
    let (role, user, w) = (role(&name)?, account(&visit, &id).await?, Words::of(visit.language()));
    let asks = match role {
        Role::Manager => w.revoke_manager,
        Role::ContentManager => w.revoke_content_manager,
        Role::Administrator => w.revoke_administrator,
    };
    confirm(&visit, &id, asks.with(naming(&user)), vec![w.revoke_said.to_owned()], w.revoke)
}

/// `POST /users/ID/roles/ROLE/revoke`.
pub(crate) async fn revoke(visit: Visit, Path((id, name)): Of) -> Answer {
    let by = visit.in_person(visit.administrator()?)?;
    let (_, receipt) = users::revoke(visit.services(), &by, &id, role(&name)?, &visit.metadata()?).await?;
    let deed = Deed::RolesChanged.to(naming(&account(&visit, &id).await?));
    go(&visit, receipt, deed, &format!("/users/{id}")).await
}

fn confirm(visit: &Visit, id: &str, asks: String, said: Vec<String>, button: &'static str) -> Answer {
    let confirm = Confirm {
        page: visit.layout(asks, Place::Users),
        said,
        button,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/users/{id}"),
        is_final: false,
    };
    confirm.ask()
}
