//! SPF: which servers may send for a domain (RFC 7208).
//!
//! A record is read, its look-ups are counted with all that it includes, and, where it is known from which addresses letters leave, it is
//! evaluated for each of them as a mail server would (`evaluate`).

mod evaluate;
mod macros;
mod network;

pub use network::Network;

use super::asking::{Answer, Asking, Kind};
use super::finding::{Finding, Record, Subject, What, excerpt};
use super::{Domain, Sender};
use evaluate::{Said, said};

/// So many look-ups a record may make, with all that it includes (RFC 7208, 4.6.4).
pub const MOST_LOOKUPS: u32 = 10;

/// From here on nobody counts any more: the record is far from what it may be, or includes itself in a way that is hard to see.
const STOP_COUNTING: u32 = 30;

/// A record that is proposed has no more bytes than that; one that people write has a few hundred (RFC 7208, 3.4).
const LONGEST: usize = 1_000;

/// What becomes of letters from servers that a term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`, or nothing: they may send.
    Pass,
    /// `-`: they may not.
    Fail,
    /// `~`: they should not.
    SoftFail,
    /// `?`: nothing is said.
    Neutral,
}

/// A term that names servers, or says where more is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// `include`: whoever may send for that domain.
    Include(String),
    /// `a`: the addresses of a domain.
    A(Hosts),
    /// `mx`: those of its mail servers.
    Mx(Hosts),
    /// `exists`: every address for which this name has one.
    Exists(String),
    /// `ptr`: a look-up that nobody should use any more.
    Ptr,
    /// `ip4` and `ip6`: no look-up.
    Address(Network),
}

/// Whose addresses `a` and `mx` mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The domain; `None` for the one whose record it is.
    pub domain: Option<String>,
    /// How many bits of an address of IPv4 have to be the same.
    pub four: u8,
    /// The same for an address of IPv6.
    pub six: u8,
}

/// An SPF record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spf {
    /// What stands before `all`, in its order. What stands behind it counts for nothing.
    pub mechanisms: Vec<(Qualifier, Mechanism)>,
    /// What `all` says; `None` without it.
    pub all: Option<Qualifier>,
    /// The domain whose record counts instead, if nothing before fits and there is no `all`.
    pub redirect: Option<String>,
}

/// Whether a text is meant to be an SPF record (RFC 7208, 4.5).
#[must_use]
pub fn is_spf(text: &str) -> bool {
    let (version, _) = text.split_once(' ').unwrap_or((text, ""));
    version.eq_ignore_ascii_case("v=spf1")
}

impl Spf {
    /// Reads an SPF record; the term that makes no sense if there is one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut spf = Self { mechanisms: Vec::new(), all: None, redirect: None };
        for term in text.split(' ').skip(1).filter(|term| !term.is_empty()) {
            let wrong = || term.to_owned();
            if let Some((name, value)) = modifier(term) {
                if name.eq_ignore_ascii_case("redirect") {
                    let twice = spf.redirect.replace(value.to_owned()).is_some();
                    if twice || !is_domain_spec(value) {
                        return Err(wrong());
                    }
                }
                continue;
            }
            let (qualifier, term) = qualified(term);
            let read = mechanism(term).ok_or_else(wrong)?;
            match read {
                _ if spf.all.is_some() => {}
                Read::All => spf.all = Some(qualifier),
                Read::Other(mechanism) => spf.mechanisms.push((qualifier, mechanism)),
            }
        }
        if spf.all.is_some() {
            spf.redirect = None;
        }
        Ok(spf)
    }
}

/// A term with a name and a value (RFC 7208, 6). Those that nobody knows count for nothing.
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(fits)).then_some((name, value))
}

fn qualified(term: &str) -> (Qualifier, &str) {
    let signed = |sign: char, qualifier| term.strip_prefix(sign).map(|rest| (qualifier, rest));
    signed('+', Qualifier::Pass)
        .or_else(|| signed('-', Qualifier::Fail))
        .or_else(|| signed('~', Qualifier::SoftFail))
        .or_else(|| signed('?', Qualifier::Neutral))
        .unwrap_or((Qualifier::Pass, term))
}

enum Read {
    All,
    Other(Mechanism),
}

fn mechanism(term: &str) -> Option<Read> {
    let end = term.find([':', '/']).unwrap_or(term.len());
    let (name, rest) = term.split_at(end);
    let value = rest.strip_prefix(':');
    let other = |mechanism| Some(Read::Other(mechanism));
    match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Some(Read::All),
        "include" => {
            value.filter(|value| is_domain_spec(value)).and_then(|value| other(Mechanism::Include(value.to_owned())))
        }
        "a" => hosts(rest).and_then(|hosts| other(Mechanism::A(hosts))),
        "mx" => hosts(rest).and_then(|hosts| other(Mechanism::Mx(hosts))),
        "exists" => {
            value.filter(|value| is_domain_spec(value)).and_then(|value| other(Mechanism::Exists(value.to_owned())))
        }
        "ptr" if rest.is_empty() || value.is_some_and(is_domain_spec) => other(Mechanism::Ptr),
        "ip4" => network::of_ip4(value?).and_then(|network| other(Mechanism::Address(network))),
        "ip6" => network::of_ip6(value?).and_then(|network| other(Mechanism::Address(network))),
        _ => None,
    }
}

/// What may follow `a` and `mx`: a domain, and the lengths of the networks, `/24`, `//64` or `/24//64`.
fn hosts(rest: &str) -> Option<Hosts> {
    let (domain, lengths) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let domain = match domain.strip_prefix(':') {
        Some(domain) => Some(Some(domain).filter(|domain| is_domain_spec(domain))?.to_owned()),
        None if domain.is_empty() => None,
        None => return None,
    };
    let (four, six) = match lengths.split_once("//") {
        Some((four, six)) => (four, length(six, 128)?),
        None => (lengths, 128),
    };
    let four = if four.is_empty() { 32 } else { length(four.strip_prefix('/')?, 32)? };
    Some(Hosts { domain, four, six })
}

fn length(text: &str, most: u8) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<u8>().ok().filter(|length| is_number && *length <= most)
}

/// A domain, possibly with macros in it (RFC 7208, 7).
fn is_domain_spec(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) && (has_macro(text) || text.contains('.'))
}

fn has_macro(text: &str) -> bool {
    text.contains('%')
}

/// What one domain publishes.
enum Published {
    One(Spf),
    Wrong { term: String },
    Nothing,
    Several(Vec<String>),
    NotAnswered,
}

fn published(domain: &str, asking: &mut Asking<'_>) -> Option<Published> {
    Some(match asking.ask(domain, Kind::Text)? {
        Answer::Failed => Published::NotAnswered,
        Answer::None | Answer::NoSuchDomain => Published::Nothing,
        Answer::Records(texts) => {
            let texts: Vec<&String> = texts.iter().filter(|text| is_spf(text)).collect();
            match texts.as_slice() {
                [] => Published::Nothing,
                [one] => Spf::parse(one).map_or_else(|term| Published::Wrong { term: excerpt(&term) }, Published::One),
                several => Published::Several(several.iter().copied().cloned().collect()),
            }
        }
    })
}

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
