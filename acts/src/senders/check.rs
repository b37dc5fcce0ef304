//! Whether other mail servers will believe letters of a domain, as its records say.
//!
//! A domain is checked as it is named, so that its records can be made before a letter is from it.

use super::looking::{Checked, Wanted};
use crate::Services;
use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::Caller;
use crate::who::allowance::{self, Act};
use crate::who::rights::{Administrator, Owner};
use domain::alignment::{Domain, Error, Sender};
use projections::senders::domains;
use sqlx::PgPool;

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
