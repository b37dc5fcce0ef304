//! Accounts: opening one, and proving that it is yours.
//!
//! What anybody may ask about an address (`register`, `recover`, `ask_again`, `log_in`) is answered in the same words
//! whether it has an account or not, and after the same time: the expensive part, a password's hash, is always worked out,
//! and what else differs is hidden by a moment before which nobody is answered (`alike`).

mod email;
pub(crate) mod links;
mod log_in;
mod profile;
mod recovery;
mod registration;

pub use email::{change as change_email, confirm as confirm_email};
pub use log_in::log_in;
pub use profile::{Profile, update as update_profile};
pub use recovery::{change_password, recover, reset};
pub use registration::{Registration, ask_again, register, verify};

use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::passwords::{self, Turn};
use crate::who::rights::Operator;
use crate::who::sessions;
use crate::{Services, together};
use domain::notice::{self, Kind, Notice};
use domain::user::{Account, Command, User};
use domain::{Actor, Decide, EmailAddress, FullName, Language, Role, UserId};
use eventstore::{Append, AppendError, Cause, EventStore, ExecuteError, Metadata, Receipt, StoreError};
use secrecy::SecretString;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Longer than anything takes that is done for one address and not for another.
const ALIKE: Duration = Duration::from_millis(300);

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The address to log in with.
    pub email: String,
    /// The name shown to others.
    pub full_name: String,
    /// The user's zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// The language in which the service writes to the user.
    pub language: Language,
    /// The password, of at least [`passwords::MIN_LENGTH`] characters.
    pub password: SecretString,
    /// The roles that the user has from the beginning.
    pub roles: Vec<Role>,
}

/// Opens an account whose address needs no proof: for the command line, and for the demo.
pub async fn create_user(
    services: &Services,
    _by: Operator,
    new: NewUser,
    metadata: &Metadata,
) -> Result<(UserId, Receipt), Refused> {
    let mut problems = Problems::default();
    let email = problems.take(address(&new.email, "email"));
    let name = problems.take(profile::full_name(&new.full_name));
    let zone = problems.take(profile::time_zone(&new.time_zone));
    // Whoever has the command line is no stranger.
    let turn = services.hashing.turn(services.hashing.asker(None)?.known()).await?;
    let known = [new.email.as_str(), new.full_name.as_str()];
    let (turn, problem) = passwords::problem(turn, &new.password, &known).await?;
    problems.extend(problem);
    let (Some(email), Some(full_name), Some(time_zone), true) = (email, name, zone, problems.is_empty()) else {
        return Err(problems.into());
    };

    let mut commands =
        vec![Command::Register { email, full_name, time_zone, language: new.language }, Command::VerifyEmail];
    commands.extend(new.roles.into_iter().map(|role| Command::GrantRole { role }));
    let events = User::default().decide_all(commands).map_err(ExecuteError::Refused)?;
    let id = UserId(Uuid::now_v7());
    // The password first: an account that nobody can log in to would keep its address for ever.
    passwords::store(services.pool(), id, passwords::hash(turn, new.password).await?).await?;
    let appended = services.store.append(&[Append::begin::<User>(id.0, events)?], metadata).await;
    match appended {
        Ok(receipt) => Ok((id, receipt)),
        Err(error) => {
            // Only if it is certain that there is no account: a commit may have succeeded without an answer.
            if !matches!(error, AppendError::Store(_)) {
                passwords::forget(services.pool(), id).await?;
            }
            Err(error.refused::<User>().into())
        }
    }
}

/// Gives the account a new password, ends all its sessions, revokes its tokens and makes its links useless.
pub async fn set_password(
    services: &Services,
    _by: Operator,
    id: UserId,
    password: SecretString,
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    let turn = services.hashing.turn(services.hashing.asker(None)?.known()).await?;
    let (turn, problem) = strength(services, turn, id, &password).await?;
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    let hash = passwords::hash(turn, password).await?;
    let mut transaction = services.store.begin_steps().await?;
    passwords::store(&mut *transaction, id, hash).await?;
    let mut appends = change_within(&mut transaction, id, vec![Command::ChangePassword], None, metadata).await?;
    appends.extend(sessions::end_with_the_password(&mut transaction, id, None, cause(&appends, metadata)).await?);
    links::void(&mut *transaction, id, services.now()).await?;
    let receipt = together::commit(services, transaction, &appends, metadata).await?;
    links::void(services.pool(), id, services.now()).await?;
    Ok(receipt)
}

/// Gives the account a role. Its address counts as proven: whoever may grant roles vouches for it.
pub async fn grant(
    services: &Services,
    _by: Operator,
    id: UserId,
    role: Role,
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    give(services, id, role, metadata).await
}

/// The same for whoever has shown their right already.
pub(super) async fn give(services: &Services, id: UserId, role: Role, metadata: &Metadata) -> Result<Receipt, Refused> {
    let commands = vec![Command::VerifyEmail, Command::GrantRole { role }];
    let granted = services.store.execute_all::<User>(id.0, None, commands, |_| Ok(None), metadata).await;
    granted.map_err(Refused::from)
}

