//! Whether other mail servers will believe letters of a sender's domain: what its records in the name service (DNS) say.
//!
//! Nothing here asks anybody. [`check`] works from the [`Answers`] that are known, and tells the [`Question`]s that are still open;
//! whoever asks these adds the answers and calls it again, until it has all that it needs.
//!
//! * [`spf`]: which servers may send for the domain (RFC 7208).
//! * [`dkim`]: the keys that its letters are signed with (RFC 6376).
//! * [`dmarc`]: what others are to do with letters that do not fit, and what "fit" means (RFC 7489, RFC 9989).
//! * `mx`: whether replies and bounces arrive.

mod action;
mod asking;
pub mod dkim;
pub mod dmarc;
mod error;
mod finding;
mod mx;
mod name;
mod not_aligned;
mod sender;
pub mod spf;
#[cfg(test)]
mod tests;

pub use asking::{Answer, Answers, Kind, Question};
pub use error::Error;
pub use finding::{Finding, Record, Subject, Verdict, What};
pub use name::{Domain, MAX_SELECTORS, Selector};
pub use not_aligned::NotAligned;
pub use sender::{Returns, Sender};

use asking::Asking;
use std::collections::BTreeSet;

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
