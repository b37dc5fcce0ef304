//! The sheet of marks, and workers who do wrong about it: if the model did not notice, it would prove nothing.

use super::{HoldId, InDoubt, Letter, Marks, WORKERS, World};
use crate::batch::tests::attempt;
use crate::batch::{AttemptOutcome, Progress};
use uuid::Uuid;

/// What may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A worker goes on although the sheet is gone, or is another one's.
    MarksInVain,
    /// A worker hands letters out before it has marked them.
    BeginsUnmarked,
    /// Whoever takes a batch over reads the sheet and leaves it to the one who had it.
    LeavesTheSheet,
    /// Intents do not say which sheet tells of them.
    AnySheetWillDo,
    /// A lost sheet is taken for an empty one.
    TrustsNoSheet,
    /// A worker hands out what it has intended without asking who has left.
    AsksNobody,
}

impl World {
    /// A worker that gets the batch takes the sheet away, if anything is in flight, before it records what became of that.
    /// The last worker is one of those that know nothing of marks.
    pub(super) fn take_sheet(&mut self, worker: usize) -> (Option<HoldId>, Option<Marks>) {
        if worker == WORKERS - 1 {
            return (None, None);
        }
        self.holds += 1;
        let hold = HoldId(Uuid::from_u128(self.holds));
        let slice = self.state.slice().expect("planned");
        let (of, in_flight) = (slice.hold, slice.in_flight().next().is_some());
        let marks = match self.fault {
            _ if !in_flight => None,
            Some(Fault::LeavesTheSheet) => self.marks.clone(),
            _ => self.marks.take(),
        };
        let marks = match (self.fault, of) {
            (Some(Fault::TrustsNoSheet), Some(of)) => marks.or(Some(Marks { hold: of, begun: [].into() })),
            _ => marks,
        };
        (Some(hold), marks)
    }

    /// What a worker's intents say.
    pub(super) fn hold_of(&self, worker: usize) -> Option<HoldId> {
        let any = self.marks.as_ref().filter(|_| self.fault == Some(Fault::AnySheetWillDo)).map(|marks| marks.hold);
        self.workers[worker].as_ref().and_then(|held| held.hold).or(any)
    }

    /// Its own sheet, which takes the place of any other.
    pub(super) fn leave_sheet(&mut self, hold: Option<HoldId>) {
        if let Some(hold) = hold.filter(|_| self.fault != Some(Fault::LeavesTheSheet) || self.marks.is_none()) {
            self.marks = Some(Marks { hold, begun: [].into() });
        }
    }

    /// Marks what was promised. A worker whose sheet is gone begins nothing more, and says so of what it has promised.
    pub(super) fn mark(&mut self, worker: usize) {
        let Some(held) = &mut self.workers[worker] else { return };
        if held.promised.is_empty() {
            return;
        }
        let own = self.marks.as_mut().filter(|marks| Some(marks.hold) == held.hold);
        match own {
            Some(marks) => {
                let in_flight = |place: &u16| {
                    let slice = held.state.slice().expect("planned");
                    slice.deliveries[usize::from(*place)].progress == Progress::InFlight
                };
                marks.begun.retain(in_flight);
                marks.begun.extend(held.promised.iter().map(|(_, place)| *place));
                held.marked.append(&mut held.promised);
            }
            None if held.hold.is_none() || self.fault == Some(Fault::MarksInVain) => {
                held.marked.append(&mut held.promised);
            }
            None => {
                self.seen.marks_refused += 1;
                let not_tried = |(serial, place)| (serial, attempt(place, AttemptOutcome::NotTried));
                held.gathered.extend(held.promised.drain(..).map(not_tried));
            }
        }
    }

    pub(super) fn begin(&mut self, worker: usize) {
        let Some(held) = &mut self.workers[worker] else { return };
        if self.fault == Some(Fault::BeginsUnmarked) {
            held.marked.append(&mut held.promised);
        }
        for (serial, place) in held.marked.drain(..) {
            self.wire.push(Letter { serial, place, sender: Some(worker) });
        }
    }

    pub(super) fn lose_marks(&mut self) {
        let in_flight = self.state.slice().is_some_and(|slice| slice.in_flight().next().is_some());
        self.seen.marks_lost_in_flight += usize::from(in_flight && self.marks.take().is_some());
    }
}

