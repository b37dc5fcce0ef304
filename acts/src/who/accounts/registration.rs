//! Opening an account, and proving its address.

use super::links::{self, Kind as LinkKind};
use super::{account, address, alike, asked_for, by_address, letter, profile, send};
use crate::Services;
use crate::refusal::Refused;
use crate::refusal::input::Problems;
use crate::who::allowance::{self, Act};
use crate::who::{Caller, passwords};
use domain::notice::Kind;
use domain::user::{Account, Command, User};
use domain::{Actor, Decide, EmailAddress, FullName, Language, TimeZone, UserId};
use eventstore::{Append, AppendError, Receipt};
use secrecy::SecretString;
use std::collections::BTreeSet;
use uuid::Uuid;

/// An account that somebody wants, as they wrote it.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The address that they log in with, and where letters to them go.
    pub email: String,
    /// The name that letters to them greet.
    pub full_name: String,
    /// The name of their time zone, such as `Europe/Moscow`.
    pub time_zone: String,
    /// The language in which the service speaks to them.
    pub language: Language,
    /// The password, as it was typed.
    pub password: SecretString,
}

/// What nothing is wrong with.
struct Wanted {
    email: EmailAddress,
    full_name: FullName,
    time_zone: TimeZone,
    language: Language,
}

/// Opens an account, which works once its address is proven by the link in the letter that goes there. If the address has
/// an account, its holder gets a letter that says so, and the caller does not learn of it.
///
/// An account whose address is not proven is no exception: the letter leads to recovery, which proves the address and
/// replaces the password. So nobody can lay an account with a password of theirs in wait for somebody else's address.
pub async fn register(services: &Services, caller: &Caller, new: Registration) -> Result<(), Refused> {
    let mut problems = Problems::default();
    let email = problems.take(address(&new.email, "email"));
    let full_name = problems.take(profile::full_name(&new.full_name));
    let time_zone = problems.take(profile::time_zone(&new.time_zone));
    let account = email.as_ref().map(EmailAddress::key);
    let turn = services.hashing.turn(services.hashing.asker(caller.address)?).await?;
    allowance::take(services, Act::Register, caller.address, account.as_deref()).await?;
    let known = [new.email.as_str(), new.full_name.as_str()];
    let (turn, problem) = passwords::problem(turn, &new.password, &known).await?;
    problems.extend(problem);
    let (Some(email), Some(full_name), Some(time_zone), true) = (email, full_name, time_zone, problems.is_empty())
    else {
        return Err(problems.into());
    };
    let hash = passwords::hash(turn, new.password).await?;
    let wanted = Wanted { email, full_name, time_zone, language: new.language };
    alike(open(services, caller, wanted, hash)).await
}

async fn open(services: &Services, caller: &Caller, wanted: Wanted, hash: passwords::Hash) -> Result<(), Refused> {
    if let Some((id, account)) = by_address(services, &wanted.email).await? {
        let metadata = caller.metadata(super::a_visitor());
        return send(services, letter(id, &account, Kind::AlreadyRegistered), &metadata).await;
    }
    let id = UserId(Uuid::now_v7());
    let Wanted { email, full_name, time_zone, language } = wanted;
    let account = Account {
        email: email.clone(),
        full_name: full_name.clone(),
        time_zone,
        language,
        verified: false,
        roles: BTreeSet::new(),
        blocked: false,
        postal_address: None,
    };
    let command = Command::Register { email, full_name, time_zone, language };
    let events = User::default().decide(command).map_err(eventstore::ExecuteError::Refused)?;
    let metadata = caller.metadata(Actor::User(id));
    // The password first: an account that nobody can log in to would keep its address for ever.
    passwords::store(services.pool(), id, hash).await?;
    let registered = Append::begin::<User>(id.0, events)?;
    let letter = asked_for(letter(id, &account, Kind::VerifyEmail))?.caused_by(registered.ends_in(&metadata));
    match services.store.append(&[registered, letter], &metadata).await {
        Ok(_) => Ok(()),
        Err(error @ AppendError::Store(_)) => Err(error.refused::<User>().into()),
        Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {
            passwords::forget(services.pool(), id).await?;
            // Somebody was faster. For the caller it is as if that had been long ago.
            if let Some((id, account)) = by_address(services, &account.email).await? {
                let metadata = caller.metadata(super::a_visitor());
                send(services, self::letter(id, &account, Kind::AlreadyRegistered), &metadata).await?;
            }
            Ok(())
        }
    }
}

/// Sends the letter with the link that proves an address again, if there is an account that waits for it.
pub async fn ask_again(services: &Services, caller: &Caller, email: &str) -> Result<(), Refused> {
    let email = address(email, "email")?;
    allowance::take(services, Act::Letter, caller.address, Some(&email.key())).await?;
    alike(async {
        match by_address(services, &email).await? {
            Some((id, account)) if !account.verified => {
                let metadata = caller.metadata(super::a_visitor());
                send(services, letter(id, &account, Kind::VerifyEmail), &metadata).await
            }
            _ => Ok(()),
        }
    })
    .await
}

/// The address is proven by the link that went there.
pub async fn verify(services: &Services, caller: &Caller, token: &str) -> Result<Receipt, Refused> {
    let link = links::take(services.pool(), LinkKind::VerifyEmail, token, services.now()).await?;
    let link = link.ok_or_else(links::invalid)?;
    let id = link.user();
    if !account(services, id).await?.is_some_and(|account| link.proves(&account.email)) {
        return Err(links::invalid().into());
    }
    let metadata = caller.metadata(Actor::User(id));
    match services.store.execute::<User>(id.0, Command::VerifyEmail, &metadata).await {
        Ok(receipt) => Ok(receipt),
        Err(error) => {
            links::put_back(services, token).await?;
            Err(error.into())
        }
    }
}
