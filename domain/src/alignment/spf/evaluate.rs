//! What a mail server finds that asks SPF about a letter from an address (RFC 7208, 4 and 5).
//!
//! It is begun anew with each answer that has come. Where one is missing, it goes on as if nothing fitted there, so that all that can be
//! asked at once is asked at once; what it comes to then counts for nothing.

use super::macros::{Known, expanded};
use super::record::{Published, published};
use super::{Hosts, MOST_LOOKUPS, Mechanism, Network, Qualifier};
use crate::alignment::asking::{Answer, Asking, Kind};
use std::net::IpAddr;

/// So many look-ups may find nothing (RFC 7208, 4.6.4).
const MOST_VOID: u32 = 2;

/// So many mail servers a domain may have whose addresses are looked up (RFC 7208, 4.6.4).
const MOST_SERVERS: usize = 10;

/// What is found (RFC 7208, 2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// There is no record.
    Nothing,
    /// The record says nothing of the address.
    Neutral,
    /// Letters may come from there.
    Pass,
    /// They may not.
    Fail,
    /// They should not.
    SoftFail,
    /// The name service did not answer.
    NotAnswered {
        /// What it was asked about.
        name: String,
    },
    /// The record counts for nothing.
    Broken,
    /// Only a letter tells, or the names of the address.
    Untold,
}

impl From<Qualifier> for Said {
    fn from(qualifier: Qualifier) -> Self {
        match qualifier {
            Qualifier::Pass => Self::Pass,
            Qualifier::Fail => Self::Fail,
            Qualifier::SoftFail => Self::SoftFail,
            Qualifier::Neutral => Self::Neutral,
        }
    }
}

/// What the record of a domain says of letters from an address, whose bounces go to the domain; of a network, what it says of one of whose
/// addresses nothing is said apart from the others. `None` if something is still to be asked.
pub(super) fn said(domain: &str, network: Network, asking: &mut Asking<'_>) -> Option<Said> {
    let mut look = Look { of_sender: domain, network, asking, lookups: 0, void: 0, is_open: false };
    let said = look.record(domain);
    (!look.is_open).then_some(said)
}

/// One look at what is known.
struct Look<'l, 'a> {
    of_sender: &'l str,
    network: Network,
    asking: &'l mut Asking<'a>,
    lookups: u32,
    /// How many of them have found nothing.
    void: u32,
    /// Whether an answer is missing.
    is_open: bool,
}

