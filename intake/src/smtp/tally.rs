//! What the mail server has done so far, in numbers: for the metrics.

use super::seats::Seats;
use acts::intake::Taken;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Numbers of one mail server, since its process began.
#[derive(Debug)]
pub struct Tally {
    seats: Arc<Seats>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    taken: BTreeMap<&'static str, u64>,
    refused: BTreeMap<Refusal, u64>,
}

/// What was refused, or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// A connection, as there were as many as there may be, or it was silent when another one needed its seat.
    Connection,
    /// A recipient who has no address here.
    Stranger,
    /// A recipient beyond those that a message may have.
    Recipient,
    /// A message that is too large.
    TooLarge,
    /// A message, as its address had sent too many.
    TooFast,
    /// A message or a recipient, as nobody could write it down or look it up.
    PutOff,
    /// A client that was too slow.
    TooSlow,
    /// What is no command, or was not its turn.
    Wrong,
}

impl Refusal {
    const ALL: [Self; 8] = [
        Self::Connection,
        Self::Stranger,
        Self::Recipient,
        Self::TooLarge,
        Self::TooFast,
        Self::PutOff,
        Self::TooSlow,
        Self::Wrong,
    ];

    /// How it is called in numbers and in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Stranger => "stranger",
            Self::Recipient => "recipient",
            Self::TooLarge => "too_large",
            Self::TooFast => "too_fast",
            Self::PutOff => "put_off",
            Self::TooSlow => "too_slow",
            Self::Wrong => "wrong",
        }
    }
}

impl Tally {
    pub(super) fn new(seats: Arc<Seats>) -> Self {
        Self { seats, counts: Mutex::default() }
    }

    /// How many connections there are now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seats.count()
    }

    /// How many messages were taken, by what they were taken for.
    #[must_use]
    pub fn taken(&self) -> Vec<(&'static str, u64)> {
        let counts = self.counts();
        let of = |name: &'static str| (name, counts.taken.get(name).copied().unwrap_or(0));
        Taken::ALL.into_iter().map(|taken| of(taken.name())).collect()
    }

    /// How often something was refused, by what that was.
    #[must_use]
    pub fn refused(&self) -> Vec<(&'static str, u64)> {
        let counts = self.counts();
        let of = |refusal: Refusal| (refusal.name(), counts.refused.get(&refusal).copied().unwrap_or(0));
        Refusal::ALL.into_iter().map(of).collect()
    }

    pub(super) fn took(&self, taken: Taken) {
        *self.counts().taken.entry(taken.name()).or_default() += 1;
    }

    pub(super) fn refuses(&self, refusal: Refusal) {
        *self.counts().refused.entry(refusal).or_default() += 1;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
