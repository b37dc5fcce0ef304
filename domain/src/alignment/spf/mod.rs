//! SPF: which servers may send for a domain (RFC 7208).
//!
//! A record is read, its look-ups are counted with all that it includes, and, where it is known from which addresses letters leave, it is
//! evaluated for each of them as a mail server would (`evaluate`).

mod evaluate;
mod macros;
mod network;
mod record;

pub use network::Network;
pub use record::{Hosts, MOST_LOOKUPS, Mechanism, Qualifier, Spf, is_spf};

use super::asking::{Answer, Asking, Kind};
use super::finding::{Finding, Record, Subject, What, excerpt};
use super::{Domain, Sender};
use evaluate::{Said, said};
use record::{Published, has_macro, modifier, published, qualified};

/// From here on nobody counts any more: the record is far from what it may be, or includes itself in a way that is hard to see.
const STOP_COUNTING: u32 = 30;

/// A record that is proposed has no more bytes than that; one that people write has a few hundred (RFC 7208, 3.4).
const LONGEST: usize = 1_000;

/// What a record comes to with all that it includes.
#[derive(Default)]
struct Sum {
    lookups: u32,
    ptr: bool,
    /// The first thing that is wrong.
    wrong: Option<What>,
}

impl Sum {
    fn wrong(&mut self, what: What) {
        if self.wrong.is_none() {
            self.wrong = Some(what);
        }
    }
}

/// Counts the look-ups of a record, and follows those that lead to other records. What `all` says at its end; `None` if it says
/// nothing, or if something is still to be asked.
fn count(spf: &Spf, path: &mut Vec<String>, sum: &mut Sum, asking: &mut Asking<'_>) -> Option<Qualifier> {
    for (_, mechanism) in &spf.mechanisms {
        match mechanism {
            Mechanism::Address(_) => {}
            Mechanism::A(_) | Mechanism::Mx(_) | Mechanism::Exists(_) => sum.lookups += 1,
            Mechanism::Ptr => {
                sum.lookups += 1;
                sum.ptr = true;
            }
            Mechanism::Include(domain) => {
                sum.lookups += 1;
                follow(domain, path, sum, asking);
            }
        }
    }
    match &spf.redirect {
        Some(domain) => {
            sum.lookups += 1;
            follow(domain, path, sum, asking)
        }
        None => spf.all,
    }
}

fn follow(domain: &str, path: &mut Vec<String>, sum: &mut Sum, asking: &mut Asking<'_>) -> Option<Qualifier> {
    // Where a macro leads, only a letter tells.
    if has_macro(domain) || sum.lookups >= STOP_COUNTING {
        return None;
    }
    let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
    if path.contains(&domain) {
        sum.wrong(What::SpfLoop { domain });
        return None;
    }
    match published(&domain, asking)? {
        Published::One(spf) => {
            path.push(domain);
            let all = count(&spf, path, sum, asking);
            path.pop();
            return all;
        }
        Published::Wrong { term } => sum.wrong(What::SpfSyntax { domain, term }),
        Published::Nothing | Published::Several(_) => sum.wrong(What::SpfIncludeMissing { domain: excerpt(&domain) }),
        Published::NotAnswered => sum.wrong(What::NoAnswer { subject: Subject::Spf, name: domain }),
    }
    None
}

/// What SPF says of the domain that bounces go to, which is the one that others ask about, and of letters that leave `from` somewhere.
pub(super) fn look(sender: &Sender, from: &[Network], asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    let said = of_return_path(sender, from, asking)?;
    let elsewhere =
        sender.returns_elsewhere().then(|| Finding::of(What::SpfElsewhere { domain: sender.return_path.to_string() }));
    Some(elsewhere.into_iter().chain(said).collect())
}

fn of_return_path(sender: &Sender, from: &[Network], asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    let domain = &sender.return_path;
    let what = match published(domain.as_str(), asking)? {
        Published::One(spf) => {
            let (mut findings, counts) = judged(domain, &spf, asking);
            if counts {
                findings.extend(from.iter().filter_map(|network| of_address(domain, *network, asking)));
            }
            return Some(findings);
        }
        Published::Wrong { term } => What::SpfSyntax { domain: domain.to_string(), term },
        Published::Nothing => {
            let value = proposed(sender, from, asking)?;
            return Some(vec![Finding::of(What::SpfMissing).mended_by(Record::text(domain, value))]);
        }
        Published::Several(texts) => {
            let several = Finding::of(What::SpfSeveral { count: texts.len() as u64 });
            return Some(vec![match joined(&texts) {
                Some(value) => several.mended_by(Record::text(domain, value)),
                None => several,
            }]);
        }
        Published::NotAnswered => What::NoAnswer { subject: Subject::Spf, name: domain.to_string() },
    };
    Some(vec![Finding::of(what)])
}

