//! DMARC: what others are to do with letters that do not fit, and what "fit" means (RFC 7489, RFC 9989).

pub use super::action::Action;

use super::Domain;
use super::asking::{Answer, Asking, Kind};
use super::dkim::tags;
use super::finding::{Finding, Record, Subject, What};

/// So many names are asked on the way up (RFC 9989, section 4.10).
const MOST_STEPS: usize = 8;

/// How closely a domain has to fit the one that a letter is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `r`: both belong to the same organisation.
    #[default]
    Relaxed,
    /// `s`: they are the same.
    Strict,
}

/// A DMARC record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `p`: what is to become of letters of the domain itself.
    pub action: Action,
    /// `sp`: of letters of domains below it; without it the same.
    pub below: Option<Action>,
    /// `adkim`: how closely the domain of a signature has to fit.
    pub dkim: Mode,
    /// `aspf`: how closely the domain that bounces go to has to fit.
    pub spf: Mode,
    /// `psd`: whether the domain stands above others' (`y`), or is an organisation's own (`n`).
    pub above_others: Option<bool>,
}

/// Whether a text is meant to be a DMARC record.
#[must_use]
pub fn is_dmarc(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    first.split_once('=').is_some_and(|(name, value)| name.trim() == "v" && value.trim() == "DMARC1")
}

impl Policy {
    /// Reads a DMARC record; the tag that is wrong if there is one without which it does not count. Of others that are wrong it is
    /// as if they were not there (RFC 7489, section 6.3).
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let tags: Vec<(&str, &str)> = text.split(';').filter_map(|part| tags(part).ok()).flatten().collect();
        let tag = |name: &str| tags.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        let mode = |name: &str| match tag(name) {
            Some("s" | "S") => Mode::Strict,
            _ => Mode::Relaxed,
        };
        let reports = tag("rua").is_some_and(|rua| rua.split(',').any(|uri| uri.trim().starts_with("mailto:")));
        let action = match tag("p").map(Action::from_name) {
            Some(Some(action)) => action,
            // RFC 7489, section 6.6.3, and RFC 9989, section 4.7.
            _ if reports => Action::None,
            _ => return Err("p"),
        };
        Ok(Self {
            action,
            below: tag("sp").and_then(Action::from_name),
            dkim: mode("adkim"),
            spf: mode("aspf"),
            above_others: match tag("psd") {
                Some("y" | "Y") => Some(true),
                Some("n" | "N") => Some(false),
                _ => None,
            },
        })
    }
}

