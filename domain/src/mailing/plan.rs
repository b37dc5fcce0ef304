//! What is to be sent, to whom and when.

use super::Error;
use crate::{
    ClientId, GroupId, MailingId, MessageId, Periodicity, RelayName, SegmentId, SenderId, TimeZone, Window, WindowPhase,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest name of a mailing, in characters.
pub const MAX_NAME: usize = 200;

/// How far back the start of a plan may lie: a year, so that a plan can count from any day of it.
pub const OLDEST_START: TimeDelta = TimeDelta::days(366);

/// A mailing's name: trimmed, one line, not empty, at most [`MAX_NAME`] characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Reads a mailing's name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let length = text.chars().count();
        if text.is_empty() {
            Err(Error::NameEmpty)
        } else if length > MAX_NAME {
            Err(Error::NameTooLong { length })
        } else if text.chars().any(char::is_control) {
            Err(Error::NameNotALine)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who gets the letter: single clients, whole groups and segments, each client once, less those whom it leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// The clients who are named one by one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub clients: BTreeSet<ClientId>,
    /// Everybody who belongs to these groups when a run starts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<GroupId>,
    /// Everybody who passes the filter of one of these segments when a run starts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub segments: BTreeSet<SegmentId>,
    /// Who gets no letter all the same.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub less: Less,
}

/// Who is left out of an audience, whatever brought them into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Less {
    /// Everybody who belongs to one of these groups when a run starts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<GroupId>,
    /// Everybody who passes the filter of one of these segments when a run starts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub segments: BTreeSet<SegmentId>,
    /// Everybody whom a run of one of these mailings has sent a letter, or may have, or is about to. Whose letter was refused for good,
    /// expired or was never sent is not left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mailings: BTreeSet<MailingId>,
}

impl Audience {
    /// Whether nobody is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.groups.is_empty() && self.segments.is_empty()
    }

    /// Whether it follows from who belongs to which group alone, so that it can be told as of any position of the log. Who passes a
    /// filter, and whom other mailings wrote to, is found out when the run starts.
    #[must_use]
    pub fn is_of_groups(&self) -> bool {
        self.segments.is_empty() && self.less == Less::default()
    }
}

/// The plan of a mailing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The mailing's name, for people; recipients do not see it.
    pub name: Name,
    /// The message that is sent.
    pub message: MessageId,
    /// The clients and groups who get the message.
    pub audience: Audience,
    /// The time in which letters may go out.
    pub window: Window,
    /// How often a run starts within the window.
    pub periodicity: Periodicity,
    /// The time zone in which the periodicity counts.
    pub time_zone: TimeZone,
    /// Which relay letters go through, and what to do with those in doubt.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub sending: Sending,
    /// What its letters are to those who get them.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub kind: Kind,
    /// Who its letters are from; the service itself if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<SenderId>,
}

/// Whether it is what a plan has that does not say it, so that it need not be written down.
pub(crate) fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How a mailing's letters are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// What to do with letters in doubt.
    #[serde(default)]
    pub in_doubt: InDoubt,
    /// The relay that they go through; any that works if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayName>,
}

/// What to do with a letter of which nobody knows whether the server took it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InDoubt {
    /// Never send it twice by itself: it is unknown until a person decides.
    #[default]
    Hold,
    /// Send it again by itself: rather twice than not at all.
    Resend,
}

impl InDoubt {
    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Resend => "resend",
        }
    }
}

/// What the letters of a mailing are to those who get them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody writes to many, who can leave: news, invitations, advertisements.
    #[default]
    Bulk,
    /// They belong to something that the recipient did, such as a receipt. Leaving does not stop them.
    Transactional,
}

impl Kind {
    /// All kinds that there are.
    pub const ALL: [Self; 2] = [Self::Bulk, Self::Transactional];

    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Transactional => "transactional",
        }
    }
}

impl Plan {
    /// What a plan must be at the moment it is made.
    pub(super) fn check(&self, now: DateTime<Utc>) -> Result<(), Error> {
        if self.audience.is_empty() {
            return Err(Error::AudienceEmpty);
        }
        if self.window.phase(now) == WindowPhase::Ended {
            return Err(Error::WindowEnded { end: self.window.end() });
        }
        if self.periodicity.next(&self.window, self.time_zone, None).is_none() {
            return Err(Error::NeverDue);
        }
        Ok(())
    }

    /// What a new start must be.
    pub(super) fn check_start(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let (start, earliest) = (self.window.start(), now - OLDEST_START);
        if start < earliest { Err(Error::StartTooOld { start, earliest }) } else { Ok(()) }
    }

    /// Whether its runs start at other moments than those of the plan that it replaces. What the end of a window had cut off
    /// by then was never to run either.
    pub(super) fn has_other_moments(&self, before: &Self, now: DateTime<Utc>) -> bool {
        self.window.start() != before.window.start()
            || self.periodicity != before.periodicity
            || self.time_zone != before.time_zone
            || before.window.phase(now) == WindowPhase::Ended
    }
}
