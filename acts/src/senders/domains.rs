//! Domains whose letters are signed: their keys, what to publish about them, and who may write from all of their addresses.
//!
//! A key is made and waits; somebody enters its record; then it is activated, and the one before it retires. Its record stays needed for
//! a while, by the letters that are on their way. So a domain signs at every moment, and nothing is ever refused for a key that nobody
//! can look up.

pub use super::keys::ImportKey;
use super::keys::{self, Fresh};
use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::accounts;
use crate::who::rights::Administrator;
use crate::{Services, together};
use domain::sender_domain::{Algorithm, Command, DomainName, Error, Holding, Selector, SenderDomain};
use domain::{Code, Decide, SenderDomainId, UserId, user};
use eventstore::{Append, ExecuteError, Loaded, Metadata, Receipt};
use projections::sealed_keys;
use projections::senders::domains::Key;
use words::senders::Problem as Said;

/// A domain to add.
#[derive(Clone, Debug)]
pub struct NewDomain {
    /// The domain.
    pub domain: String,
    /// Keys to bring along. Without any, an RSA and an Ed25519 key are made.
    pub import: Vec<ImportKey>,
}

/// A record of the name service (DNS) that a key needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The whole name of the record, without a dot at the end.
    pub name: String,
    /// What stands in the record, of the type TXT.
    pub value: String,
    /// The record as a line of a zone file.
    pub zone_line: String,
}

/// How many keys can be brought along with a new domain.
pub const MAX_IMPORTED: usize = 10;

/// The record that has to be published for a key of this domain.
#[must_use]
pub fn record(domain: &str, key: &Key) -> Record {
    let name = format!("{}._domainkey.{domain}", key.selector);
    let value = format!("v=DKIM1; k={}; p={}", key.algorithm.name(), key.public);
    let zone_line = match (dkim::Selector::parse(&key.selector), dkim::Domain::parse(domain)) {
        (Ok(selector), Ok(domain)) => dkim::keys::record::zone_line(&selector, &domain, &value),
        // Names that were accepted by rules of another time.
        _ => format!("{name}. IN TXT \"{value}\""),
    };
    Record { name, value, zone_line }
}

/// Adds a domain with its keys, which wait until their records are published and somebody activates them.
pub async fn add(
    services: &Services,
    _by: Administrator,
    new: NewDomain,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let master = keys::master_key(services)?;
    let mut problems = Problems::default();
    if new.import.len() > MAX_IMPORTED {
        let words = Said::TooManyKeys { most: MAX_IMPORTED };
        problems.extend([Problem::new(Code::DkimKeyInvalid, &["importKeys"], words)]);
    }
    let domain = problems.take(domain(&new.domain));
    let selectors = problems.take(selectors(new.import.iter().map(|key| key.selector.as_str())));
    let (Some(domain), Some(selectors), true) = (domain, selectors, problems.is_empty()) else {
        return Err(problems.into());
    };
    let (id, loaded) = load(services, &domain).await?;
    // Before keys are made, which takes a while.
    decided(&loaded, vec![Command::Add { domain: domain.clone() }])?;
    let fresh = if new.import.is_empty() {
        let fresh = |algorithm| (loaded.state.fresh_selector(algorithm, services.now()), algorithm);
        keys::make(master, id, Algorithm::ALL.map(fresh).to_vec()).await?
    } else {
        let read = |(key, selector)| keys::import(master, id, key, selector, &["importKeys"]);
        new.import.iter().zip(selectors).map(read).collect::<Result<_, _>>()?
    };
    let before = vec![Command::Add { domain: domain.clone() }];
    let receipt = keep(services, id, loaded, before, &fresh, metadata).await?;
    Ok((domain, receipt))
}

