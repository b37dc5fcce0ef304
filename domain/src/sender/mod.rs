//! A sender: a name and an address that an owner's letters are from.
//!
//! It can be used when its address is known to be its owner's, by the link of a letter that went there, or when an administrator has
//! granted its domain to the owner ([`crate::sender_domain`]). An administrator can revoke it, whatever shows that it is its owner's: it
//! stays then, and so does the claim on its address, so that its owner cannot make it once more. One that is deleted is revoked all the
//! same, as letters of runs that have started are still from it, and claims its address again. So an address is revoked for an owner
//! exactly as long as whoever holds the claim on it is.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::aggregate::aggregate;
use crate::reason::checked;
use crate::{Claim, Decide, EmailAddress, FullName, UserId};
use serde::{Deserialize, Serialize};

/// The state of a sender's stream. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Sender {
    /// Nothing was made under this id.
    #[default]
    Absent,
    /// The sender is there. Its owner changes and deletes it; whoever follows the link in the letter to its address verifies it.
    Present(Identity),
    /// The sender was deleted by its owner, for good. Letters of runs that have started are still from it, unless an administrator revokes
    /// it.
    Deleted(Identity),
}

/// Who letters are from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Whose letters.
    pub owner: UserId,
    /// The name that recipients see; it may be empty.
    pub name: FullName,
    /// The address that they see, and that bounces go to. It never changes: another one is another sender.
    pub address: EmailAddress,
    /// The address that their replies go to, if it is another one.
    pub reply_to: Option<EmailAddress>,
    /// Which of its forms this is, counted from 1: letters keep the one that they started with.
    pub revision: u32,
    /// Whether somebody who reads letters to the address said that it is the owner's.
    pub verified: bool,
    /// Whether an administrator lets no letters be from it.
    #[serde(default)]
    pub revoked: bool,
}

aggregate!(Sender, "sender", Command, Error, Event { Created, Changed, Verified, Revoked, Allowed, Deleted });

impl Sender {
    /// What it is, unless it was never there or is there no longer.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Present(identity) => Some(identity),
            Self::Absent | Self::Deleted(_) => None,
        }
    }

    /// What it is, or was before it was deleted: letters of runs that have started may be from it.
    #[must_use]
    pub fn last_identity(&self) -> Option<&Identity> {
        match self {
            Self::Present(identity) | Self::Deleted(identity) => Some(identity),
            Self::Absent => None,
        }
    }

    fn owned_by(&self, by: UserId) -> Result<&Identity, Error> {
        self.identity().filter(|identity| identity.owner == by).ok_or(Error::NotFound)
    }
}

impl Identity {
    /// The claim that keeps its address unique among its owner's senders.
    #[must_use]
    pub fn address_claim(&self) -> Claim {
        address_claim(self.owner, &self.address)
    }

    /// Nothing, or that it is revoked.
    pub fn allowed(&self) -> Result<(), Error> {
        if self.revoked { Err(Error::Revoked { address: self.address.as_str().to_owned() }) } else { Ok(()) }
    }
}

impl Decide for Sender {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Create { owner, name, address, reply_to } => match self {
                Self::Absent => Ok(vec![Event::Created { owner, name, address, reply_to }]),
                Self::Present(_) | Self::Deleted(_) => Err(Error::AlreadyExists),
            },
            Command::Change { by, name, reply_to } => {
                let identity = self.owned_by(by)?;
                let name = name.unwrap_or_else(|| identity.name.clone());
                let reply_to = reply_to.unwrap_or_else(|| identity.reply_to.clone());
                if (&name, &reply_to) == (&identity.name, &identity.reply_to) {
                    return Ok(vec![]);
                }
                Ok(vec![Event::Changed { name, reply_to }])
            }
            Command::Verify { at } => match self.identity() {
                Some(identity) if identity.verified => Ok(vec![]),
                Some(identity) => identity.allowed().map(|()| vec![Event::Verified { at }]),
                None => Err(Error::NotFound),
            },
            // Whoever deletes it does not get round that.
            Command::Revoke { reason, at } => match self.last_identity() {
                Some(identity) if identity.revoked => Ok(vec![]),
                Some(_) => Ok(vec![Event::Revoked { reason: checked(reason)?, at }]),
                None => Err(Error::NotFound),
            },
            Command::Allow { at } => match self.last_identity() {
                Some(identity) if identity.revoked => Ok(vec![Event::Allowed { at }]),
                Some(_) => Ok(vec![]),
                None => Err(Error::NotFound),
            },
            Command::Delete { by } => match self {
                Self::Deleted(identity) if identity.owner == by => Ok(vec![]),
                // Whoever could delete it could make it once more, and show that its address is theirs.
                _ => self.owned_by(by)?.allowed().map(|()| vec![Event::Deleted]),
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Created { owner, name, address, reply_to }) => {
                let (revision, verified, revoked) = (1, false, false);
                *self = Self::Present(Identity { owner, name, address, reply_to, revision, verified, revoked });
            }
            (Self::Present(identity), Event::Changed { name, reply_to }) => {
                (identity.name, identity.reply_to) = (name, reply_to);
                identity.revision = identity.revision.saturating_add(1);
            }
            (Self::Present(identity), Event::Verified { .. }) => identity.verified = true,
            (Self::Present(identity) | Self::Deleted(identity), Event::Revoked { .. }) => {
                (identity.verified, identity.revoked) = (false, true);
            }
            (Self::Present(identity) | Self::Deleted(identity), Event::Allowed { .. }) => identity.revoked = false,
            (Self::Present(identity), Event::Deleted) => *self = Self::Deleted(identity.clone()),
            (Self::Deleted(_), Event::Changed { .. } | Event::Verified { .. } | Event::Deleted) => {}
            (Self::Absent, _) => {}
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let holds = match self {
            Self::Absent => None,
            Self::Present(identity) => Some(identity),
            Self::Deleted(identity) => Some(identity).filter(|identity| identity.revoked),
        };
        holds.map(Identity::address_claim).into_iter().collect()
    }

    fn claimed(claim: &Claim) -> Option<Error> {
        Some(Error::AddressTaken { address: EmailAddress::readable(&claim.value) })
    }
}

/// The claim that keeps an address unique among one owner's senders.
#[must_use]
pub fn address_claim(owner: UserId, address: &EmailAddress) -> Claim {
    Claim::new("sender-address", owner.to_string(), address.key())
}
