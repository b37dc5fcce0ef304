//! Who is told of what stops, and how a letter to them is asked for.

use crate::error::EngineError;
use domain::notice::{Command, Kind, Notice, Request};
use domain::user::{Account, User};
use domain::{Decide, NoticeId, Role, UserId};
use eventstore::{Append, EventStore};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Accounts by their ids, as the log has them.
pub(super) type Accounts = BTreeMap<UserId, Account>;

/// The accounts of these users; whoever has none is left out.
pub(super) async fn accounts(transaction: &mut PgConnection, users: &[UserId]) -> Result<Accounts, EngineError> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let loaded = EventStore::load_within::<User>(transaction, &ids).await?;
    let account = |(user, state): (&UserId, User)| match state {
        User::Registered(account) => Some((*user, account)),
        User::Absent => None,
    };
    Ok(users.iter().zip(loaded.into_iter().map(|one| one.state)).filter_map(account).collect())
}

/// Everybody who has one of these roles and can log in.
pub(super) async fn with_roles(transaction: &mut PgConnection, roles: &[Role]) -> Result<Accounts, EngineError> {
    let names: Vec<String> = roles.iter().map(|role| role.name().to_owned()).collect();
    let found =
        sqlx::query_scalar!("select id from users where roles && $1 and blocked_at is null order by id", &names)
            .fetch_all(&mut *transaction)
            .await?;
    let found: Vec<UserId> = found.into_iter().map(UserId).collect();
    // The read model may be behind.
    let mut accounts = accounts(transaction, &found).await?;
    accounts.retain(|_, account| can_log_in(account) && roles.iter().any(|role| account.roles.contains(role)));
    Ok(accounts)
}

/// Whether somebody can log in. To an address that nobody has proven nothing goes that tells of the service.
pub(super) fn can_log_in(account: &Account) -> bool {
    account.verified && !account.blocked
}

/// Those of these letters that somebody has asked for already.
pub(super) async fn asked_for(
    transaction: &mut PgConnection,
    letters: &[NoticeId],
) -> Result<HashSet<NoticeId>, EngineError> {
    let ids: Vec<Uuid> = letters.iter().map(|letter| letter.0).collect();
    let loaded = EventStore::load_within::<Notice>(transaction, &ids).await?;
    let is_there = |notice: &Notice| match notice {
        Notice::Absent => false,
        Notice::Waiting(_) | Notice::InFlight(_) | Notice::Settled(..) => true,
    };
    let there = letters.iter().zip(loaded).filter(|(_, notice)| is_there(&notice.state));
    Ok(there.map(|(letter, _)| *letter).collect())
}

/// Asks for a letter that nobody has asked for.
pub(super) fn letter(id: NoticeId, user: UserId, account: &Account, kind: Kind) -> Result<Append, EngineError> {
    let Account { email, full_name, language, .. } = account;
    let request = Request { user, kind, to: email.clone(), full_name: full_name.clone(), language: *language };
    let events = Notice::default().decide(Command::Request(request)).map_err(|error| EngineError::refused(&error))?;
    Ok(Append::begin::<Notice>(id.0, events)?)
}
