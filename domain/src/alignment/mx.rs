//! MX: where a domain's mail arrives (RFC 5321, section 5.1).

use super::asking::{Answer, Asking, Kind};
use super::finding::{Finding, Subject, What};
use super::{Domain, Sender};

/// So many mail servers of a domain are looked at.
const LOOKED_AT: usize = 10;

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

/// What is wrong with the domain that bounces go to; nothing if they arrive.
pub(super) fn deaf(domain: &Domain, asking: &mut Asking<'_>) -> Option<Vec<Finding>> {
    let deaf = |what: &What| {
        matches!(what, What::DomainUnknown | What::MxNothing | What::MxNull | What::MxHostsUnknown { .. })
    };
    let is_deaf = way(domain, asking)?.iter().any(deaf);
    Some(is_deaf.then(|| Finding::of(What::ReturnPathDeaf { domain: domain.to_string() })).into_iter().collect())
}