/// A record where there is none. A domain to which only bounces go has no servers of its own that send: those that letters leave from are
/// named, as far as anybody knows them, or whoever may send for the domain that letters are from.
fn proposed(sender: &Sender, from: &[Network], asking: &mut Asking<'_>) -> Option<String> {
    if sender.returns_elsewhere() {
        if !from.is_empty() {
            let named: Vec<String> = from.iter().copied().map(Network::term).collect();
            return Some(format!("v=spf1 {} ~all", named.join(" ")));
        }
        if matches!(published(sender.domain.as_str(), asking)?, Published::One(_)) {
            return Some(format!("v=spf1 include:{} ~all", sender.domain));
        }
    }
    let has_mx = matches!(asking.ask(sender.return_path.as_str(), Kind::Mail)?, Answer::Records(_));
    Some(if has_mx { "v=spf1 mx ~all" } else { "v=spf1 a ~all" }.to_owned())
}

/// What a mail server makes of letters from an address. `None` if something is still to be asked.
fn of_address(domain: &Domain, network: Network, asking: &mut Asking<'_>) -> Option<Finding> {
    let address = network.to_string();
    Some(Finding::of(match said(domain.as_str(), network, asking)? {
        Said::Pass => What::SpfPasses { address },
        Said::Fail => What::SpfFails { address },
        Said::SoftFail => What::SpfSoftFails { address },
        Said::Neutral | Said::Nothing => What::SpfSaysNothing { address },
        Said::Broken => What::SpfBroken { address },
        Said::NotAnswered { name } => What::NoAnswer { subject: Subject::Spf, name },
        Said::Untold => What::SpfUntold { address },
    }))
}

/// What a record is worth, and whether it counts at all, so that it can be asked for addresses.
fn judged(domain: &Domain, spf: &Spf, asking: &mut Asking<'_>) -> (Vec<Finding>, bool) {
    let mut sum = Sum::default();
    let all = count(spf, &mut vec![domain.to_string()], &mut sum, asking);
    // Nobody would look further than that, either.
    let what = if sum.lookups > MOST_LOOKUPS && !matches!(sum.wrong, Some(What::SpfLoop { .. })) {
        What::SpfLookups { lookups: sum.lookups }
    } else if let Some(wrong) = sum.wrong {
        wrong
    } else {
        let names_nobody = spf.mechanisms.is_empty() && spf.redirect.is_none();
        match all {
            Some(Qualifier::Pass) => What::SpfOpen,
            Some(Qualifier::Fail | Qualifier::SoftFail) if names_nobody => What::SpfNobody,
            Some(Qualifier::Fail | Qualifier::SoftFail) => What::SpfGood { lookups: sum.lookups },
            Some(Qualifier::Neutral) | None => What::SpfNeutral,
        }
    };
    let counts = matches!(what, What::SpfGood { .. } | What::SpfNeutral | What::SpfOpen | What::SpfNobody);
    let mut findings = vec![Finding::of(what)];
    if sum.ptr {
        findings.push(Finding::of(What::SpfPtr));
    }
    (findings, counts)
}

/// One record of several: all that they name, once each, and one `all`. None if that makes no sense, or is too long for anybody to
/// enter it: what stands in these records may be anything, and this is to be copied.
fn joined(texts: &[String]) -> Option<String> {
    let mut terms: Vec<&str> = Vec::new();
    for term in texts.iter().flat_map(|text| text.split(' ').skip(1)) {
        let (_, bare) = qualified(term);
        let ends = bare.eq_ignore_ascii_case("all") || modifier(term).is_some();
        if !term.is_empty() && !ends && !terms.contains(&term) {
            terms.push(term);
        }
    }
    let named: String = terms.iter().flat_map(|term| [" ", *term]).collect();
    let value = format!("v=spf1{named} ~all");
    (value.len() <= LONGEST && Spf::parse(&value).is_ok()).then_some(value)
}
