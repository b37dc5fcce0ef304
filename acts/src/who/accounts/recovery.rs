//! Passwords: another one, or a new one for a forgotten one.

use super::links::{self, Kind as LinkKind};
use super::{account, address, alike, by_address, cause, change_within, letter, strength};
use crate::refusal::{Problem, Refused};
use crate::who::allowance::{self, Act, Whom};
use crate::who::rights::{InPerson, SignedIn};
use crate::who::{Caller, known_addresses, passwords, sessions};
use crate::{Services, together};
use domain::notice::Kind;
use domain::user::Command;
use domain::{Actor, Code, EmailAddress};
use eventstore::Receipt;
use secrecy::SecretString;

/// Sends the letter with the link with which a forgotten password is replaced, if the address has an account.
pub async fn recover(services: &Services, caller: &Caller, email: &str) -> Result<(), Refused> {
    let email = address(email, "email")?;
    allowance::take(services, Act::Letter, caller.address, Some(&email.key())).await?;
    alike(async {
        match by_address(services, &email).await? {
            Some((id, account)) => {
                let metadata = caller.metadata(super::a_visitor());
                super::send(services, letter(id, &account, Kind::RecoverPassword), &metadata).await
            }
            None => Ok(()),
        }
    })
    .await
}

/// Replaces a forgotten password by the link in that letter, which proves the address too. Whoever was logged in, is not any
/// more: it may be because of them that the password is replaced.
pub async fn reset(
    services: &Services,
    caller: &Caller,
    token: &str,
    password: SecretString,
) -> Result<Receipt, Refused> {
    // Looked at first: a password that is refused does not use the link up.
    let link = links::look(services, LinkKind::RecoverPassword, token).await?.ok_or_else(links::invalid)?;
    let id = link.user();
    let account = account(services, id).await?.filter(|account| link.proves(&account.email));
    let account = account.ok_or_else(links::invalid)?;
    let turn = services.hashing.turn(services.hashing.asker(caller.address)?.known()).await?;
    let (turn, problem) = strength(services, turn, id, &password).await?;
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    let hash = passwords::hash(turn, password).await?;
    let now = services.now();
    let metadata = caller.metadata(Actor::User(id));
    let mut transaction = services.store.begin_steps().await?;
    // The password first, as whoever changes it otherwise does: two at once wait for each other, and neither for ever.
    passwords::store(&mut *transaction, id, hash).await?;
    links::take(&mut *transaction, LinkKind::RecoverPassword, token, now).await?.ok_or_else(links::invalid)?;
    let commands = vec![Command::VerifyEmail, Command::ChangePassword];
    let mut appends = change_within(&mut transaction, id, commands, Some(Kind::PasswordChanged), &metadata).await?;
    appends.extend(sessions::end_with_the_password(&mut transaction, id, None, cause(&appends, &metadata)).await?);
    links::void(&mut *transaction, id, now).await?;
    known_addresses::forget(&mut *transaction, id).await?;
    let receipt = together::commit(services, transaction, &appends, &metadata).await?;
    links::void(services.pool(), id, now).await?;
    let key = account.email.key();
    for whom in [Whom::Account(&key), Whom::AccountFrom(&key, caller.address)] {
        allowance::forgive(services, Act::LogIn, whom).await?;
    }
    known_addresses::remember(services, id, caller.address).await?;
    Ok(receipt)
}

/// Replaces the viewer's password by another one, ends their other sessions and revokes their tokens: whoever knew the old
/// one may have made some.
pub async fn change_password(
    services: &Services,
    caller: &Caller,
    by: &InPerson<SignedIn<'_>>,
    old: SecretString,
    new: SecretString,
) -> Result<Receipt, Refused> {
    let id = by.right().id();
    shows_password(services, caller, by.right(), old, "oldPassword").await?;
    let turn = services.hashing.turn(services.hashing.asker(caller.address)?.known()).await?;
    let (turn, problem) = strength(services, turn, id, &new).await?;
    if let Some(problem) = problem {
        return Err(problem.at(&["newPassword"]).into());
    }
    let hash = passwords::hash(turn, new).await?;
    let metadata = caller.metadata(Actor::User(id));
    let mut transaction = services.store.begin_steps().await?;
    passwords::store(&mut *transaction, id, hash).await?;
    let commands = vec![Command::ChangePassword];
    let mut appends = change_within(&mut transaction, id, commands, Some(Kind::PasswordChanged), &metadata).await?;
    let cause = cause(&appends, &metadata);
    appends.extend(sessions::end_with_the_password(&mut transaction, id, by.session(), cause).await?);
    links::void(&mut *transaction, id, services.now()).await?;
    let receipt = together::commit(services, transaction, &appends, &metadata).await?;
    links::void(services.pool(), id, services.now()).await?;
    Ok(receipt)
}

/// Whether the viewer knows the password too: a session may have been left open somewhere.
pub(super) async fn shows_password(
    services: &Services,
    caller: &Caller,
    who: SignedIn<'_>,
    password: SecretString,
    field: &str,
) -> Result<(), Refused> {
    let turn = services.hashing.turn(services.hashing.asker(caller.address)?.known()).await?;
    let key = EmailAddress::taken(who.email()).key();
    // Apart from log-ins: nobody who only knows the address can use this up.
    allowance::take(services, Act::OwnPassword, caller.address, Some(&key)).await?;
    if passwords::verify(services.pool(), turn, who.id(), password).await?.is_none() {
        return Err(Problem::new(Code::PasswordWrong, &[field], words::accounts::Problem::PasswordWrong).into());
    }
    allowance::give_back(services, Act::OwnPassword, Whom::Address(caller.address)).await?;
    Ok(allowance::forgive(services, Act::OwnPassword, Whom::Account(&key)).await?)
}
