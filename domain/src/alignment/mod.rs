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

use asking::Asking;
use std::collections::BTreeSet;

/// Whose letters are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    /// The domain of the address that letters are from.
    pub domain: Domain,
    /// The domain that bounces go to (the Return-Path).
    pub return_path: Domain,
    /// Under which names the domain's DKIM keys are published; none if nobody said.
    pub selectors: Vec<Selector>,
}

impl Sender {
    /// A sender whose bounces come back to the domain that its letters are from.
    #[must_use]
    pub fn new(domain: Domain, selectors: Vec<Selector>) -> Self {
        Self { return_path: domain.clone(), domain, selectors }
    }

    /// The same, whose letters are signed with the keys of these names: with [`MAX_SELECTORS`] of them if there are more, and without
    /// what can be no name.
    #[must_use]
    pub fn signed<T: AsRef<str>>(domain: Domain, selectors: &[T]) -> Self {
        let selectors = selectors.iter().filter_map(|selector| Selector::parse(selector.as_ref()).ok());
        Self::new(domain, selectors.take(MAX_SELECTORS).collect())
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
    let deaf = if return_path == domain { Some(Vec::new()) } else { mx::deaf(return_path, asking) };
    let mode = dmarc::mode_of_spf(domain, asking);
    let own = dmarc::organisation(domain, asking);
    let others = dmarc::organisation(return_path, asking);
    let (mut findings, mode, own, others) = (deaf?, mode?, own?, others?);
    let fits = match (own, others) {
        _ if return_path == domain => true,
        (Ok(own), Ok(others)) => mode == dmarc::Mode::Relaxed && own == others,
        // Of the one domain this is told where DMARC is.
        (Err(_), _) => return Some(findings),
        (Ok(_), Err(name)) => {
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
