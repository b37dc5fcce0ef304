//! A suppression: an address that is not written to any more, within a scope, for one reason.
//!
//! There is one stream for each scope, mailbox and reason ([`crate::SuppressionId::derive`]), so that asking twice is asking
//! once, and so that lifting one reason leaves the others in force.

mod command;
mod error;
mod event;
mod id;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, Lifter, Reason, Scope, Source, Way};

use crate::aggregate::aggregate;
use crate::reason::checked;
use crate::{Decide, EmailAddress, MAX_REASON};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a dead address is not written to: it is tried again after a year, as people come back to mailboxes, and domains to
/// mail servers.
pub const DEAD_FOR: TimeDelta = TimeDelta::days(365);

/// The state of a suppression's stream. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Suppression {
    /// The address was never suppressed in this scope for this reason.
    #[default]
    Absent,
    /// The address is not written to, until the suppression's end if it has one. Whoever may lift it does.
    Active(Entry),
    /// The suppression was lifted. The same reason suppresses the address anew.
    Lifted(Entry),
}

/// Which address is not written to, where and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it is not written to.
    pub scope: Scope,
    /// Why not.
    pub reason: Reason,
    /// The address, as it was written when it was suppressed.
    pub email: EmailAddress,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The moment from which it may be written to again; none if only lifting ends it.
    pub until: Option<DateTime<Utc>>,
}

aggregate!(Suppression, "suppression", Command, Error, Event { Suppressed, Lifted });

impl Suppression {
    /// Which address, where and why, whether or not that was lifted.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Absent => None,
            Self::Active(entry) | Self::Lifted(entry) => Some(entry),
        }
    }

    /// Whether the address is not to be written to at that moment.
    #[must_use]
    pub fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        match self {
            Self::Active(entry) => entry.until.is_none_or(|until| at < until),
            Self::Absent | Self::Lifted(_) => false,
        }
    }

    /// Whether it says as much as one that becomes known at that moment, and ends at `until` or never: it is in force then, and lasts as
    /// long.
    #[must_use]
    pub fn covers(&self, at: DateTime<Utc>, until: Option<DateTime<Utc>>) -> bool {
        match self {
            Self::Active(entry) => {
                let as_long = |lasts: TimeDelta| until.is_some_and(|until| until - at <= lasts);
                self.is_in_force(at) && entry.until.is_none_or(|end| as_long(end - entry.since))
            }
            Self::Absent | Self::Lifted(_) => false,
        }
    }
}

impl Entry {
    /// Checks who lifts it: what they have to say about it.
    fn lifted(&self, by: Lifter, why: Option<String>) -> Result<Option<String>, Error> {
        match by {
            Lifter::Recipient if self.reason != Reason::Unsubscribed => Err(Error::OnlyOwnLeaving),
            Lifter::Recipient | Lifter::Owner if self.scope == Scope::Installation => Err(Error::NotYours),
            // Coming back needs no reason.
            Lifter::Recipient => Ok(None),
            Lifter::Owner if self.reason == Reason::Complained => Err(Error::ComplaintStays),
            Lifter::Owner | Lifter::Administrator => Ok(Some(checked(why.unwrap_or_default())?)),
        }
    }
}

impl Decide for Suppression {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Suppress { scope, reason, email, source, note, at, until } => {
                let until = until.filter(|_| reason.may_end());
                if self.covers(at, until) {
                    return Ok(vec![]);
                }
                let (note, mailbox) = (checked_note(note)?, email.key());
                Ok(vec![Event::Suppressed { scope, reason, email, mailbox, source, note, at, until }])
            }
            Command::Lift { by, why, at } => match self {
                Self::Absent => Err(Error::NotFound),
                Self::Active(entry) => Ok(vec![Event::Lifted { by, why: entry.lifted(by, why)?, at }]),
                Self::Lifted(_) => Ok(vec![]),
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        *self = match (std::mem::take(self), event) {
            (_, Event::Suppressed { scope, reason, email, at, until, .. }) => {
                Self::Active(Entry { scope, reason, email, since: at, until })
            }
            (Self::Active(entry) | Self::Lifted(entry), Event::Lifted { .. }) => Self::Lifted(entry),
            (Self::Absent, Event::Lifted { .. }) => Self::Absent,
        };
    }
}

/// A note that says something, if it is not too long.
fn checked_note(note: Option<String>) -> Result<Option<String>, Error> {
    let Some(note) = note.filter(|note| !note.trim().is_empty()) else { return Ok(None) };
    let length = note.chars().count();
    if length > MAX_REASON { Err(Error::NoteTooLong { length }) } else { Ok(Some(note)) }
}
