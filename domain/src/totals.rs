//! The numbers of a run, which always add up.

use serde::{Deserialize, Serialize};

/// What became of a delivery so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The letter was not tried yet, or is being tried right now.
    Pending,
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off; it will be tried again.
    Deferred,
    /// A crash or a lost connection fell between the send and the answer. It stays so until the server takes the letter.
    Unknown,
    /// The letter was not sent: the mailing was cancelled or deleted before the first try, another recipient of the run has the same
    /// mailbox, or the address is not written to any more.
    Suppressed,
    /// The letter was given up, because the window ended, or because the mailing was cancelled after the first try.
    Expired,
}

impl Outcome {
    /// All outcomes, in the order in which reports list them.
    pub const ALL: [Self; 7] =
        [Self::Accepted, Self::Rejected, Self::Deferred, Self::Unknown, Self::Suppressed, Self::Expired, Self::Pending];

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

    /// Whether nothing more will happen to the delivery by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Deferred)
    }
}

/// How many deliveries of a run have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many recipients the run has.
    pub planned: u64,
    /// How many letters the mail server took.
    pub accepted: u64,
    /// How many letters the mail server refused for good.
    pub rejected: u64,
    /// How many letters the mail server put off, to be tried again.
    pub deferred: u64,
    /// How many letters are in doubt.
    pub unknown: u64,
    /// How many letters were never tried.
    pub suppressed: u64,
    /// How many letters were given up at the window's end.
    pub expired: u64,
    /// How many letters have no outcome yet.
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

    /// How many deliveries have this outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Pending => self.pending,
            Outcome::Accepted => self.accepted,
            Outcome::Rejected => self.rejected,
            Outcome::Deferred => self.deferred,
            Outcome::Unknown => self.unknown,
            Outcome::Suppressed => self.suppressed,
            Outcome::Expired => self.expired,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_once_and_as_itself() {
        for (outcome, counted) in [
            (Outcome::Pending, Totals { planned: 1, pending: 1, ..Totals::default() }),
            (Outcome::Accepted, Totals { planned: 1, accepted: 1, ..Totals::default() }),
            (Outcome::Rejected, Totals { planned: 1, rejected: 1, ..Totals::default() }),
            (Outcome::Deferred, Totals { planned: 1, deferred: 1, ..Totals::default() }),
            (Outcome::Unknown, Totals { planned: 1, unknown: 1, ..Totals::default() }),
            (Outcome::Suppressed, Totals { planned: 1, suppressed: 1, ..Totals::default() }),
            (Outcome::Expired, Totals { planned: 1, expired: 1, ..Totals::default() }),
        ] {
            let mut totals = Totals::default();
            totals.count(outcome);
            assert_eq!(totals, counted);
            assert!(totals.add_up());
        }
    }

    #[test]
    fn numbers_that_do_not_come_from_counting_do_not_add_up() {
        let mut right = Totals::default();
        assert!(right.add_up());
        for outcome in Outcome::ALL {
            right.count(outcome);
        }
        assert!(right.add_up());
        for wrong in [
            Totals { planned: 6, ..right },
            Totals { planned: 8, ..right },
            Totals { accepted: 0, ..right },
            Totals { rejected: 2, ..right },
            Totals { deferred: 0, ..right },
            Totals { unknown: 2, ..right },
            Totals { suppressed: 0, ..right },
            Totals { expired: 2, ..right },
            Totals { pending: 0, ..right },
        ] {
            assert!(!wrong.add_up(), "{wrong:?}");
        }
    }

    #[test]
    fn only_what_is_pending_or_deferred_is_still_open() {
        for outcome in Outcome::ALL {
            let open = matches!(outcome, Outcome::Pending | Outcome::Deferred);
            assert_eq!(outcome.is_final(), !open, "{outcome:?}");
        }
    }

    #[test]
    fn an_outcome_has_the_same_name_in_rows_and_in_events() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).expect("json"), outcome.name());
        }
    }

    proptest::proptest! {
        #[test]
        fn counting_always_adds_up(
            outcomes in proptest::collection::vec(proptest::sample::select(Outcome::ALL.to_vec()), 0..50),
        ) {
            let mut totals = Totals::default();
            for outcome in &outcomes {
                totals.count(*outcome);
            }
            assert!(totals.add_up());
            assert_eq!(totals.planned, outcomes.len() as u64);
        }
    }
}
