//! Who letters are from: whether other mail servers will believe them, as the records of the sender's domain say.
//!
//! Today all letters are from `MAIL_FROM`. A domain is checked as it is named, so that its records can be made before a letter is
//! from it.

mod dns;

pub use dns::Dns;

use crate::Services;
use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::Caller;
use crate::who::allowance::{self, Act};
use crate::who::rights::{Administrator, Owner};
use domain::alignment::{Domain, Error, Finding, Selector, Sender};

/// What checks need.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    /// The way to the name service.
    pub dns: Dns,
    /// The domain that all letters are from (`MAIL_FROM`); empty if nobody said.
    pub from: String,
}

/// What somebody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The domain; without one, that of `MAIL_FROM`.
    pub domain: Option<String>,
    /// The names of its DKIM keys.
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
            (Ok(domain), Ok(selectors)) => Ok(Sender::new(domain, selectors)),
            (domain, selectors) => Err([domain.err(), selectors.err()].into_iter().flatten().collect()),
        }
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
    Ok(services.senders.look(sender).await)
}

/// Looks at the domain that all letters are from; the error if it is one that nobody but this machine knows.
pub async fn check_own(services: &Services, _by: Administrator) -> Result<Checked, Error> {
    let domain = Domain::parse(&services.senders.from)?;
    Ok(services.senders.look(Sender::new(domain, Vec::new())).await)
}
