//! What those who look after the service do with accounts: shutting out, letting in, and roles.
//!
//! An administrator who can log in is always left. Each of them holds a claim in the event store, which lets go of all but the
//! last one; it judges in the append's own transaction, so two who shut each other out at the same moment cannot both
//! succeed.

use crate::Services;
use crate::refusal::{Refused, input};
use crate::who::rights::{Administrator, InPerson, Watcher};
use crate::who::{Viewer, accounts};
use domain::user::{ADMINISTRATOR, Command, Error, User};
use domain::{Actor, Role, UserId};
use eventstore::{EventStore, ExecuteError, Metadata, Receipt, StoreError};
use projections::users::User as Account;
use projections::{clients, mailings};

/// What somebody may do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Shut its holder out.
    Block,
    /// Let its holder in again.
    Unblock,
    /// Give its holder a role that they do not have.
    GrantRole,
    /// Take one of its holder's roles away.
    RevokeRole,
}

/// How much somebody has, as those see it who look after the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// How many clients are in their address book.
    pub clients: i64,
    /// How many mailings they have.
    pub mailings: i64,
}

/// What the viewer may do with an account right now.
pub async fn allowed(services: &Services, viewer: &Viewer, user: &Account) -> Result<Vec<Action>, sqlx::Error> {
    let mut actions = Vec::new();
    let above = user.roles.contains(&Role::Administrator) && !viewer.may_administer();
    if !viewer.may_watch() || above {
        return Ok(actions);
    }
    let last = is_last_administrator(services, user).await?;
    if user.blocked_at.is_some() {
        actions.push(Action::Unblock);
    } else if !last {
        actions.push(Action::Block);
    }
    if viewer.may_administer() {
        if user.roles.len() < Role::ALL.len() {
            actions.push(Action::GrantRole);
        }
        if user.roles.len() > usize::from(last) {
            actions.push(Action::RevokeRole);
        }
    }
    Ok(actions)
}

/// Whether it is the account of the only administrator who can log in. Nobody may take that one away, not even from themselves.
pub async fn is_last_administrator(services: &Services, user: &Account) -> Result<bool, sqlx::Error> {
    let is_one = user.roles.contains(&Role::Administrator) && user.blocked_at.is_none();
    Ok(is_one && administrators(services).await? <= 1)
}

/// How much a user has.
pub async fn holdings(services: &Services, _by: Watcher, id: UserId) -> Result<Holdings, sqlx::Error> {
    let pool = services.pool();
    let clients = clients::held(pool, id).await?;
    Ok(Holdings { clients, mailings: mailings::held(pool, id, i64::from(u32::MAX)).await? })
}

/// Who shut a user out last; none if nobody ever did.
pub async fn blocked_by(services: &Services, _by: Watcher, id: UserId) -> Result<Option<Actor>, StoreError> {
    services.store.last_actor::<User>(id.0, "Blocked").await
}

/// Shuts a user out. Nothing of theirs is sent until they are let in again. With the event, in its transaction, their door
/// shuts and all their sessions and tokens end, see the migration `0018_doors`.
///
/// Administrators are shut out by administrators only.
pub async fn block(
    services: &Services,
    by: &InPerson<Watcher>,
    id: &str,
    reason: String,
    metadata: &Metadata,
) -> Result<(UserId, Receipt), Refused> {
    let (id, even_administrators) = (user_id(id)?, by.right().administers());
    let reason = input::text(reason, &["reason"])?;
    Ok((id, execute(services, id, Command::Block { reason, even_administrators }, metadata).await?))
}

/// Lets a user in again. Their sessions stay ended.
///
/// Administrators are let in by administrators only.
pub async fn unblock(
    services: &Services,
    by: &InPerson<Watcher>,
    id: &str,
    reason: String,
    metadata: &Metadata,
) -> Result<(UserId, Receipt), Refused> {
    let (id, even_administrators) = (user_id(id)?, by.right().administers());
    let reason = input::text(reason, &["reason"])?;
    Ok((id, execute(services, id, Command::Unblock { reason, even_administrators }, metadata).await?))
}

/// Gives a user a role.
pub async fn grant(
    services: &Services,
    _by: &InPerson<Administrator>,
    id: &str,
    role: Role,
    metadata: &Metadata,
) -> Result<(UserId, Receipt), Refused> {
    let id = user_id(id)?;
    Ok((id, accounts::give(services, id, role, metadata).await?))
}

/// Takes a role away.
pub async fn revoke(
    services: &Services,
    _by: &InPerson<Administrator>,
    id: &str,
    role: Role,
    metadata: &Metadata,
) -> Result<(UserId, Receipt), Refused> {
    let id = user_id(id)?;
    Ok((id, execute(services, id, Command::RevokeRole { role }, metadata).await?))
}

/// How many administrators can log in.
pub async fn administrators(services: &Services) -> Result<i64, sqlx::Error> {
    EventStore::held(services.pool(), ADMINISTRATOR).await
}

async fn execute(services: &Services, id: UserId, command: Command, metadata: &Metadata) -> Result<Receipt, Refused> {
    match services.store.execute::<User>(id.0, command, metadata).await {
        Err(ExecuteError::Refused(Error::AdministratorsOnly)) => {
            Err(Refused::Forbidden(Error::AdministratorsOnly.into()))
        }
        done => done.map_err(Refused::from),
    }
}

fn user_id(text: &str) -> Result<UserId, Refused> {
    Ok(input::id(text, &["id"], &Error::NotFound)?)
}
