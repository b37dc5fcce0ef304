//! Roles: granting and revoking them.

use super::{account, naming};
use crate::web::frame::confirm::Confirm;
use crate::web::frame::{Answer, Deed, Place, Trouble, Visit, go};
use acts::who::users;
use axum::extract::Path;
use domain::Role;
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
    confirm(&visit, &id, asks.with(naming(&user)), said, w.grant)
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
