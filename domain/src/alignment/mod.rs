//! Whether other mail servers will believe letters of a sender's domain: what its records in the name service (DNS) say.
//!
//! Nothing here asks anybody. [`check`] works from the [`Answers`] that are known, and tells the [`Question`]s that are still open;
//! whoever asks these adds the answers and calls it again, until it has all that it needs.
//!
//! * [`spf`]: which servers may send for the domain (RFC 7208).
//! * [`dkim`]: the keys that its letters are signed with (RFC 6376).
//! * [`dmarc`]: what others are to do with letters that do not fit, and what "fit" means (RFC 7489, RFC 9989).
//! * `mx`: whether replies and bounces arrive.

mod asking;
pub mod dkim;
pub mod dmarc;
mod error;
mod finding;
mod mx;
mod name;
pub mod spf;
#[cfg(test)]
mod tests;

pub use asking::{Answer, Answers, Kind, Question};
pub use error::{Error, NotAligned};
pub use finding::{Finding, Record, Subject, Verdict, What};
pub use name::{Domain, MAX_SELECTORS, Selector};

use crate::sender_domain::DomainName;
use asking::Asking;
use std::collections::BTreeSet;

/// Whose letters are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    /// The domain of the address that letters are from.
    pub domain: Domain,
    /// The domain that bounces go to (the Return-Path).
    pub return_path: Domain,
    /// The mail server that takes what comes back, as others know it; none if nobody said.
    pub exchange: Option<Domain>,
    /// Under which names the domain's DKIM keys are published; none if nobody said.
    pub selectors: Vec<Selector>,
}

/// Where letters come back that do not come back to their senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returns {
    domain: Domain,
    exchange: Option<Domain>,
}

impl Returns {
    /// They come back to this domain, and `exchange` is the mail server that takes them, if anybody knows its name. Of a domain that
    /// nobody else may know it is found that it is not there, as everybody else finds.
    #[must_use]
    pub fn to(domain: &DomainName, exchange: Option<Domain>) -> Self {
        Self { domain: Domain::own(domain), exchange }
    }
}

impl Sender {
    /// A sender whose bounces come back to the domain that its letters are from.
    #[must_use]
    pub fn new(domain: Domain, selectors: Vec<Selector>) -> Self {
        Self { return_path: domain.clone(), domain, exchange: None, selectors }
    }

    /// The same, whose bounces come back there, if that is anywhere else.
    #[must_use]
    pub fn returning(self, returns: Option<&Returns>) -> Self {
        match returns.cloned() {
            Some(Returns { domain, exchange }) => Self { return_path: domain, exchange, ..self },
            None => self,
        }
    }

    /// Whether bounces go to another domain than the one that letters are from, so that SPF is asked of that one.
    #[must_use]
    pub fn returns_elsewhere(&self) -> bool {
        self.return_path != self.domain
    }

    /// A sender whose letters are signed with the keys of these names.
    #[must_use]
    pub fn signed<T: AsRef<str>>(domain: Domain, selectors: &[T]) -> Self {
        Self::new(domain, Vec::new()).signed_with(selectors)
    }

    /// The same, whose letters are signed with the keys of these names: with [`MAX_SELECTORS`] of them if there are more, and without
    /// what can be no name.
    #[must_use]
    pub fn signed_with<T: AsRef<str>>(self, selectors: &[T]) -> Self {
        let selectors = selectors.iter().filter_map(|selector| Selector::parse(selector.as_ref()).ok());
        Self { selectors: selectors.take(MAX_SELECTORS).collect(), ..self }
    }
}

/// How far a check is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These have to be asked first.
    Ask(BTreeSet<Question>),
    /// All that was found, in the order in which it is read.
    Done(Vec<Finding>),
}

/// Looks at a sender's domain with the answers that are known. `from` are the addresses that letters leave from, as far as anybody knows them:
/// SPF is evaluated for each of them.
#[must_use]
pub fn check(sender: &Sender, from: &[spf::Network], answers: &Answers) -> Step {
    let mut asking = Asking::new(answers);
    // All parts look, so that all that is open is asked at once.
    let parts = [
        spf::look(sender, from, &mut asking),
        dkim::look(sender, &mut asking),
        dmarc::look(&sender.domain, &mut asking),
        mx::look(sender, &mut asking),
        return_path(sender, &mut asking),
    ];
    let open = asking.into_open();
    if open.is_empty() { Step::Done(parts.into_iter().flatten().flatten().collect()) } else { Step::Ask(open) }
}

/// Whether bounces can come back, and whether SPF counts for DMARC: it does if their domain fits the one that letters are from.
fn return_path(sender: &Sender, asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    let Sender { domain, return_path, .. } = sender;
    let arrives = if sender.returns_elsewhere() { mx::of_return_path(sender, asking) } else { Some(Vec::new()) };
    let mode = dmarc::mode_of_spf(domain, asking);
    let same = dmarc::same_organisation(domain, return_path, asking);
    let (mut findings, mode, same) = (arrives?, mode?, same?);
    let fits = match same {
        _ if !sender.returns_elsewhere() => true,
        Ok(same) => same && mode == dmarc::Mode::Relaxed,
        Err(dmarc::Untold::Own) => return Some(findings),
        Err(dmarc::Untold::Other { name }) => {
            findings.push(Finding::of(What::NoAnswer { subject: Subject::ReturnPath, name }));
            return Some(findings);
        }
    };
    let what = if fits {
        What::ReturnPathFits { domain: return_path.to_string() }
    } else {
        What::ReturnPathElsewhere { domain: return_path.to_string() }
    };
    findings.push(Finding::of(what));
    Some(findings)
}
