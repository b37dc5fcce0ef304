//! Whether other mail servers will believe letters of a domain, as its records say.
//!
//! A domain is checked as it is named, so that its records can be made before a letter is from it.

use super::Dns;
use crate::Services;
use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::Caller;
use crate::who::allowance::{self, Act};
use crate::who::rights::{Administrator, Owner};
use domain::alignment::{Domain, Error, Finding, Returns, Selector, Sender};
use projections::senders::domains;
use sqlx::PgPool;

/// What checks need.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    /// The way to the name service.
    pub dns: Dns,
    /// The domain that all letters are from (`MAIL_FROM`); empty if nobody said.
    pub from: String,
    /// Whether no mailing may start whose letters many mail servers would not believe (`REQUIRE_ALIGNMENT`).
    pub required: bool,
    /// Where letters come back (`BOUNCE_DOMAIN`); none if they come back to their senders.
    pub returns: Option<Returns>,
}

/// What somebody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The domain; without one, that of `MAIL_FROM`.
    pub domain: Option<String>,
    /// The names of its DKIM keys; without any, of those that letters of the domain are signed with here.
    pub selectors: Vec<String>,
}

/// What was found about a domain.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The domain.
    pub domain: Domain,
    /// What was found, in the order in which it is read.
    pub findings: Vec<Finding>,
}

impl Senders {
    /// Reads what somebody wants to know; everything that is wrong with it.
    pub fn read(&self, wanted: &Wanted) -> Result<Sender, Vec<Error>> {
        let domain = Domain::parse(wanted.domain.as_deref().unwrap_or(&self.from));
        match (domain, Selector::parse_all(&wanted.selectors)) {
            (Ok(domain), Ok(selectors)) => Ok(self.with_keys(domain, selectors)),
            (domain, selectors) => Err([domain.err(), selectors.err()].into_iter().flatten().collect()),
        }
    }

    /// Whoever sends letters from this domain, with none of its keys named.
    #[must_use]
    pub fn of(&self, domain: Domain) -> Sender {
        self.with_keys(domain, Vec::new())
    }

    fn with_keys(&self, domain: Domain, selectors: Vec<Selector>) -> Sender {
        Sender::new(domain, selectors).returning(self.returns.as_ref())
    }

    /// Looks at a sender's domain.
    pub async fn look(&self, sender: Sender) -> Checked {
        let findings = self.dns.check(&sender).await;
        Checked { domain: sender.domain, findings }
    }
}

/// Looks at a domain for an owner, who may ask that often only: others' servers are asked.
pub async fn check(services: &Services, caller: &Caller, owner: Owner, wanted: &Wanted) -> Result<Checked, Refused> {
    let sender = services.senders.read(wanted).map_err(|errors| {
        let mut problems = Problems::default();
        // They are arguments, and no fields of an input.
        problems.extend(errors.iter().map(|error| Problem::of(error).at(&[])));
        Refused::from(problems)
    })?;
    // An id is of one account only, as an address is.
    let account = owner.id().to_string();
    allowance::take(services, Act::SenderCheck, caller.address, Some(&account)).await?;
    let sender = with_own_keys(services.pool(), sender).await?;
    Ok(services.senders.look(sender).await)
}

/// Looks at the domain that all letters are from; the error if it is one that nobody but this machine knows.
pub async fn check_own(services: &Services, _by: Administrator) -> Result<Result<Checked, Error>, sqlx::Error> {
    let domain = match Domain::parse(&services.senders.from) {
        Ok(domain) => domain,
        Err(error) => return Ok(Err(error)),
    };
    let sender = with_own_keys(services.pool(), services.senders.of(domain)).await?;
    Ok(Ok(services.senders.look(sender).await))
}

/// The same sender; if nobody named any of its keys, with the names of those that letters of its domain are signed with here.
pub async fn with_own_keys(pool: &PgPool, sender: Sender) -> Result<Sender, sqlx::Error> {
    if !sender.selectors.is_empty() {
        return Ok(sender);
    }
    let domain = sender.domain.to_string();
    let selectors: Vec<String> =
        domains::signing(pool, &[domain]).await?.into_iter().map(|(_, selector)| selector).collect();
    Ok(sender.signed_with(&selectors))
}
