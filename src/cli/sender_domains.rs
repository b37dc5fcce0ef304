//! `skymailing sender ...`: the domains whose letters are signed, for those who have the command line.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::senders::domains::{self, ImportKey, NewDomain, record};
use acts::who::Operator;
use acts::who::rights::Administrator;
use anyhow::Context as _;
use domain::sender_domain::{DomainName, OVERLAP};
use domain::{EmailAddress, SenderDomainId, UserId};
use projections::senders::domains::{self as read, Key, SenderDomain};
use projections::users;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// More domains than anybody has.
const DOMAINS: i64 = 10_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Act {
    /// Add a domain whose letters are signed, with keys that wait, and print the records to enter.
    AddDomain(Adding),
    /// Show the domains whose letters are signed.
    Domains(Listing),
    /// Print the records of a domain's keys, as lines of a zone file.
    Records(Whole),
    /// Bring a key along for a domain; it waits until it is activated.
    ImportKey(Importing),
    /// Sign with these keys from now on, or with all that wait; those before them retire. Their records have to be published.
    Activate(Keys),
    /// Make new keys for those that sign, and print the records to enter; activate them then.
    Rotate(Whole),
    /// Sign with a key no longer; its record stays needed for a week.
    Retire(OneKey),
    /// Forget a key that no letter needs any more; without a key, the whole domain.
    Remove(Removing),
    /// Let a user write from all addresses of a domain.
    Grant(Granting),
    /// Let a user write from no other addresses of a domain than those that they have verified.
    Withdraw(Granting),
}

