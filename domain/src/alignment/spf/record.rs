//! The record in which a domain says who sends its letters.

use super::network::{self, Network};
use crate::alignment::asking::{Answer, Asking, Kind};
use crate::alignment::finding::excerpt;

/// So many look-ups a record may make, with all that it includes (RFC 7208, 4.6.4).
pub const MOST_LOOKUPS: u32 = 10;

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
pub(super) fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(fits)).then_some((name, value))
}

pub(super) fn qualified(term: &str) -> (Qualifier, &str) {
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

pub(super) fn has_macro(text: &str) -> bool {
    text.contains('%')
}

/// What one domain publishes.
pub(super) enum Published {
    One(Spf),
    Wrong { term: String },
    Nothing,
    Several(Vec<String>),
    NotAnswered,
}

pub(super) fn published(domain: &str, asking: &mut Asking<'_>) -> Option<Published> {
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
