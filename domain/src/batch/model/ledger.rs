//! A batch's books, kept from its events alone, as a read model would.

use crate::batch::tests::UNSUBSCRIBED;
use crate::batch::{Attempt, AttemptOutcome, Event, GiveUpReason};
use crate::{Outcome, Totals};

/// What a delivery was settled by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Acceptance,
    Refusal,
    Silence,
    GivingUp,
    LeavingOut,
}

/// One delivery.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) outcome: Outcome,
    pub(super) in_flight: bool,
    pub(super) in_doubt: bool,
    /// In doubt, and somebody leaves it as it is.
    pub(super) left: bool,
    pub(super) settled: Option<Settled>,
    /// How many intents name it.
    pub(super) intents: usize,
    /// How many of these are known not to have put a letter into the server's hands.
    pub(super) in_vain: usize,
    /// How many attempts nobody knows the end of.
    pub(super) unknown: usize,
    /// How often a person has ordered it to be sent again.
    pub(super) ordered: usize,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) rows: Vec<Row>,
    pub(super) completed: bool,
    /// How often it was.
    pub(super) completions: usize,
}

impl Ledger {
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.rows.iter().for_each(|row| totals.count(row.outcome));
        totals
    }

    pub(super) fn unknown(&self) -> usize {
        self.rows.iter().map(|row| row.unknown).sum()
    }

    pub(super) fn any_in_flight(&self) -> bool {
        self.rows.iter().any(|row| row.in_flight)
    }

    pub(super) fn hears(&mut self, event: &Event) {
        match event {
            Event::Planned { recipients, .. } => self.rows = vec![Row::new(); recipients.len()],
            Event::LeftOut { recipients, reason } => {
                assert_eq!(*reason, UNSUBSCRIBED, "nobody shares a mailbox here");
                for place in recipients {
                    self.row(*place).left_out();
                }
            }
            Event::SendingStarted { recipients, .. } => {
                for place in recipients {
                    let row = self.row(*place);
                    assert!(!row.in_flight && !row.outcome.is_final(), "an intent for {place}: {row:?}");
                    row.in_flight = true;
                    row.outcome = Outcome::Pending;
                    row.intents += 1;
                }
            }
            Event::AttemptRecorded { attempts } => {
                for attempt in attempts {
                    self.row(attempt.recipient).hears(attempt);
                }
            }
            Event::ResendOrdered { recipients } => {
                for place in recipients {
                    let row = self.row(*place);
                    assert!(row.in_doubt && row.outcome == Outcome::Unknown, "{place} is sent again: {row:?}");
                    (row.outcome, row.left, row.settled) = (Outcome::Pending, false, None);
                    row.ordered += 1;
                }
                self.completed = false;
            }
            Event::DoubtAccepted { recipients } => {
                for place in recipients {
                    let row = self.row(*place);
                    assert!(row.in_doubt && !row.left && row.outcome == Outcome::Unknown, "{place} is left: {row:?}");
                    row.left = true;
                }
            }
            Event::GaveUp { reason, .. } => self.rows.iter_mut().for_each(|row| row.given_up(*reason)),
            Event::Completed => {
                assert!(!self.completed, "completed twice");
                self.completed = true;
                self.completions += 1;
            }
        }
    }

    fn row(&mut self, place: u16) -> &mut Row {
        &mut self.rows[usize::from(place)]
    }
}

impl Row {
    fn new() -> Self {
        Self {
            outcome: Outcome::Pending,
            in_flight: false,
            in_doubt: false,
            left: false,
            settled: None,
            intents: 0,
            in_vain: 0,
            unknown: 0,
            ordered: 0,
        }
    }

    fn hears(&mut self, attempt: &Attempt) {
        assert!(self.in_flight, "an outcome without an intent: {attempt:?} for {self:?}");
        self.in_flight = false;
        match attempt.outcome {
            AttemptOutcome::Accepted => {
                self.in_doubt = false;
                self.settle(Outcome::Accepted, Settled::Acceptance);
            }
            AttemptOutcome::Rejected { .. } => {
                self.in_vain += 1;
                self.settle(Outcome::Rejected, Settled::Refusal);
            }
            AttemptOutcome::Deferred { .. } => {
                self.in_vain += 1;
                self.outcome = Outcome::Deferred;
            }
            AttemptOutcome::NotTried => {
                self.in_vain += 1;
                self.outcome = Outcome::Pending;
            }
            AttemptOutcome::Unknown { again } => {
                self.in_doubt = true;
                self.unknown += 1;
                match again {
                    Some(_) => self.outcome = Outcome::Deferred,
                    None => self.settle(Outcome::Unknown, Settled::Silence),
                }
            }
        }
    }

    fn settle(&mut self, outcome: Outcome, by: Settled) {
        self.outcome = if self.in_doubt { Outcome::Unknown } else { outcome };
        self.settled = Some(by);
    }

    fn left_out(&mut self) {
        assert!(!self.in_flight && !self.outcome.is_final(), "left out: {self:?}");
        self.settle(Outcome::Suppressed, Settled::LeavingOut);
    }

    fn given_up(&mut self, reason: GiveUpReason) {
        assert!(!self.in_flight, "given up in flight: {self:?}");
        if !self.outcome.is_final() {
            assert_eq!(reason, GiveUpReason::WindowEnded, "nobody cancels here");
            self.settle(Outcome::Expired, Settled::GivingUp);
        }
    }
}
