//! MX: where a domain's mail arrives (RFC 5321, section 5.1).

use super::asking::{Answer, Asking, Kind};
use super::finding::{Finding, Record, Subject, What, excerpt};
use super::{Domain, Sender};

/// So many mail servers of a domain are looked at.
const LOOKED_AT: usize = 10;

/// How well a mail server is preferred that is the only one.
const PREFERENCE: u16 = 10;

/// What is known of the way to a domain.
fn way(domain: &Domain, asking: &mut Asking<'_>) -> Option<Vec<What>> {
    let name = domain.as_str();
    let no_answer = |name: &str| What::NoAnswer { subject: Subject::Mx, name: name.to_owned() };
    let hosts = match asking.ask(name, Kind::Mail)? {
        Answer::Records(hosts) => hosts,
        Answer::NoSuchDomain => return Some(vec![What::DomainUnknown]),
        Answer::Failed => return Some(vec![no_answer(name)]),
        Answer::None => {
            return Some(vec![match asking.ask(name, Kind::Address)? {
                Answer::Records(_) => What::MxMissing,
                Answer::None | Answer::NoSuchDomain => What::MxNothing,
                Answer::Failed => no_answer(name),
            }]);
        }
    };
    if hosts.iter().all(String::is_empty) {
        return Some(vec![What::MxNull]);
    }
    let mut found = Vec::new();
    let (mut missing, mut known) = (false, 0_u64);
    let named: Vec<&String> = hosts.iter().filter(|host| !host.is_empty()).collect();
    for host in named.iter().copied().take(LOOKED_AT) {
        match asking.ask(host, Kind::Address) {
            None => missing = true,
            Some(Answer::Records(_)) => known += 1,
            Some(Answer::None | Answer::NoSuchDomain) => found.push(What::MxHostUnknown { host: host.clone() }),
            Some(Answer::Failed) => found.push(no_answer(host)),
        }
    }
    if missing {
        return None;
    }
    let nobody = found.iter().all(|what| matches!(what, What::MxHostUnknown { .. }));
    if known == 0 && nobody {
        return Some(vec![What::MxHostsUnknown { hosts: named.len() as u64 }]);
    }
    if known > 0 {
        found.insert(0, What::MxGood { hosts: known });
    }
    Some(found)
}

/// Whether answers to letters of the domain arrive.
pub(super) fn look(sender: &Sender, asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    Some(way(&sender.domain, asking)?.into_iter().map(Finding::of).collect())
}

/// Whether bounces arrive that go to another domain than the one that letters are from, and where.
pub(super) fn of_return_path(sender: &Sender, asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    let Sender { return_path, exchange, .. } = sender;
    let domain = || return_path.to_string();
    let ways = way(return_path, asking)?;
    if ways.iter().any(leads_nowhere) {
        let deaf = Finding::of(What::ReturnPathDeaf { domain: domain() });
        return Some(vec![match exchange {
            Some(host) => deaf.mended_by(Record::mail(return_path, PREFERENCE, host)),
            None => deaf,
        }]);
    }
    let is_there = ways.iter().any(|what| matches!(what, What::MxGood { .. } | What::MxMissing));
    let silent = ways.iter().find_map(|what| if let What::NoAnswer { name, .. } = what { Some(name) } else { None });
    if let Some(name) = silent.filter(|_| !is_there) {
        return Some(vec![Finding::of(What::NoAnswer { subject: Subject::ReturnPath, name: name.clone() })]);
    }
    let is_known =
        |host: &&String| !host.is_empty() && !ways.iter().filter_map(without_address).any(|gone| gone == host.as_str());
    let host = match asking.ask(return_path.as_str(), Kind::Mail)? {
        Answer::Records(hosts) => hosts.iter().find(is_known).map_or_else(domain, |host| excerpt(host)),
        // It is the address of the domain itself.
        Answer::None | Answer::NoSuchDomain | Answer::Failed => domain(),
    };
    Some(vec![Finding::of(What::ReturnPathArrives { domain: domain(), host })])
}

/// Whether no mail at all arrives that way.
fn leads_nowhere(what: &What) -> bool {
    matches!(what, What::DomainUnknown | What::MxNothing | What::MxNull | What::MxHostsUnknown { .. })
}

/// The mail server, or the domain, of which no address was found.
fn without_address(what: &What) -> Option<&str> {
    if let What::MxHostUnknown { host: name } | What::NoAnswer { name, .. } = what { Some(name) } else { None }
}