/// Brings a key along for a domain that is there, which waits until somebody activates it.
pub async fn import_key(
    services: &Services,
    _by: Administrator,
    domain: &str,
    key: ImportKey,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let master = keys::master_key(services)?;
    let mut problems = Problems::default();
    let (domain, selector) = (problems.take(self::domain(domain)), problems.take(selector(&key.selector)));
    let (Some(domain), Some(selector)) = (domain, selector) else { return Err(problems.into()) };
    let (id, loaded) = load(services, &domain).await?;
    let fresh = keys::import(master, id, &key, selector, &["key"])?;
    let receipt = keep(services, id, loaded, vec![], &[fresh], metadata).await?;
    Ok((domain, receipt))
}

/// Makes new keys for those that sign, or of each algorithm if none does. They wait until their records are published and somebody
/// activates them, which retires the ones before.
pub async fn rotate(
    services: &Services,
    _by: Administrator,
    domain: &str,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let master = keys::master_key(services)?;
    let domain = self::domain(domain)?;
    let (id, loaded) = load(services, &domain).await?;
    let holding = loaded.state.holding().ok_or_else(|| Problem::of(&Error::NotFound))?;
    let mut algorithms: Vec<Algorithm> = holding.active().map(|key| key.algorithm).collect();
    if algorithms.is_empty() {
        algorithms = Algorithm::ALL.to_vec();
    }
    let now = services.now();
    let named = |algorithm| (loaded.state.fresh_selector(algorithm, now), algorithm);
    let fresh = keys::make(master, id, algorithms.into_iter().map(named).collect()).await?;
    let receipt = keep(services, id, loaded, vec![], &fresh, metadata).await?;
    Ok((domain, receipt))
}

/// Has letters signed with these keys from now on; without any, with the latest of each algorithm that waits. Whoever asks has
/// published their records.
pub async fn activate(
    services: &Services,
    _by: Administrator,
    domain: &str,
    selectors: &[String],
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let mut problems = Problems::default();
    let domain = problems.take(self::domain(domain));
    let selectors = problems.take(self::selectors(selectors.iter().map(String::as_str)));
    let (Some(domain), Some(mut selectors)) = (domain, selectors) else { return Err(problems.into()) };
    let (id, loaded) = load(services, &domain).await?;
    if selectors.is_empty() {
        let waiting = loaded.state.holding().map(Holding::waiting).unwrap_or_default();
        selectors = waiting.into_iter().map(|key| key.selector.clone()).collect();
    }
    let at = services.now();
    let commands: Vec<Command> =
        selectors.iter().map(|selector| Command::Activate { selector: selector.clone(), at }).collect();
    decided(&loaded, commands.clone())?;
    // What does not open could sign nothing, and its domain would send nothing.
    let master = keys::master_key(services)?;
    for selector in &selectors {
        let sealed = sealed_keys::of(services.pool(), id, selector).await?;
        let purpose = sealed_keys::purpose(id, selector.as_str());
        if sealed.is_none_or(|sealed| master.open(&purpose, &sealed).is_err()) {
            return Err(Problem::new(Code::MasterKeyMissing, &["selector"], Said::MasterKeyOther).into());
        }
    }
    let receipt = services.store.execute_all::<SenderDomain>(id.0, None, commands, |_| Ok(None), metadata).await?;
    Ok((domain, receipt))
}

/// Has letters signed with a key no longer. Its record stays needed for [`domain::sender_domain::OVERLAP`].
pub async fn retire(
    services: &Services,
    _by: Administrator,
    domain: &str,
    selector: &str,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let (domain, selector) = named(domain, selector)?;
    let command = Command::Retire { selector, at: services.now() };
    execute(services, domain, command, metadata).await
}

/// Forgets a key that no letter needs any more.
pub async fn remove_key(
    services: &Services,
    _by: Administrator,
    domain: &str,
    selector: &str,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let (domain, selector) = named(domain, selector)?;
    let (id, loaded) = load(services, &domain).await?;
    let command = Command::RemoveKey { selector: selector.clone(), at: services.now() };
    let receipt = forget(services, id, loaded, command, Some(&selector), metadata).await?;
    Ok((domain, receipt))
}

/// Lets an owner write from all addresses of a domain.
pub async fn grant(
    services: &Services,
    _by: Administrator,
    domain: &str,
    owner: UserId,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let domain = self::domain(domain)?;
    if accounts::account(services, owner).await?.is_none() {
        return Err(Problem::of(&user::Error::NotFound).at(&["userId"]).into());
    }
    execute(services, domain, Command::Grant { owner }, metadata).await
}

