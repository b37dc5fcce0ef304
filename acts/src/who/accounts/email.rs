//! Another address to log in with.

use super::links::{self, Kind as LinkKind};
use super::recovery::shows_password;
use super::{account, address, alike, by_address, change_and_tell, letter, send};
use crate::Services;
use crate::refusal::Refused;
use crate::who::Caller;
use crate::who::allowance::{self, Act};
use crate::who::rights::{InPerson, SignedIn};
use domain::notice::{Kind, Request};
use domain::user::{Account, Command};
use domain::{Actor, EmailAddress, FullName};
use eventstore::Receipt;
use secrecy::SecretString;

/// Sends a letter with a link to the address that the viewer is to have, which they have once they follow it. If the address
/// has another account, nothing is sent and the viewer does not learn of it.
pub async fn change(
    services: &Services,
    caller: &Caller,
    by: &InPerson<SignedIn<'_>>,
    email: &str,
    password: SecretString,
) -> Result<(), Refused> {
    let email = address(email, "newEmail")?;
    shows_password(services, caller, by.right(), password, "password").await?;
    // Per account twice: of the one that has letters sent, and of the address that they would go to.
    let own = EmailAddress::taken(by.right().email()).key();
    allowance::take(services, Act::Letter, caller.address, Some(&own)).await?;
    allowance::take(services, Act::Letter, caller.address, Some(&email.key())).await?;
    alike(async {
        let id = by.right().id();
        let free = by_address(services, &email).await?.is_none_or(|(holder, _)| holder == id);
        match account(services, id).await? {
            Some(account) if free => {
                // Whoever has that address may be a stranger to the account's holder.
                let full_name = FullName::default();
                let letter = Request { to: email, full_name, ..letter(id, &account, Kind::ConfirmEmailChange) };
                send(services, letter, &caller.metadata(Actor::User(id))).await
            }
            _ => Ok(()),
        }
    })
    .await
}

/// The new address is proven by the link that went there; the old one gets a letter about it.
pub async fn confirm(services: &Services, caller: &Caller, token: &str) -> Result<Receipt, Refused> {
    let link = links::take(services.pool(), LinkKind::ConfirmEmailChange, token, services.now()).await?;
    let link = link.ok_or_else(links::invalid)?;
    let id = link.user();
    let email = EmailAddress::parse(&link.email).map_err(|_| links::invalid())?;
    let commands = vec![Command::ChangeEmail { email: email.clone() }];
    let metadata = caller.metadata(Actor::User(id));
    let tell = move |account: &Account| letter(id, account, Kind::EmailChanged { email: email.clone() });
    match change_and_tell(services, id, commands, tell, &metadata).await {
        Ok(receipt) => {
            links::void(services.pool(), id, services.now()).await?;
            Ok(receipt)
        }
        Err(error) => {
            links::put_back(services, token).await?;
            // It is the link that leads to the address, not an input of that name.
            Err(error.moved("email", &["token"]))
        }
    }
}
