//! The senders of owners.

use crate::Services;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::room;
use crate::who::Caller;
use crate::who::accounts::{self, links};
use crate::who::allowance::{self, Act};
use crate::who::rights::{Administrator, Owner};
use domain::mailing::{self, Mailing};
use domain::notice::{self, Kind, Notice};
use domain::sender::{Command, Error, Sender, address_claim};
use domain::sender_domain::{DomainName, SenderDomain};
use domain::{Actor, EmailAddress, FullName, Language, SenderDomainId, SenderId, UserId, user};
use eventstore::{Append, AppendError, EventStore, ExecuteError, Metadata, Receipt, StoreError};
use projections::{Access, mailings, senders};
use uuid::Uuid;
use words::Sentence as _;
use words::mailings::Halt;
use words::quotas::Noun;

/// How often something is decided again because others were faster.
const ATTEMPTS: u32 = 10;

/// A sender to make.
#[derive(Clone, Debug)]
pub struct New {
    /// The name that recipients see; it may be empty.
    pub name: String,
    /// The address that letters are from.
    pub address: String,
    /// The address that replies go to; without one, or if it is empty, the sender's own.
    pub reply_to: Option<String>,
}

/// What of a sender is to change; what is `None` stays. Its address never does.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The name that recipients see from now on.
    pub name: Option<String>,
    /// The address that replies go to from now on; an empty one: the sender's own.
    pub reply_to: Option<String>,
}

/// What became of a sender that somebody has made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The sender.
    pub id: SenderId,
    /// Whether a letter with a link goes to its address. None does if the domain is granted to its owner, or if it was made before.
    pub writes: bool,
}

/// Makes a sender, and has a letter with a link sent to its address, unless its domain is granted to the owner. The same key is
/// answered by the same sender.
pub async fn create(
    services: &Services,
    caller: &Caller,
    owner: Owner,
    key: Option<String>,
    new: New,
) -> Result<(Made, Receipt), Refused> {
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let name = problems.take(name(&new.name));
    let address = problems.take(address(&new.address, "address"));
    let reply_to = problems.take(new.reply_to.as_deref().map_or(Ok(None), reply_to));
    let (Some(key), Some(name), Some(address), Some(reply_to)) = (key, name, address, reply_to) else {
        return Err(problems.into());
    };
    let owner = owner.id();
    let id = SenderId(input::new_id(owner, "sender", key.as_deref()));
    if let Some(full) = room::full::<Sender>(services, owner, Noun::Sender, id.0).await? {
        return Err(full.into());
    }
    let metadata = caller.metadata(Actor::User(owner));
    let is_new = services.store.load::<Sender>(id.0).await?.state == Sender::Absent;
    let writes = is_new && !granted(services, owner, &address).await?;
    if writes {
        allow_letter(services, caller, owner, &address).await?;
    }
    let command = Command::Create { owner, name: name.clone(), address: address.clone(), reply_to };
    let receipt = services.store.create::<Sender>(id.0, command, &metadata).await?;
    if writes {
        let metadata = metadata.caused_by(services.store.last_of::<Sender>(id.0).await?);
        send(services, owner, id, name, address, &metadata).await?;
    }
    Ok((Made { id, writes }, receipt))
}