/// Lets an owner write from no other addresses of a domain than those that they have verified.
pub async fn withdraw(
    services: &Services,
    _by: Administrator,
    domain: &str,
    owner: UserId,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    execute(services, self::domain(domain)?, Command::Withdraw { owner }, metadata).await
}

/// Removes a domain with its keys and grants.
pub async fn remove(
    services: &Services,
    _by: Administrator,
    domain: &str,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let domain = self::domain(domain)?;
    let (id, loaded) = load(services, &domain).await?;
    let receipt = forget(services, id, loaded, Command::Remove { at: services.now() }, None, metadata).await?;
    Ok((domain, receipt))
}

/// The domain of an input.
pub fn domain(text: &str) -> Result<DomainName, Problem> {
    DomainName::parse(text).map_err(|error| Problem::of(&error))
}

fn selector(text: &str) -> Result<Selector, Problem> {
    Selector::parse(text).map_err(|error| Problem::of(&error))
}

fn selectors<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<Selector>, Problem> {
    texts.map(selector).collect()
}

/// A domain and one of its keys.
fn named(domain: &str, selector: &str) -> Result<(DomainName, Selector), Refused> {
    let mut problems = Problems::default();
    match (problems.take(self::domain(domain)), problems.take(self::selector(selector))) {
        (Some(domain), Some(selector)) => Ok((domain, selector)),
        _ => Err(problems.into()),
    }
}

async fn load(services: &Services, domain: &DomainName) -> Result<(SenderDomainId, Loaded<SenderDomain>), Refused> {
    let id = SenderDomainId::derive(domain);
    Ok((id, services.store.load::<SenderDomain>(id.0).await?))
}

/// What these commands do, all of them.
fn decided(
    loaded: &Loaded<SenderDomain>,
    commands: Vec<Command>,
) -> Result<Vec<domain::sender_domain::Event>, Refused> {
    loaded.state.decide_all(commands).map_err(|error| ExecuteError::Refused(error).into())
}

async fn execute(
    services: &Services,
    domain: DomainName,
    command: Command,
    metadata: &Metadata,
) -> Result<(DomainName, Receipt), Refused> {
    let id = SenderDomainId::derive(&domain);
    let receipt = services.store.execute::<SenderDomain>(id.0, command, metadata).await?;
    Ok((domain, receipt))
}

/// Stores keys and their events together, after what comes `before` them.
async fn keep(
    services: &Services,
    id: SenderDomainId,
    loaded: Loaded<SenderDomain>,
    before: Vec<Command>,
    fresh: &[Fresh],
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    let at = services.now();
    let made = fresh.iter().map(|key| Command::MakeKey {
        selector: key.selector.clone(),
        algorithm: key.algorithm,
        public: key.public.clone(),
        imported: key.imported,
        at,
    });
    let events = decided(&loaded, before.into_iter().chain(made).collect())?;
    let append = Append::new(id.0, loaded, events)?;
    let mut transaction = services.store.begin_steps().await?;
    for key in fresh {
        sealed_keys::keep(&mut *transaction, id, &key.selector, &key.sealed, &key.under).await?;
    }
    together::commit(services, transaction, &[append], metadata).await
}

/// Does something after which private halves are not needed, and forgets them with it.
async fn forget(
    services: &Services,
    id: SenderDomainId,
    loaded: Loaded<SenderDomain>,
    command: Command,
    selector: Option<&Selector>,
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    let events = decided(&loaded, vec![command])?;
    if events.is_empty() {
        let position = services.store.last_position::<SenderDomain>(id.0).await?;
        return Ok(Receipt { position, version: loaded.version });
    }
    let append = Append::new(id.0, loaded, events)?;
    let mut transaction = services.store.begin_steps().await?;
    sealed_keys::forget(&mut *transaction, id, selector).await?;
    together::commit(services, transaction, &[append], metadata).await
}
