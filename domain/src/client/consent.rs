//! What a client has agreed to get, and how it is known.

use crate::{GroupId, ImportId, RunId, SubscriptionId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The longest wording of a consent, in characters.
pub const MAX_WORDING: usize = 2_000;

/// Whence something about a client is known: that they are there, what they agreed to, or that they agree no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// The owner wrote it down on a page. The event's metadata say who.
    Person,
    /// A program of the owner's did, over the API.
    Program,
    /// A row of a file.
    File {
        /// The import that brought it.
        import: ImportId,
        /// The name of the file.
        file: String,
        /// The row, counted from 1 with the header.
        row: u64,
    },
    /// They did it themselves, with the public form.
    Form {
        /// The wish that they sent off with it.
        subscription: SubscriptionId,
    },
    /// They did it themselves, by the link of a letter.
    Letter {
        /// The run that the letter was of.
        run: RunId,
        /// The delivery's number in the run, counted from 0 over all batches.
        ordinal: u32,
    },
}

impl Source {
    /// The name under which its kind is stored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Program => "program",
            Self::File { .. } => "file",
            Self::Form { .. } => "form",
            Self::Letter { .. } => "letter",
        }
    }

    /// Whether a consent that is known from `given` was taken back with the import that had written it down, if this is whence it is
    /// known that it is in force no more: nobody has withdrawn it then, and nobody had given it.
    #[must_use]
    pub fn takes_back(&self, given: &Self) -> bool {
        matches!(self, Self::File { .. }) && self == given
    }
}

/// That a client has agreed to get letters, as it can be shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The topic that it is about; `None` for all that the owner sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<GroupId>,
    /// The words that the client agreed to.
    pub wording: String,
    /// When the client agreed, which may be long before it was written down.
    pub at: DateTime<Utc>,
    /// Whence it is known.
    pub source: Source,
    /// The network address that they agreed from; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

/// What became of a consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The consent that was given last for its topic.
    pub consent: Consent,
    /// When its holder confirmed it by the link in a letter to the address that the client has; `None` if they never did.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it was withdrawn; `None` if it is in force.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// How a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was given, and nobody has confirmed it by a letter.
    Given,
    /// It was given, and confirmed by the link in a letter.
    Confirmed,
    /// It was given once, and withdrawn since.
    Withdrawn,
}

impl State {
    /// All states that there are.
    pub const ALL: [Self; 3] = [Self::Given, Self::Confirmed, Self::Withdrawn];

    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Confirmed => "confirmed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state that is stored under this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state of a consent of which this is known.
    #[must_use]
    pub fn of(confirmed_at: Option<DateTime<Utc>>, withdrawn_at: Option<DateTime<Utc>>) -> Self {
        match (withdrawn_at, confirmed_at) {
            (Some(_), _) => Self::Withdrawn,
            (None, Some(_)) => Self::Confirmed,
            (None, None) => Self::Given,
        }
    }
}

impl Standing {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> State {
        State::of(self.confirmed_at, self.withdrawn_at)
    }
}