mod stories {
    use super::super::Reply::{Take, TakeSilently};
    use super::super::Step::{self, Begin, Claim, Crash, Flush, Letter, LoseMarks, Mark, Promise, Unsubscribe};
    use super::super::{COUNT, played};
    use super::{Fault, InDoubt, World};
    use crate::Outcome;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn told(world: &World) -> Vec<(Outcome, usize)> {
        let taken = |place| world.taken.iter().filter(|one| **one == place).count();
        (0..COUNT).zip(&world.ledger.rows).map(|(place, row)| (row.outcome, taken(place))).collect()
    }

    fn hold(steps: impl IntoIterator<Item = Step>) -> World {
        played(InDoubt::Hold, false, steps)
    }

    #[test]
    fn what_a_dead_worker_had_promised_and_not_marked_is_sent_by_the_next_one() {
        let mut world = hold([Claim(0), Promise(0, 1), Mark(0), Promise(0, 3), Crash(0), Claim(1)]);
        assert_eq!((world.ledger.unknown(), world.seen.never_begun), (1, 3));
        world.come_to_an_end();
        let sent = (Outcome::Accepted, 1);
        assert_eq!(told(&world), [(Outcome::Unknown, 0), sent, sent, sent]);
    }

    #[test]
    fn when_the_sheet_is_lost_all_that_was_promised_is_in_doubt() {
        let mut world = hold([Claim(0), Promise(0, 2), Mark(0), LoseMarks, Crash(0), Claim(1)]);
        assert_eq!((world.ledger.unknown(), world.seen.never_begun), (2, 0));
        world.come_to_an_end();
        assert_eq!(world.taken.len(), 2);
    }

    #[test]
    fn a_worker_whose_sheet_is_gone_begins_nothing_more_and_says_so() {
        for gone in [LoseMarks, Claim(1)] {
            let world = hold([Claim(0), Promise(0, 4), gone, Mark(0), Begin(0)]);
            assert!(world.wire.is_empty());
            assert_eq!(world.seen.marks_refused, 1);
        }
    }

    #[test]
    fn the_sheet_of_a_worker_before_does_not_speak_for_one_that_knows_nothing_of_marks() {
        let mut world =
            hold([Claim(0), Flush(0, 1), Crash(0), Claim(2), Flush(2, 2), Letter(1, Take), Crash(2), Claim(1)]);
        assert_eq!(world.ledger.unknown(), 3);
        world.come_to_an_end();
        assert_eq!(world.taken.len(), 4);
    }

    /// By hand, one for each fault: the shortest way to a letter that is sent twice, or lost, without anybody's saying so.
    #[test]
    fn the_model_notices_every_fault() {
        let frozen =
            [Claim(0), Promise(0, 1), Claim(1), Mark(0), Begin(0), Letter(0, Take), Flush(1, 4), Letter(0, Take)];
        let unmarked = [Claim(0), Promise(0, 1), Begin(0), Crash(0), Claim(1), Letter(0, Take)];
        let lost = [Claim(0), Flush(0, 1), LoseMarks, Letter(0, TakeSilently), Crash(0), Claim(1)];
        let stale = [Claim(0), Crash(0), Claim(2), Flush(2, 1), Letter(0, TakeSilently), Crash(2), Claim(1)];
        let left = [Unsubscribe(0), Claim(0), Flush(0, 1), Letter(0, Take)];
        for (fault, steps) in [
            (Fault::MarksInVain, frozen.to_vec()),
            (Fault::LeavesTheSheet, frozen.to_vec()),
            (Fault::BeginsUnmarked, unmarked.to_vec()),
            (Fault::TrustsNoSheet, lost.to_vec()),
            (Fault::AnySheetWillDo, stale.to_vec()),
            (Fault::AsksNobody, left.to_vec()),
        ] {
            let play = |fault| {
                catch_unwind(AssertUnwindSafe(|| {
                    let mut world = World::new(InDoubt::Hold, false);
                    world.fault = fault;
                    for step in &steps {
                        world.step(*step);
                    }
                    world.come_to_an_end();
                }))
            };
            assert!(play(None).is_ok(), "without {fault:?} all is well");
            assert!(play(Some(fault)).is_err(), "{fault:?} is not noticed");
        }
    }
}