impl<'a> Look<'_, 'a> {
    /// What a record says, with all that it includes.
    fn record(&mut self, domain: &str) -> Said {
        let spf = match published(domain, self.asking) {
            None => return self.open(),
            Some(Published::One(spf)) => spf,
            Some(Published::Nothing) => return Said::Nothing,
            Some(Published::Wrong { .. } | Published::Several(_)) => return Said::Broken,
            Some(Published::NotAnswered) => return Said::NotAnswered { name: domain.to_owned() },
        };
        for (qualifier, mechanism) in &spf.mechanisms {
            match self.fits(mechanism, domain) {
                Ok(true) => return (*qualifier).into(),
                Ok(false) => {}
                Err(said) => return said,
            }
        }
        match (spf.all, &spf.redirect) {
            (Some(qualifier), _) => qualifier.into(),
            (None, Some(there)) => self.elsewhere(there, domain).unwrap_or_else(|said| said),
            (None, None) => Said::Neutral,
        }
    }

    /// What the record says that counts instead.
    fn elsewhere(&mut self, there: &str, domain: &str) -> Result<Said, Said> {
        self.look_up()?;
        let there = self.name(there, domain)?;
        Ok(match self.record(&there) {
            Said::Nothing => Said::Broken,
            said => said,
        })
    }

    /// Whether a term names the address; what is found if that ends it.
    fn fits(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, Said> {
        match mechanism {
            Mechanism::Address(named) => Ok(named.contains(self.network)),
            Mechanism::Include(there) => {
                self.look_up()?;
                let there = self.name(there, domain)?;
                match self.record(&there) {
                    Said::Pass => Ok(true),
                    Said::Fail | Said::SoftFail | Said::Neutral => Ok(false),
                    Said::Nothing | Said::Broken => Err(Said::Broken),
                    said @ (Said::NotAnswered { .. } | Said::Untold) => Err(said),
                }
            }
            Mechanism::A(hosts) => {
                self.look_up()?;
                let name = self.whose(hosts, domain)?;
                let addresses = self.found(&name, self.family())?;
                Ok(self.is_among(addresses, hosts))
            }
            Mechanism::Mx(hosts) => {
                self.look_up()?;
                let name = self.whose(hosts, domain)?;
                let servers = self.found(&name, Kind::Mail)?;
                if servers.len() > MOST_SERVERS {
                    return Err(Said::Broken);
                }
                let mut fits = false;
                for server in servers.iter().filter(|server| !server.is_empty()) {
                    let addresses = self.answered(server, self.family())?;
                    fits |= self.is_among(addresses, hosts);
                }
                Ok(fits)
            }
            Mechanism::Exists(name) => {
                self.look_up()?;
                let name = self.name(name, domain)?;
                Ok(!self.found(&name, Kind::Four)?.is_empty())
            }
            Mechanism::Ptr => {
                self.look_up()?;
                Err(Said::Untold)
            }
        }
    }

    /// One look-up more.
    fn look_up(&mut self) -> Result<(), Said> {
        self.lookups += 1;
        if self.lookups > MOST_LOOKUPS { Err(Said::Broken) } else { Ok(()) }
    }

    /// The name that a text with macros stands for.
    fn name(&self, text: &str, domain: &str) -> Result<String, Said> {
        let known = Known { domain, of_sender: self.of_sender, network: self.network };
        let name = expanded(text, known).ok_or(Said::Untold)?;
        Ok(name.strip_suffix('.').unwrap_or(&name).to_ascii_lowercase())
    }

    fn whose(&self, hosts: &Hosts, domain: &str) -> Result<String, Said> {
        self.name(hosts.domain.as_deref().unwrap_or(domain), domain)
    }

    /// Which addresses are looked up: those that could be the one that is asked about.
    fn family(&self) -> Kind {
        if self.network.is_ipv4() { Kind::Four } else { Kind::Six }
    }

    /// What a term's look-up found; only some may find nothing.
    fn found(&mut self, name: &str, kind: Kind) -> Result<&'a [String], Said> {
        let was_open = self.is_open;
        let records = self.answered(name, kind)?;
        if records.is_empty() && self.is_open == was_open {
            self.void += 1;
        }
        if self.void > MOST_VOID { Err(Said::Broken) } else { Ok(records) }
    }

    /// The records that there are, as far as that is known.
    fn answered(&mut self, name: &str, kind: Kind) -> Result<&'a [String], Said> {
        match self.asking.ask(name, kind) {
            Some(Answer::Records(records)) => Ok(records),
            Some(Answer::None | Answer::NoSuchDomain) => Ok(&[]),
            Some(Answer::Failed) => Err(Said::NotAnswered { name: name.to_owned() }),
            None => {
                self.open();
                Ok(&[])
            }
        }
    }

    /// Whether one of these addresses is the one that is asked about, as far as the term compares them.
    fn is_among(&self, addresses: &[String], hosts: &Hosts) -> bool {
        addresses.iter().filter_map(|address| address.parse::<IpAddr>().ok()).any(|address| {
            let length = if address.is_ipv4() { hosts.four } else { hosts.six };
            Network::around(address, length).contains(self.network)
        })
    }

    /// An answer is missing: what is said from here on counts for nothing.
    fn open(&mut self) -> Said {
        self.is_open = true;
        Said::Neutral
    }
}