/// What one name on the way up publishes.
enum Published {
    One(Policy),
    Wrong(&'static str),
    Several(u64),
    Nothing,
    NotAnswered,
}

fn published(domain: &str, asking: &mut Asking<'_>) -> Option<Published> {
    Some(match asking.ask(&place(domain), Kind::Text)? {
        Answer::Failed => Published::NotAnswered,
        Answer::None | Answer::NoSuchDomain => Published::Nothing,
        Answer::Records(texts) => {
            let mut texts = texts.iter().filter(|text| is_dmarc(text));
            match (texts.next(), texts.count() as u64) {
                (None, _) => Published::Nothing,
                (Some(one), 0) => Policy::parse(one).map_or_else(Published::Wrong, Published::One),
                (Some(_), others) => Published::Several(others + 1),
            }
        }
    })
}

/// Where a domain's record stands.
fn place(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// The names that are asked, from the domain itself to the top (RFC 9989, section 4.10).
pub(super) fn steps(domain: &str) -> Vec<&str> {
    let mut steps = vec![domain];
    let mut rest = domain;
    while let Some((_, above)) = rest.split_once('.') {
        steps.push(above);
        rest = above;
    }
    // Of a very long name the middle is left out.
    if steps.len() > MOST_STEPS {
        steps.drain(1..=steps.len() - MOST_STEPS);
    }
    steps
}

/// What the way up tells.
struct Way {
    /// Who has a record, from the domain itself to the top.
    policies: Vec<(String, Policy)>,
    /// What is wrong with the record of the domain itself.
    wrong: Option<What>,
    /// The first name for which there was no answer.
    not_answered: Option<String>,
}

fn way(domain: &Domain, asking: &mut Asking<'_>) -> Option<Way> {
    // All are asked for at once.
    let found: Vec<_> = steps(domain.as_str()).into_iter().map(|name| (name, published(name, asking))).collect();
    let mut way = Way { policies: Vec::new(), wrong: None, not_answered: None };
    for (name, published) in found {
        let is_itself = name == domain.as_str();
        match published? {
            Published::One(policy) => {
                way.policies.push((name.to_owned(), policy));
                if policy.above_others.is_some() {
                    break;
                }
            }
            Published::Wrong(tag) if is_itself => way.wrong = Some(What::DmarcSyntax { tag }),
            Published::Several(count) if is_itself => way.wrong = Some(What::DmarcSeveral { count }),
            Published::Wrong(_) | Published::Several(_) | Published::Nothing => {}
            Published::NotAnswered => {
                if way.not_answered.is_none() {
                    way.not_answered = Some(place(name));
                }
            }
        }
    }
    Some(way)
}

impl Way {
    /// The domain of the whole organisation (RFC 9989, section 4.10.2).
    fn organisation(&self, domain: &Domain) -> String {
        let domain = domain.as_str();
        let last = self.policies.last();
        match last {
            None => domain.to_owned(),
            Some((name, policy)) if policy.above_others == Some(true) && name != domain => {
                // The name one label below.
                let below = domain.strip_suffix(name.as_str()).map_or("", |below| below.trim_end_matches('.'));
                let label = below.rsplit('.').next().unwrap_or_default();
                format!("{label}.{name}")
            }
            Some((name, _)) => name.clone(),
        }
    }

    /// Which record counts for the domain, and whose it is.
    fn policy(&self, domain: &Domain) -> Option<(&str, Policy, Action)> {
        let (first, policy) = self.policies.first()?;
        if first == domain.as_str() {
            return Some((first.as_str(), *policy, policy.action));
        }
        // What stands between the domain and the organisation does not count (RFC 9989, section 4.10.1).
        let (name, policy) = self.policies.last()?;
        Some((name.as_str(), *policy, policy.below.unwrap_or(policy.action)))
    }
}

/// Why it cannot be told whether two domains belong to the same organisation.
pub(super) enum Untold {
    /// There was no answer about the one that letters are from, which is told where DMARC is.
    Own,
    /// There was none about this name, on the way up from the other one.
    Other {
        /// The name.
        name: String,
    },
}

/// Whether the domain that bounces go to belongs to the organisation of the one that letters are from.
///
/// An organisation is told by its records. Where the domain that letters are from has none, what is below it counts as its own, as it
/// does once the record is there that is proposed.
pub(super) fn same_organisation(
    domain: &Domain,
    other: &Domain,
    asking: &mut Asking<'_>,
) -> Option<Result<bool, Untold>> {
    let (own, others) = (way(domain, asking), way(other, asking));
    let (own, others) = (own?, others?);
    if own.not_answered.is_some() {
        return Some(Err(Untold::Own));
    }
    if own.policies.is_empty() && other.is_below(domain) {
        return Some(Ok(true));
    }
    Some(match &others.not_answered {
        Some(name) => Err(Untold::Other { name: name.clone() }),
        None => Ok(own.organisation(domain) == others.organisation(other)),
    })
}

/// How closely the domain that bounces go to has to fit.
pub(super) fn mode_of_spf(domain: &Domain, asking: &mut Asking<'_>) -> Option<Mode> {
    let way = way(domain, asking)?;
    Some(way.policy(domain).map_or_else(Mode::default, |(_, policy, _)| policy.spf))
}

/// What DMARC says of letters from this domain.
pub(super) fn look(domain: &Domain, asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    let way = way(domain, asking)?;
    let advised = || Record::text(place(domain.as_str()), "v=DMARC1; p=none");
    let finding = match (&way.wrong, way.policy(domain), &way.not_answered) {
        (Some(wrong), ..) => Finding::of(wrong.clone()).mended_by(advised()),
        // The answer of the domain itself is enough.
        (None, Some((name, _, action)), not_answered) if not_answered.is_none() || name == domain.as_str() => {
            Finding::of(What::DmarcGood { action, domain: name.to_owned() })
        }
        (None, _, Some(name)) => Finding::of(What::NoAnswer { subject: Subject::Dmarc, name: name.clone() }),
        (None, _, None) => Finding::of(What::DmarcMissing).mended_by(advised()),
    };
    Some(vec![finding])
}