/// What is wrong with a password for this account.
async fn strength(
    services: &Services,
    turn: Turn,
    id: UserId,
    password: &SecretString,
) -> Result<(Turn, Option<Problem>), Refused> {
    let account = account(services, id).await?;
    let known = account.as_ref().map(|account| [account.email.as_str(), account.full_name.as_str()]);
    let known = known.as_ref().map_or(&[][..], |known| known.as_slice());
    Ok(passwords::problem(turn, password, known).await?)
}

/// An account as it is right now; the read models may be behind.
pub(crate) async fn account(services: &Services, id: UserId) -> Result<Option<Account>, StoreError> {
    Ok(match services.store.load::<User>(id.0).await?.state {
        User::Registered(account) => Some(account),
        User::Absent => None,
    })
}

/// Whose address it is, right now; the nil id, which is nobody's, if it is free.
async fn holder(services: &Services, email: &EmailAddress) -> Result<UserId, StoreError> {
    let (key, former) = (email.key(), email.former_key());
    let holders = EventStore::holders(services.store.pool(), "user-email", "", &[key, former.clone()]).await?;
    // Of two accounts from before that are one mailbox by now, each is found by the spelling that it has.
    let holder = holders.iter().find(|(spelling, _)| *spelling == former).or(holders.first());
    Ok(UserId(holder.map_or_else(Uuid::nil, |(_, id)| *id)))
}

/// The account with that address, right now. Takes as many steps if there is none.
async fn by_address(services: &Services, email: &EmailAddress) -> Result<Option<(UserId, Account)>, StoreError> {
    let id = holder(services, email).await?;
    Ok(account(services, id).await?.map(|account| (id, account)))
}

/// A letter about an account, to its address. It calls nobody by a name whose address is not proven: a stranger may have chosen
/// that name, as a message to whoever has the address.
fn letter(user: UserId, account: &Account, kind: Kind) -> notice::Request {
    let full_name = if account.verified { account.full_name.clone() } else { FullName::default() };
    let to = account.email.clone();
    notice::Request { user, kind, to, full_name, language: account.language }
}

/// A letter of the service, to be asked for with whatever it is about.
fn asked_for(letter: notice::Request) -> Result<Append, StoreError> {
    Append::begin::<Notice>(Uuid::now_v7(), vec![notice::Event::Requested(letter)])
}

/// Several commands to an account, all of them or none, and if they do anything a letter about it, made of what was before.
async fn change_and_tell(
    services: &Services,
    id: UserId,
    commands: Vec<Command>,
    tell: impl Fn(&Account) -> notice::Request + Send + 'static,
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    let letter = move |user: &User| match user {
        User::Registered(account) => asked_for(tell(account)).map(Some),
        User::Absent => Ok(None),
    };
    let done = services.store.execute_all::<User>(id.0, None, commands, letter, metadata).await;
    done.map_err(Refused::from)
}

/// What commands do to an account, and the letter about it, made of what was before: to be appended within the transaction, the
/// account's own events first.
async fn change_within(
    transaction: &mut PgConnection,
    id: UserId,
    commands: Vec<Command>,
    kind: Option<Kind>,
    metadata: &Metadata,
) -> Result<Vec<Append>, Refused> {
    let loaded = EventStore::load_within::<User>(transaction, &[id.0]).await?.pop().unwrap_or_default();
    let events = loaded.state.decide_all(commands).map_err(ExecuteError::Refused)?;
    let letter = match (&loaded.state, kind) {
        (User::Registered(account), Some(kind)) => Some(asked_for(letter(id, account, kind))?),
        _ => None,
    };
    let changed = Append::new(id.0, loaded, events)?;
    let cause = changed.ends_in(metadata);
    let mut appends = vec![changed];
    appends.extend(letter.map(|letter| letter.caused_by(cause)));
    Ok(appends)
}

/// What goes with these events, of which the first are the account's own, follows from these.
fn cause(appends: &[Append], metadata: &Metadata) -> Option<Cause> {
    appends.first().and_then(|changed| changed.ends_in(metadata))
}

/// Asks for a letter. Does not wait for the read models to know of it: they may be late, and how long that takes would tell
/// whether there was a letter to ask for.
async fn send(services: &Services, letter: notice::Request, metadata: &Metadata) -> Result<(), Refused> {
    let appended = services.store.append(&[asked_for(letter)?], metadata).await;
    appended.map_err(AppendError::refused::<Notice>)?;
    Ok(())
}

/// Does something of which nobody may learn by its duration what was done.
pub(crate) async fn alike<T>(work: impl Future<Output = T>) -> T {
    let answer_at = tokio::time::Instant::now() + ALIKE;
    let done = work.await;
    tokio::time::sleep_until(answer_at).await;
    done
}

/// Who acts where nobody has shown who they are.
fn a_visitor() -> Actor {
    Actor::System("visitor".to_owned())
}

fn address(text: &str, field: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text).map_err(|error| Problem::of(&error).at(&[field]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn what_was_done_cannot_be_told_from_how_long_it_took() {
        let mut durations = Vec::new();
        for work in [0, 5, 250] {
            let began = Instant::now();
            alike(sleep(Duration::from_millis(work))).await;
            durations.push(began.elapsed());
        }
        assert_eq!(durations, [ALIKE; 3]);
    }
}
