//! A sender domain: a domain whose letters are signed here (DKIM, RFC 6376), and the owners who may write from all of its addresses.
//!
//! Its stream has the public halves of its keys. The private ones are in no event.

mod command;
mod error;
mod event;
mod names;
mod reading;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Algorithm, Event};
pub use names::{DomainName, Selector};

use crate::aggregate::aggregate;
use crate::{Decide, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How long the record of a key stays needed after the last letter was signed with it: letters that are on their way, or wait for a mail
/// server that does not answer, are verified with it. Few servers try for more than five days (RFC 5321, section 4.5.4.1).
pub const OVERLAP: TimeDelta = TimeDelta::days(7);

/// The state of a sender domain's stream. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum SenderDomain {
    /// Nobody has added the domain.
    #[default]
    Absent,
    /// Letters of the domain are signed by those of its keys that are active, and its addresses are usable by those whom it is
    /// granted to. Administrators change all of that, and remove it.
    Present(Holding),
    /// The domain was removed. Adding it again makes it one without keys and grants.
    Removed(Holding),
}

/// What a sender domain has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holding {
    /// The domain.
    pub domain: DomainName,
    /// All keys that it ever had, in the order in which they were made: a selector is never used twice, as verifiers keep records.
    pub keys: Vec<Key>,
    /// The owners who may write from all of its addresses.
    pub grants: BTreeSet<UserId>,
}

/// A key of a domain, as far as everybody may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The name under which its record is published.
    pub selector: Selector,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The public half in base64: `p=` of its record.
    pub public: String,
    /// What it does.
    pub state: KeyState,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyState {
    /// The key waits for its record to be published, and for somebody who activates it then.
    Made,
    /// Letters are signed with it.
    Active,
    /// Letters are not signed with it any more; those on their way are verified with its record, which stays published. It may be
    /// activated again.
    Retired {
        /// The moment since when.
        at: DateTime<Utc>,
    },
    /// The private half is gone, and its record may go, too.
    Removed,
}

aggregate!(
    SenderDomain,
    "sender_domain",
    Command,
    Error,
    Event { Added, KeyMade, KeyActivated, KeyRetired, KeyRemoved, Granted, GrantWithdrawn, Removed }
);

impl SenderDomain {
    /// What the domain has, unless it was never there or is there no longer.
    #[must_use]
    pub fn holding(&self) -> Option<&Holding> {
        match self {
            Self::Present(holding) => Some(holding),
            Self::Absent | Self::Removed(_) => None,
        }
    }

    /// The keys that the domain has or had, also before it was removed.
    fn all_keys(&self) -> &[Key] {
        match self {
            Self::Absent => &[],
            Self::Present(holding) | Self::Removed(holding) => &holding.keys,
        }
    }

    /// A selector that was never used in this domain, for a key that is made on that day: `s20260501r`, then `s20260501r2`.
    #[must_use]
    pub fn fresh_selector(&self, algorithm: Algorithm, at: DateTime<Utc>) -> Selector {
        let first = format!("s{}{}", at.format("%Y%m%d"), algorithm.letter());
        let used: BTreeSet<&str> = self.all_keys().iter().map(|key| key.selector.as_str()).collect();
        let mut selector = first.clone();
        let mut number = 2_u64;
        while used.contains(selector.as_str()) {
            selector = format!("{first}{number}");
            number += 1;
        }
        Selector::made(selector)
    }

    fn present(&self) -> Result<&Holding, Error> {
        self.holding().ok_or(Error::NotFound)
    }
}

impl Holding {
    /// The key of this name that it has; none if it was removed.
    #[must_use]
    pub fn key(&self, selector: &Selector) -> Option<&Key> {
        self.keys.iter().find(|key| key.selector == *selector && key.state != KeyState::Removed)
    }

    /// The keys that letters are signed with, at most one of each algorithm.
    pub fn active(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| key.state == KeyState::Active)
    }

    /// The keys that are to sign next: of each algorithm the one that was made last, if it was never activated. Those that were made
    /// before another one that has signed were not wanted.
    #[must_use]
    pub fn waiting(&self) -> Vec<&Key> {
        let latest = |algorithm: Algorithm| {
            let mut there = self.keys.iter().filter(|key| key.state != KeyState::Removed);
            there.rfind(|key| key.algorithm == algorithm)
        };
        Algorithm::ALL.into_iter().filter_map(latest).filter(|key| key.state == KeyState::Made).collect()
    }

    fn find(&self, selector: &Selector) -> Result<&Key, Error> {
        self.key(selector).ok_or_else(|| Error::KeyNotFound { selector: selector.clone() })
    }

    fn set(&mut self, selector: &Selector, state: KeyState) {
        if let Some(key) = self.keys.iter_mut().find(|key| key.selector == *selector) {
            key.state = state;
        }
    }
}

