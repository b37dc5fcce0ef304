//! What those who look after the service do with accounts: shutting out, letting in, and roles.
//!
//! An administrator who can log in is always left. Each of them holds a claim in the event store, which lets go of all but the
//! last one; it judges in the append's own transaction, so two who shut each other out at the same moment cannot both
//! succeed.

use crate::Services;
use crate::refusal::{Refused, input};
use crate::who::accounts;
use crate::who::rights::{Administrator, InPerson, Watcher};
use domain::user::{ADMINISTRATOR, Command, Error, User};
use domain::{Role, UserId};
use eventstore::{EventStore, ExecuteError, Metadata, Receipt};

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