#[derive(Debug, clap::Args)]
pub(super) struct Adding {
    /// The domain.
    domain: String,
    /// A private key to bring along, in PEM and not encrypted; can be given several times. Without it keys are made.
    #[arg(long = "import", value_name = "FILE", requires = "selectors")]
    imports: Vec<PathBuf>,
    /// The name of that key, under which its record is published; as often as `--import`.
    #[arg(long = "selector", value_name = "NAME", requires = "imports")]
    selectors: Vec<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Listing {
    /// Print a line of JSON for each.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Whole {
    /// The domain.
    domain: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Importing {
    /// The domain.
    domain: String,
    /// The private key, in PEM and not encrypted.
    file: PathBuf,
    /// The name of the key, under which its record is published.
    #[arg(long, value_name = "NAME")]
    selector: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    /// The domain.
    domain: String,
    /// The names of the keys; without any, the latest that wait.
    selectors: Vec<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct OneKey {
    /// The domain.
    domain: String,
    /// The name of the key.
    selector: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Removing {
    /// The domain.
    domain: String,
    /// The name of the key; without it the domain goes with all that it has.
    selector: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Granting {
    /// The domain.
    domain: String,
    /// The user's address.
    user: String,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

/// A domain with all that there is to tell of it.
struct Told {
    domain: SenderDomain,
    keys: Vec<Key>,
    /// The addresses of those whom it is granted to.
    granted: Vec<String>,
}

impl Act {
    fn json(&self) -> bool {
        match self {
            Self::AddDomain(Adding { json, .. })
            | Self::Domains(Listing { json })
            | Self::Records(Whole { json, .. })
            | Self::ImportKey(Importing { json, .. })
            | Self::Activate(Keys { json, .. })
            | Self::Rotate(Whole { json, .. })
            | Self::Retire(OneKey { json, .. })
            | Self::Remove(Removing { json, .. })
            | Self::Grant(Granting { json, .. })
            | Self::Withdraw(Granting { json, .. }) => *json,
        }
    }

    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        // Before a database is waited for.
        let imports = match &self {
            Self::AddDomain(Adding { imports, selectors, .. }) => {
                anyhow::ensure!(
                    imports.len() == selectors.len(),
                    "each --import needs a --selector, in the same order"
                );
                imports
                    .iter()
                    .zip(selectors)
                    .map(|(file, selector)| key(file, selector))
                    .collect::<anyhow::Result<Vec<_>>>()?
            }
            Self::ImportKey(Importing { file, selector, .. }) => vec![key(file, selector)?],
            _ => Vec::new(),
        };
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = self.act(&node, imports, &stop).await;
        node.close().await?;
        for line in done? {
            output::say(&line);
        }
        Ok(())
    }

    /// The lines to say when it is done.
    async fn act(&self, node: &Node, imports: Vec<ImportKey>, stop: &CancellationToken) -> anyhow::Result<Vec<String>> {
        node.caught_up(stop).await?;
        let pool = node.services.pool();
        if let Self::Domains(_) = self {
            let told = told(node, read::page(pool, None, DOMAINS).await?).await?;
            return Ok(self.lines(&told, false));
        }
        let domain = self.change(node, imports, Operator::of_this_host().administrator().right()).await?;
        let rows: Vec<SenderDomain> = read::get(pool, &domain).await?.into_iter().collect();
        if matches!(self, Self::Remove(Removing { selector: None, .. })) && rows.is_empty() {
            let gone = format!("{domain} is removed; its letters are not signed here any more.");
            return Ok(vec![if self.json() { json!({ "removed": domain.as_str() }).to_string() } else { gone }]);
        }
        anyhow::ensure!(!rows.is_empty(), "{domain} is not among the domains whose letters are signed");
        let records = matches!(self, Self::AddDomain(_) | Self::Records(_) | Self::ImportKey(_) | Self::Rotate(_));
        Ok(self.lines(&told(node, rows).await?, records))
    }

    /// Does what is to be done, and tells the domain that it was done to.
    async fn change(&self, node: &Node, imports: Vec<ImportKey>, by: Administrator) -> anyhow::Result<DomainName> {
        let (services, metadata) = (&node.services, &super::metadata());
        let (domain, receipt) = match self {
            Self::Domains(_) => anyhow::bail!("nothing is changed"),
            Self::Records(Whole { domain, .. }) => return DomainName::parse(domain).map_err(super::told),
            Self::AddDomain(Adding { domain, .. }) => {
                let new = NewDomain { domain: domain.clone(), import: imports };
                domains::add(services, by, new, metadata).await?
            }
            Self::ImportKey(Importing { domain, .. }) => {
                let key = imports.into_iter().next().context("there is no key")?;
                domains::import_key(services, by, domain, key, metadata).await?
            }
            Self::Activate(Keys { domain, selectors, .. }) => {
                domains::activate(services, by, domain, selectors, metadata).await?
            }
            Self::Rotate(Whole { domain, .. }) => domains::rotate(services, by, domain, metadata).await?,
            Self::Retire(OneKey { domain, selector, .. }) => {
                domains::retire(services, by, domain, selector, metadata).await?
            }
            Self::Remove(Removing { domain, selector: Some(selector), .. }) => {
                domains::remove_key(services, by, domain, selector, metadata).await?
            }
            Self::Remove(Removing { domain, selector: None, .. }) => {
                domains::remove(services, by, domain, metadata).await?
            }
            Self::Grant(Granting { domain, user, .. }) => {
                domains::grant(services, by, domain, owner(node, user).await?, metadata).await?
            }
            Self::Withdraw(Granting { domain, user, .. }) => {
                domains::withdraw(services, by, domain, owner(node, user).await?, metadata).await?
            }
        };
        services.shown(receipt.position).await;
        Ok(domain)
    }

    fn lines(&self, all: &[Told], records: bool) -> Vec<String> {
        if self.json() {
            return all.iter().map(|told| told.as_json().to_string()).collect();
        }
        if all.is_empty() {
            return vec!["There are none.".to_owned()];
        }
        all.iter().flat_map(|told| told.lines(records)).collect()
    }
}

/// A key that somebody brings along.
fn key(file: &Path, selector: &str) -> anyhow::Result<ImportKey> {
    let pem = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(ImportKey { pem: SecretString::from(pem), selector: selector.to_owned() })
}

async fn owner(node: &Node, user: &str) -> anyhow::Result<UserId> {
    let email = EmailAddress::parse(user).map_err(super::told)?;
    let user = users::by_email(node.services.pool(), &email).await?;
    let user = user.with_context(|| format!("nobody has an account with the address {email}"))?;
    Ok(UserId(user.id))
}

async fn told(node: &Node, rows: Vec<SenderDomain>) -> anyhow::Result<Vec<Told>> {
    let pool = node.services.pool();
    let mut all = Vec::with_capacity(rows.len());
    for domain in rows {
        let keys = read::keys_of(pool, SenderDomainId(domain.id)).await?;
        let owners: Vec<Uuid> = read::grants(pool, &[domain.id]).await?.iter().map(|grant| grant.owner_id).collect();
        let found = users::by_ids(pool, &owners).await?;
        let mut granted = Vec::with_capacity(found.len());
        for (_, user) in found {
            granted.push(user?.email);
        }
        granted.sort();
        all.push(Told { domain, keys, granted });
    }
    Ok(all)
}

/// What a key does, in a word.
fn status(key: &Key) -> &'static str {
    match (key.activated_at, key.retired_at) {
        (None, _) => "waiting",
        (Some(_), None) => "active",
        (Some(_), Some(_)) => "retired",
    }
}

impl Told {
    fn lines(&self, records: bool) -> Vec<String> {
        let mut lines = vec![self.domain.domain.clone()];
        for key in &self.keys {
            let needed =
                key.retired_at.map(|at| format!(", its record is needed until {}", (at + OVERLAP).date_naive()));
            let (algorithm, status) = (key.algorithm.name(), status(key));
            lines.push(format!("  {}  {algorithm}  {status}{}", key.selector, needed.unwrap_or_default()));
            if records {
                lines.push(format!("    {}", record(&self.domain.domain, key).zone_line));
            }
        }
        lines.extend(self.granted.iter().map(|email| format!("  granted to {email}")));
        // Without their names a check looks for the keys that sign already.
        let waiting: String = read::waiting(&self.keys).map(|key| " --selector ".to_owned() + &key.selector).collect();
        if records && !waiting.is_empty() {
            lines.push(format!(
                "Enter these records, wait until others see them (skymailing sender check {0}{waiting}), and activate the \
                 keys: skymailing sender activate {0}",
                self.domain.domain
            ));
        }
        lines
    }

    fn as_json(&self) -> Value {
        let key = |key: &Key| {
            let record = record(&self.domain.domain, key);
            json!({
                "selector": key.selector,
                "algorithm": key.algorithm.name(),
                "status": status(key),
                "imported": key.imported,
                "made_at": key.made_at,
                "activated_at": key.activated_at,
                "retired_at": key.retired_at,
                "record": { "name": record.name, "type": "TXT", "value": record.value },
                "zone_line": record.zone_line,
            })
        };
        let keys: Vec<Value> = self.keys.iter().map(key).collect();
        json!({
            "domain": self.domain.domain,
            "added_at": self.domain.added_at,
            "keys": keys,
            "granted": self.granted,
        })
    }
}