impl Key {
    /// Whether the key, and with it its record, may go at that moment.
    fn check_removable(&self, at: DateTime<Utc>) -> Result<(), Error> {
        match self.state {
            KeyState::Made | KeyState::Removed => Ok(()),
            KeyState::Active => Err(Error::KeyActive { selector: self.selector.clone() }),
            KeyState::Retired { at: since } if at < since + OVERLAP => {
                Err(Error::KeyStillNeeded { selector: self.selector.clone(), until: since + OVERLAP })
            }
            KeyState::Retired { .. } => Ok(()),
        }
    }
}

impl Decide for SenderDomain {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Add { domain } => match self {
                Self::Absent | Self::Removed(_) => Ok(vec![Event::Added { domain }]),
                Self::Present(_) => Err(Error::Taken { domain }),
            },
            Command::MakeKey { selector, algorithm, public, imported, at } => {
                self.present()?;
                if self.all_keys().iter().any(|key| key.selector == selector) {
                    return Err(Error::SelectorTaken { selector });
                }
                Ok(vec![Event::KeyMade { selector, algorithm, public, imported, at }])
            }
            Command::Activate { selector, at } => {
                let holding = self.present()?;
                let key = holding.find(&selector)?;
                if key.state == KeyState::Active {
                    return Ok(vec![]);
                }
                // The new one first: at no moment is there none.
                let others = holding.active().filter(|other| other.algorithm == key.algorithm);
                let retired = others.map(|other| Event::KeyRetired { selector: other.selector.clone(), at });
                Ok([Event::KeyActivated { selector, at }].into_iter().chain(retired).collect())
            }
            Command::Retire { selector, at } => Ok(match self.present()?.find(&selector)?.state {
                KeyState::Active => vec![Event::KeyRetired { selector, at }],
                KeyState::Made | KeyState::Retired { .. } | KeyState::Removed => vec![],
            }),
            Command::RemoveKey { selector, at } => {
                let holding = self.present()?;
                let removed = |key: &Key| key.selector == selector && key.state == KeyState::Removed;
                if holding.keys.iter().any(removed) {
                    return Ok(vec![]);
                }
                holding.find(&selector)?.check_removable(at)?;
                Ok(vec![Event::KeyRemoved { selector }])
            }
            Command::Grant { owner } => {
                let granted = self.present()?.grants.contains(&owner);
                Ok(if granted { vec![] } else { vec![Event::Granted { owner }] })
            }
            Command::Withdraw { owner } => {
                let granted = self.present()?.grants.contains(&owner);
                Ok(if granted { vec![Event::GrantWithdrawn { owner }] } else { vec![] })
            }
            Command::Remove { at } => match self {
                Self::Absent => Err(Error::NotFound),
                Self::Removed(_) => Ok(vec![]),
                Self::Present(holding) => {
                    holding.keys.iter().try_for_each(|key| key.check_removable(at))?;
                    Ok(vec![Event::Removed])
                }
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (Self::Present(_), Event::Added { .. }) => {}
            (state, Event::Added { domain }) => {
                let keys = state.all_keys().to_vec();
                *self = Self::Present(Holding { domain, keys, grants: BTreeSet::new() });
            }
            (Self::Present(holding), Event::KeyMade { selector, algorithm, public, .. }) => {
                holding.keys.push(Key { selector, algorithm, public, state: KeyState::Made });
            }
            (Self::Present(holding), Event::KeyActivated { selector, .. }) => holding.set(&selector, KeyState::Active),
            (Self::Present(holding), Event::KeyRetired { selector, at }) => {
                holding.set(&selector, KeyState::Retired { at });
            }
            (Self::Present(holding), Event::KeyRemoved { selector }) => holding.set(&selector, KeyState::Removed),
            (Self::Present(holding), Event::Granted { owner }) => {
                holding.grants.insert(owner);
            }
            (Self::Present(holding), Event::GrantWithdrawn { owner }) => {
                holding.grants.remove(&owner);
            }
            (Self::Present(holding), Event::Removed) => {
                let keys = holding.keys.iter().cloned().map(|key| Key { state: KeyState::Removed, ..key }).collect();
                let domain = holding.domain.clone();
                *self = Self::Removed(Holding { domain, keys, grants: BTreeSet::new() });
            }
            (Self::Absent | Self::Removed(_), _) => {}
        }
    }
}
