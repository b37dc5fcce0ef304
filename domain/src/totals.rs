//! The numbers of a run, which always add up.

use serde::{Deserialize, Serialize};

/// What became of a delivery so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not tried yet, or being tried right now.
    Pending,
    /// The server took the letter.
    Accepted,
    /// The server said no for good.
    Rejected,
    /// The server said not now; it will be tried again.
    Deferred,
    /// A crash or a lost connection fell between the send and the answer.
    Unknown,
    /// Never tried, with a reason.
    Suppressed,
    /// Given up at the window's end.
    Expired,
}

impl Outcome {
    /// All outcomes, in the order in which reports list them.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Rejected,
        Self::Deferred,
        Self::Unknown,
        Self::Suppressed,
        Self::Expired,
        Self::Pending,
    ];

    /// The name under which the outcome is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Deferred => "deferred",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether nothing more will happen to the delivery by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Deferred)
    }
}

/// How many deliveries of a run have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All recipients of the run.
    pub planned: u64,
    /// Taken by the server.
    pub accepted: u64,
    /// Refused for good.
    pub rejected: u64,
    /// To be tried again.
    pub deferred: u64,
    /// In doubt.
    pub unknown: u64,
    /// Never tried.
    pub suppressed: u64,
    /// Given up at the window's end.
    pub expired: u64,
    /// Not decided yet.
    pub pending: u64,
}

impl Totals {
    /// The law of this house: every planned letter has exactly one outcome.
    #[must_use]
    pub fn add_up(&self) -> bool {
        self.planned
            == self.accepted
                + self.rejected
                + self.deferred
                + self.unknown
                + self.suppressed
                + self.expired
                + self.pending
    }

    /// Adds one delivery with this outcome.
    pub fn count(&mut self, outcome: Outcome) {
        self.planned += 1;
        *match outcome {
            Outcome::Pending => &mut self.pending,
            Outcome::Accepted => &mut self.accepted,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Deferred => &mut self.deferred,
            Outcome::Unknown => &mut self.unknown,
            Outcome::Suppressed => &mut self.suppressed,
            Outcome::Expired => &mut self.expired,
        } += 1;
    }
}
