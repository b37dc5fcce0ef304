//! What must hold after every step between the batch, the books and the server's own list.

use super::{COUNT, InDoubt, World};
use crate::batch::model::ledger::{Ledger, Settled};
use crate::batch::tests::{attempt, record};
use crate::batch::{AttemptOutcome, Batch, Command, Doubt, GiveUpReason, Progress};
use crate::{Decide, Outcome, Totals};

impl World {
    pub(super) fn check(&self) {
        let batch = &self.state;
        let slice = batch.slice().expect("planned");
        for (place, row) in (0..COUNT).zip(&self.ledger.rows) {
            let taken = self.taken.iter().filter(|one| **one == place).count();
            let story = || format!("{place} was taken {taken} times: {row:?}, {:#?}", self.log);

            // Nobody gets a letter without an intent, nor a second one without a doubt about the first.
            assert!(taken <= row.intents - row.in_vain, "{}", story());
            assert!(taken <= 1 + row.unknown, "{}", story());
            if self.policy == InDoubt::Hold {
                assert!(taken <= 1 + row.ordered, "{}", story());
            }
            // What was taken is never told otherwise.
            assert!(taken == 0 || row.outcome == Outcome::Accepted || row.in_doubt || row.in_flight, "{}", story());
            assert!(taken > 0 || row.outcome != Outcome::Accepted, "{}", story());

            // Only who has left is left out, and nobody is suppressed who got a letter.
            let left_out = row.settled == Some(Settled::LeavingOut);
            assert!(!left_out || self.unsubscribed.contains(&place), "{}", story());
            assert!(row.outcome != Outcome::Suppressed || (left_out && taken == 0), "{}", story());

            let delivery = &slice.deliveries[usize::from(place)];
            let doubt = match (row.in_doubt, row.left) {
                (false, _) => Doubt::None,
                (true, false) => Doubt::Open,
                (true, true) => Doubt::Accepted,
            };
            assert_eq!(delivery.doubt, doubt, "{}", story());
            assert_eq!(delivery.progress == Progress::InFlight, row.in_flight, "{}", story());

            // The rules that stand behind the fence, for a worker that does not stop.
            let late = batch.decide(record([attempt(place, AttemptOutcome::Accepted)], []));
            assert_eq!(late.is_ok(), row.in_flight, "{}", story());
            let intent = batch.decide(record([], [place]));
            assert_eq!(intent.is_ok(), !row.in_flight && !row.outcome.is_final(), "{}", story());
        }
        let give_up = Command::GiveUp { reason: GiveUpReason::WindowEnded, at: self.now };
        assert_eq!(batch.decide(give_up).is_err(), self.ledger.any_in_flight());

        let totals = self.ledger.totals();
        assert_eq!(self.ledger.completed, totals.pending + totals.deferred == 0, "{:#?}", self.log);
        assert_eq!(matches!(batch, Batch::Completed(_)), self.ledger.completed);

        // Only what was in somebody's hands when something went wrong is in doubt.
        let endangered = self.at_risk.union(&self.unanswered).count();
        assert!(self.ledger.unknown() <= endangered, "{} > {endangered}: {:#?}", self.ledger.unknown(), self.log);
    }
}

/// Whoever folds the events gets the numbers of the batch's own state, and they add up.
pub(super) fn totals_agree(batch: &Batch, ledger: &Ledger) {
    let slice = batch.slice().expect("planned");
    let mut totals = Totals::default();
    slice.deliveries.iter().for_each(|delivery| totals.count(outcome(delivery.progress)));
    assert_eq!(totals, ledger.totals());
    assert!(totals.add_up());
    assert_eq!(totals.planned, u64::from(COUNT));
}

fn outcome(progress: Progress) -> Outcome {
    match progress {
        Progress::Waiting { not_before: None } | Progress::InFlight => Outcome::Pending,
        Progress::Waiting { not_before: Some(_) } => Outcome::Deferred,
        Progress::Settled(outcome) => outcome,
    }
}