/// Changes how letters are from a sender. Runs that have started keep what they started with.
pub async fn change(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    change: Change,
    metadata: &Metadata,
) -> Result<(SenderId, Receipt), Refused> {
    let mut problems = Problems::default();
    let id = problems.take(sender_id(id));
    let name = problems.take(change.name.as_deref().map(name).transpose());
    let reply_to = problems.take(change.reply_to.as_deref().map(reply_to).transpose());
    let (Some(id), Some(name), Some(reply_to)) = (id, name, reply_to) else { return Err(problems.into()) };
    let command = Command::Change { by: by.id(), name, reply_to };
    let receipt = services.store.execute_expecting::<Sender>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// Removes a sender. Runs that have started are still from it, unless an administrator revokes it; mailings that name it start none.
pub async fn delete(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(SenderId, Receipt), Refused> {
    let id = sender_id(id)?;
    let receipt = services.store.execute::<Sender>(id.0, Command::Delete { by: by.id() }, metadata).await?;
    Ok((id, receipt))
}

/// Lets no letters be from a sender any more, for a reason that its owner reads. Its mailings are paused, also in the middle of a run, and
/// the links that went to its address end. Asking again does what was not done because something came in between.
///
/// A deleted sender is revoked, too. If its owner has another one with the same address by now, that is the one that is revoked, and whose
/// id is returned: an address is revoked by the sender that holds it.
pub async fn revoke(
    services: &Services,
    _by: Administrator,
    id: &str,
    reason: String,
    metadata: &Metadata,
) -> Result<(SenderId, Receipt), Refused> {
    let mut problems = Problems::default();
    let (id, reason) = (problems.take(sender_id(id)), problems.take(input::text(reason, &["reason"])));
    let (Some(id), Some(reason)) = (id, reason) else { return Err(problems.into()) };
    let (id, mut receipt) = revoke_holder(services, id, &reason, metadata).await?;
    let loaded = services.store.load::<Sender>(id.0).await?;
    let Some(identity) = loaded.state.last_identity() else { return Ok((id, receipt)) };
    let (owner, address) = (identity.owner, &identity.address);
    links::void_of_sender(services, owner, address).await?;
    // Those that were planned just before are to be among them. Whatever starts later, the scheduler looks at.
    services.shown(receipt.position).await;
    let metadata = metadata.clone().caused_by(services.store.last_of::<Sender>(id.0).await?);
    // Runs may have started from one that was deleted since then.
    let alike = senders::with_address(services.pool(), owner, address).await?;
    for (mailing, under_way) in mailings::sending_from(services.pool(), owner, &alike).await? {
        let halt = if under_way { Halt::SenderOfRunRevoked } else { Halt::SenderRevoked };
        let command = mailing::Command::Suspend { reason: halt.told(Language::En) };
        match services.store.execute::<Mailing>(mailing.0, command, &metadata).await {
            Ok(suspended) => receipt.position = receipt.position.max(suspended.position),
            // It is deleted by now.
            Err(ExecuteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok((id, receipt))
}

/// Revokes a sender, or whichever one of its owner has its address, if it is deleted and that is another one.
async fn revoke_holder(
    services: &Services,
    mut id: SenderId,
    reason: &str,
    metadata: &Metadata,
) -> Result<(SenderId, Receipt), Refused> {
    for _ in 0..ATTEMPTS {
        let command = Command::Revoke { reason: reason.to_owned(), at: services.now() };
        match services.store.execute::<Sender>(id.0, command, metadata).await {
            Ok(receipt) => return Ok((id, receipt)),
            Err(ExecuteError::Refused(Error::AddressTaken { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        let loaded = services.store.load::<Sender>(id.0).await?;
        let Some(identity) = loaded.state.last_identity() else { break };
        // If nobody has it any more, it is free for this one.
        id = holder(services, identity.owner, &identity.address).await?.unwrap_or(id);
    }
    Err(ExecuteError::<Error>::Conflict.into())
}

/// Lets the owner of a sender that was revoked show anew that its address is theirs. Their mailings stay paused until they resume them.
/// Links of before show nothing.
pub async fn allow(
    services: &Services,
    _by: Administrator,
    id: &str,
    metadata: &Metadata,
) -> Result<(SenderId, Receipt), Refused> {
    let id = sender_id(id)?;
    let loaded = services.store.load::<Sender>(id.0).await?;
    let identity = loaded.state.last_identity().ok_or_else(|| Problem::of(&Error::NotFound))?;
    if !identity.revoked {
        let position = services.store.last_position::<Sender>(id.0).await?;
        return Ok((id, Receipt { position, version: loaded.version }));
    }
    // As long as it is revoked no link can be used. So there is none of before when it is not.
    links::void_of_sender(services, identity.owner, &identity.address).await?;
    let receipt = services.store.execute::<Sender>(id.0, Command::Allow { at: services.now() }, metadata).await?;
    Ok((id, receipt))
}

/// Sends the letter with the link to a sender's address once more. Nothing is sent to one that is verified already.
pub async fn send_link(
    services: &Services,
    caller: &Caller,
    by: Owner,
    id: &str,
) -> Result<(SenderId, Receipt), Refused> {
    let id = sender_id(id)?;
    let loaded = services.store.load::<Sender>(id.0).await?;
    let identity = loaded.state.identity().filter(|identity| identity.owner == by.id());
    let identity = identity.ok_or_else(|| Problem::of(&Error::NotFound))?;
    identity.allowed().map_err(|error| Problem::of(&error))?;
    if !identity.verified {
        let (name, address) = (identity.name.clone(), identity.address.clone());
        allow_letter(services, caller, by.id(), &address).await?;
        send(services, by.id(), id, name, address, &caller.metadata(Actor::User(by.id()))).await?;
    }
    let position = services.store.last_position::<Sender>(id.0).await?;
    Ok((id, Receipt { position, version: loaded.version }))
}

/// What a link would show: which address, and whose account it is for, by the account's own address.
#[derive(Clone, Debug)]
pub struct Shows {
    /// The address of the sender.
    pub address: String,
    /// The address of the account whose sender it is.
    pub owner: String,
}

/// What a link in a letter to a sender's address would show, which uses nothing up; none if it does not work. The token is as good as the
/// letter, which says the same.
pub async fn shows(services: &Services, token: &str) -> Result<Option<Shows>, Refused> {
    let Some(link) = links::look(services, links::Kind::VerifySender, token).await? else { return Ok(None) };
    let account = accounts::account(services, link.user()).await?;
    Ok(account.map(|account| Shows { address: link.email, owner: account.email.as_str().to_owned() }))
}

/// The sender's address is its owner's, as the link that went there shows. Whoever follows it need not be signed in.
pub async fn verify(services: &Services, caller: &Caller, token: &str) -> Result<(SenderId, Receipt), Refused> {
    let metadata = caller.metadata(Actor::System("visitor".to_owned()));
    for _ in 0..ATTEMPTS {
        let now = services.now();
        let link = links::look(services, links::Kind::VerifySender, token).await?.ok_or_else(links::invalid)?;
        // The sender may be deleted by now; another one of the same owner with this address is as good.
        let id = holder(services, link.user(), &EmailAddress::taken(&link.email)).await?.ok_or_else(links::invalid)?;
        let version = services.store.load::<Sender>(id.0).await?.version;
        // Taken after that: a link that works now was not made before the sender, as it is in this version, was revoked.
        links::take(services.pool(), links::Kind::VerifySender, token, now).await?.ok_or_else(links::invalid)?;
        let verify = Command::Verify { at: now };
        match services.store.execute_expecting::<Sender>(id.0, Some(version), verify, &metadata).await {
            Ok(receipt) => return Ok((id, receipt)),
            Err(ExecuteError::StaleVersion { .. }) => links::put_back(services, token).await?,
            Err(ExecuteError::Refused(Error::NotFound)) => {
                links::put_back(services, token).await?;
                return Err(links::invalid().into());
            }
            Err(error) => {
                links::put_back(services, token).await?;
                // It is the link that somebody has, and not the sender.
                return Err(Refused::from(error).moved("id", &["token"]));
            }
        }
    }
    Err(ExecuteError::<Error>::Conflict.into())
}

/// Which sender of an owner has this address: one that is there, or one that is deleted and revoked.
async fn holder(services: &Services, owner: UserId, address: &EmailAddress) -> Result<Option<SenderId>, StoreError> {
    let claim = address_claim(owner, address);
    let holders = EventStore::holders(services.store.pool(), claim.kind, &claim.scope, &[claim.value]).await?;
    Ok(holders.first().map(|(_, id)| SenderId(*id)))
}

/// The id of a sender, as an input has it.
pub fn sender_id(text: &str) -> Result<SenderId, Problem> {
    input::id(text, &["id"], &Error::NotFound)
}

/// The sender of this id, if letters of its owner can be from it; what is wrong with it otherwise, about the field `sender`.
pub async fn usable(services: &Services, owner: UserId, id: &str) -> Result<Result<SenderId, Problem>, sqlx::Error> {
    let unknown = || Problem::of(&Error::NotFound).at(&["sender"]);
    let Ok(id) = id.trim().parse::<SenderId>() else { return Ok(Err(unknown())) };
    let found = senders::get(services.pool(), Access::Owner(owner), id).await?;
    Ok(match found.filter(|sender| sender.deleted_at.is_none()) {
        None => Err(unknown()),
        Some(sender) if sender.is_usable() => Ok(id),
        Some(sender) if sender.revoked_at.is_some() => {
            Err(Problem::of(&Error::Revoked { address: sender.address }).at(&["sender"]))
        }
        Some(sender) => Err(Problem::of(&Error::NotVerified { address: sender.address })),
    })
}

/// Recipients see the name before the address. Characters that turn the direction of writing (UAX 9) would turn the address, too, into
/// one that it is not; names need none of them, whatever their direction.
fn name(text: &str) -> Result<FullName, Problem> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    FullName::parse(&text.replace(turns, "")).map_err(|error| Problem::of(&error).at(&["name"]))
}

fn address(text: &str, field: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text).map_err(|error| Problem::of(&error).at(&[field]))
}

fn reply_to(text: &str) -> Result<Option<EmailAddress>, Problem> {
    if text.trim().is_empty() { Ok(None) } else { address(text, "replyTo").map(Some) }
}

/// Whether the owner may write from all addresses of this one's domain, right now.
async fn granted(services: &Services, owner: UserId, address: &EmailAddress) -> Result<bool, StoreError> {
    let Some(domain) = DomainName::of(address) else { return Ok(false) };
    let loaded = services.store.load::<SenderDomain>(SenderDomainId::derive(&domain).0).await?;
    Ok(loaded.state.holding().is_some_and(|holding| holding.grants.contains(&owner)))
}

/// Letters with links go to an address only so often, and only so many of one account.
async fn allow_letter(
    services: &Services,
    caller: &Caller,
    owner: UserId,
    address: &EmailAddress,
) -> Result<(), Refused> {
    // An id is of one account only, as an address is.
    let own = owner.to_string();
    allowance::take(services, Act::Letter, caller.address, Some(&own)).await?;
    allowance::take(services, Act::Letter, caller.address, Some(&address.key())).await
}

/// Asks for the letter. Whoever reads it may be a stranger, so it calls nobody by a name. It says whose sender it is: of two accounts
/// that want the same address, only one may be that of whoever reads its letters.
async fn send(
    services: &Services,
    owner: UserId,
    sender: SenderId,
    name: FullName,
    address: EmailAddress,
    metadata: &Metadata,
) -> Result<(), Refused> {
    let account = accounts::account(services, owner).await?.ok_or_else(|| Problem::of(&user::Error::NotFound))?;
    // Between quotation marks, an address may say anything to whoever reads it.
    let asks = Some(account.email).filter(|email| !email.as_str().contains('"'));
    let kind = Kind::VerifySender { sender, name, address: address.clone(), owner: asks };
    let full_name = FullName::default();
    let letter = notice::Request { user: owner, kind, to: address, full_name, language: account.language };
    let asked = Append::begin::<Notice>(Uuid::now_v7(), vec![notice::Event::Requested(letter)])?;
    services.store.append(&[asked], metadata).await.map_err(AppendError::refused::<Notice>)?;
    Ok(())
}
